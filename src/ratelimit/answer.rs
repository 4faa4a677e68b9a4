//! The row that a hit answers with.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::Verdict;
use std::ffi::CStr;

use crate::pg::interval::{POSTGRES_EPOCH_US, by_reference, to_interval};
use crate::pg::record::{Record, RowType};
use crate::pg::text::varlena;
use crate::pg::{Oid, oids};

/// The OUT parameters, in their order (`src/ratelimit/functions/hit.rs`). The last is that of `ratelimit_check_all` alone.
const COLUMNS: [(&CStr, Oid); 10] = [
    (c"allowed", oids::BOOLOID),
    (c"limit", oids::INT8OID),
    (c"remaining", oids::INT8OID),
    (c"reset_after", oids::INTERVALOID),
    (c"retry_after", oids::INTERVALOID),
    (c"reason", oids::TEXTOID),
    (c"reset_after_seconds", oids::INT4OID),
    (c"retry_after_seconds", oids::INT4OID),
    (c"hit_at", oids::TIMESTAMPTZOID),
    (c"policy", oids::TEXTOID),
];
const OF_A_HIT: &[(&CStr, Oid)] = COLUMNS.split_at(9).0;

thread_local! {
    static HIT: RowType = const { RowType::new(OF_A_HIT) };
    static POLICY: RowType = const { RowType::new(&COLUMNS) };
}

/// The row of a hit.
pub fn row(verdict: &Verdict) -> Record {
    HIT.with(|hit| make(hit, verdict, None))
}

/// The row of a hit on several policies: this is the one that decided.
pub fn row_of_policy(verdict: &Verdict, policy: &str) -> Record {
    POLICY.with(|columns| make(columns, verdict, Some(policy)))
}

fn make(columns: &RowType, verdict: &Verdict, policy: Option<&str>) -> Record {
    let text = |text: &str| varlena(text.as_bytes());
    let decision = &verdict.decision;
    let reset_after = to_interval(decision.reset_after_us);
    let retry_after = decision.retry_after_us.map(to_interval);
    columns.row(&[
        decision.allowed.into_datum(),
        decision.limit.into_datum(),
        decision.remaining.into_datum(),
        Some(by_reference(&reset_after)),
        retry_after.as_ref().map(by_reference),
        Some(text(verdict.reason.as_str())),
        narrow(decision.reset_after_seconds()).into_datum(),
        decision.retry_after_seconds().map(narrow).into_datum(),
        decision
            .hit_at_us
            .map(|at_us| at_us - POSTGRES_EPOCH_US)
            .into_datum(),
        policy.map(text),
    ])
}

fn narrow(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
