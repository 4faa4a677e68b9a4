//! Statistics that keep no values: a value in pg_statistic outlives its row, and tells the most common numbers apart.

use pgrx::{pg_guard, pg_sys};
use std::cell::Cell;

use crate::pg::raw_function::Call;
use crate::pg::{Datum, ErrorReport};
use crate::raw_function;

raw_function! {
    /// `encrypted_value_analyze(internal)`.
    encrypted_value_analyze, pg_finfo_encrypted_value_analyze => analyze;
}

thread_local! {
    /// PostgreSQL's own computation, the same for every column of the type.
    static STANDARD: Cell<pg_sys::AnalyzeAttrComputeStatsFunc> = const { Cell::new(None) };
}

unsafe fn analyze(call: &mut Call) -> Result<Datum, ErrorReport> {
    // SAFETY: declared with internal, and STRICT: PostgreSQL hands over the column's statistics to prepare.
    unsafe {
        let statistics: *mut pg_sys::VacAttrStats = call.datum(0).cast_mut_ptr();
        let is_wanted = pg_sys::std_typanalyze(statistics);
        STANDARD.set((*statistics).compute_stats);
        (*statistics).compute_stats = Some(compute_without_values);
        Ok(Datum::from(is_wanted))
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn compute_without_values(
    statistics: *mut pg_sys::VacAttrStats,
    fetch: pg_sys::AnalyzeAttrFetchFunc,
    sample_rows: i32,
    total_rows: f64,
) {
    // SAFETY: PostgreSQL calls this for a column that `analyze` prepared. Each slot is either as the standard
    // computation left it, or empty.
    unsafe {
        if let Some(standard) = STANDARD.get() {
            standard(statistics, fetch, sample_rows, total_rows);
        }
        let statistics = &mut *statistics;
        for slot in 0..statistics.stakind.len() {
            if statistics.numvalues[slot] > 0 {
                statistics.stakind[slot] = 0;
                statistics.staop[slot] = pg_sys::InvalidOid;
                statistics.stacoll[slot] = pg_sys::InvalidOid;
                statistics.numnumbers[slot] = 0;
                statistics.numvalues[slot] = 0;
            }
        }
    }
}
