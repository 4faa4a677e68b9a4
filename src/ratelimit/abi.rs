//! The row that a hit answers with.
//!
//! pgrx's own ways of returning a row take 1 to 3 µs. This one makes the tuple itself, from a descriptor that is
//! kept for the backend's life.

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys;
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use phone_crypt_core::ratelimit::Verdict;
use std::cell::Cell;
use std::ffi::CStr;

use crate::pg::interval::{POSTGRES_EPOCH_US, to_interval};
use crate::pg::unguarded::small_text;

/// The OUT parameters, in their order (`src/ratelimit/functions/hit.rs`). The last is that of `ratelimit_check_all` alone.
const COLUMNS: [(&CStr, pg_sys::Oid); 10] = [
    (c"allowed", pg_sys::BOOLOID),
    (c"limit", pg_sys::INT8OID),
    (c"remaining", pg_sys::INT8OID),
    (c"reset_after", pg_sys::INTERVALOID),
    (c"retry_after", pg_sys::INTERVALOID),
    (c"reason", pg_sys::TEXTOID),
    (c"reset_after_seconds", pg_sys::INT4OID),
    (c"retry_after_seconds", pg_sys::INT4OID),
    (c"hit_at", pg_sys::TIMESTAMPTZOID),
    (c"policy", pg_sys::TEXTOID),
];
const WITHOUT_POLICY: usize = 9;

thread_local! {
    static DESCRIPTORS: [Cell<pg_sys::TupleDesc>; 2] =
        const { [const { Cell::new(std::ptr::null_mut()) }; 2] };
}

/// A verdict as a row, in the memory of the call.
pub struct VerdictRow(pg_sys::Datum);

impl VerdictRow {
    /// The row of a hit.
    pub fn new(verdict: &Verdict) -> VerdictRow {
        VerdictRow(row(verdict, None))
    }

    /// The row of a hit on several policies: this is the one that decided.
    pub fn of_policy(verdict: &Verdict, policy: &str) -> VerdictRow {
        VerdictRow(row(verdict, Some(policy)))
    }
}

fn row(verdict: &Verdict, policy: Option<&str>) -> pg_sys::Datum {
    let decision = &verdict.decision;
    let reset_after = to_interval(decision.reset_after_us);
    let retry_after = decision.retry_after_us.map(to_interval);
    let retry_after_seconds = decision.retry_after_seconds();
    let mut values = [
        pg_sys::Datum::from(decision.allowed),
        pg_sys::Datum::from(decision.limit),
        pg_sys::Datum::from(decision.remaining),
        pg_sys::Datum::from(&raw const reset_after as *mut pg_sys::Interval),
        retry_after.as_ref().map_or(pg_sys::Datum::null(), |span| {
            pg_sys::Datum::from(std::ptr::from_ref(span).cast_mut())
        }),
        text(verdict.reason.as_str()),
        pg_sys::Datum::from(narrow(decision.reset_after_seconds())),
        retry_after_seconds.map_or(pg_sys::Datum::null(), |seconds| {
            pg_sys::Datum::from(narrow(seconds))
        }),
        decision.hit_at_us.map_or(pg_sys::Datum::null(), |at_us| {
            pg_sys::Datum::from(at_us - POSTGRES_EPOCH_US)
        }),
        policy.map_or(pg_sys::Datum::null(), text),
    ];
    let mut nulls = [false; COLUMNS.len()];
    nulls[4] = retry_after.is_none();
    nulls[7] = retry_after_seconds.is_none();
    nulls[8] = decision.hit_at_us.is_none();
    // SAFETY: as many values and nulls as the descriptor has columns, or more; the tuple copies what they point to.
    unsafe {
        let descriptor = descriptor(policy.is_some());
        let tuple = pg_sys::heap_form_tuple(descriptor, values.as_mut_ptr(), nulls.as_mut_ptr());
        // The tuple is short and whole, so that there is nothing to detoast in it.
        pg_sys::Datum::from((*tuple).t_data)
    }
}

fn narrow(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

/// A short text of ours: names, all ASCII.
fn text(text: &str) -> pg_sys::Datum {
    match small_text(text.as_bytes()) {
        Some(varlena) => pg_sys::Datum::from(varlena),
        // SAFETY: copies the bytes; out of memory, PostgreSQL says so itself.
        None => pg_sys::Datum::from(unsafe {
            pg_sys::cstring_to_text_with_len(text.as_ptr().cast(), text.len() as i32)
        }),
    }
}

/// The descriptor of the row, made once.
///
/// # Safety
/// Called in a transaction, on the backend's one thread.
unsafe fn descriptor(with_policy: bool) -> pg_sys::TupleDesc {
    DESCRIPTORS.with(|descriptors| {
        let kept = &descriptors[usize::from(with_policy)];
        if kept.get().is_null() {
            let columns = match with_policy {
                true => &COLUMNS[..],
                false => &COLUMNS[..WITHOUT_POLICY],
            };
            // SAFETY: made in memory that stays, with as many entries as columns.
            kept.set(unsafe { describe(columns) });
        }
        kept.get()
    })
}

/// # Safety
/// As `descriptor`.
unsafe fn describe(columns: &[(&CStr, pg_sys::Oid)]) -> pg_sys::TupleDesc {
    // SAFETY: the context is switched back; names are NUL-terminated and copied.
    unsafe {
        let before = pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
        let descriptor = pg_sys::CreateTemplateTupleDesc(columns.len() as i32);
        for (index, (name, type_oid)) in columns.iter().enumerate() {
            let number = index as pg_sys::AttrNumber + 1;
            pg_sys::TupleDescInitEntry(descriptor, number, name.as_ptr(), *type_oid, -1, 0);
        }
        let blessed = pg_sys::BlessTupleDesc(descriptor);
        pg_sys::MemoryContextSwitchTo(before);
        blessed
    }
}

// SAFETY: the datum is a composite in the call's memory context.
unsafe impl BoxRet for VerdictRow {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: the datum is of the declared type and is returned to PostgreSQL at once.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

// SAFETY: the SQL type is a record, which is what the datum points to.
unsafe impl SqlTranslatable for VerdictRow {
    const TYPE_IDENT: &'static str = pgrx::pgrx_resolved_type!(VerdictRow);
    const TYPE_ORIGIN: TypeOrigin = TypeOrigin::External;
    const ARGUMENT_SQL: std::result::Result<SqlMappingRef, ArgumentError> =
        Ok(SqlMappingRef::literal("record"));
    const RETURN_SQL: std::result::Result<ReturnsRef, ReturnsError> =
        Ok(ReturnsRef::One(SqlMappingRef::literal("record")));
}
