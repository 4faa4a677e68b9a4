//! Counts behind the view `phone_crypt.crypto_stats`.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use crate::cipher::stats;
use crate::pg::preload;

/// `phone_crypt.crypto_counters()`: calls and failures of each operation, since when, and whether they are
/// the server's (preload) or this backend's.
#[pg_extern(
    volatile,
    parallel_restricted,
    schema = "phone_crypt",
    name = "crypto_counters"
)]
fn phone_crypt_crypto_counters() -> TableIterator<
    'static,
    (
        name!(operation, String),
        name!(calls, i64),
        name!(failures, i64),
        name!(since, Option<TimestampWithTimeZone>),
        name!(shared, bool),
    ),
> {
    let since = TimestampWithTimeZone::try_from(stats::since()).ok();
    TableIterator::new(stats::OPERATIONS.into_iter().map(move |operation| {
        let (calls, failures) = stats::totals(operation);
        (
            operation.as_str().to_owned(),
            signed(calls),
            signed(failures),
            since,
            preload::is_preloaded(),
        )
    }))
}

/// SQL has no unsigned integers; a count beyond its largest one stays there.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
