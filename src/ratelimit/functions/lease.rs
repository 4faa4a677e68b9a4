//! Limits of what goes on at once.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use super::arguments::key;
use crate::cipher;
use crate::pg::Answer;
use crate::pg::ErrorReport;
use crate::pg::arguments::given;
use crate::pg::interval::{interval, span_us, to_timestamp};
use crate::pg::text::{RawText, Text};
use crate::ratelimit::leases::{self, Lease};

/// `ratelimit_acquire(key, limit, lease)`: a lease of the key, of which at most `limit` are held at once. It ends by itself
/// after `lease`.
///
/// Errors: any NULL, 22004; a limit that is negative or above 1,000, or a lease below 1 ms or above 10 years, 22023; no slot,
/// 53400; no engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_acquire(key text, "limit" bigint, lease interval)
    RETURNS TABLE (allowed boolean, lease_id text, ends_at timestamptz, retry_after interval, reason text,
                   retry_after_seconds integer)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_acquire(
    key: Option<Text<'_>>,
    limit: Option<i64>,
    lease: Option<Interval>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(allowed, bool),
            name!(lease_id, Option<RawText>),
            name!(ends_at, Option<TimestampWithTimeZone>),
            name!(retry_after, Option<Interval>),
            name!(reason, &'static str),
            name!(retry_after_seconds, Option<i32>),
        ),
    >,
    ErrorReport,
> {
    let key = self::key(key)?;
    let limit = given(limit, "limit")?;
    let lease_us = span_us(&given(lease, "lease")?);
    let secret = cipher::random_bytes()?;
    let acquired = leases::acquire(key, limit, lease_us, secret)?;
    let seconds =
        |us: i64| i32::try_from(us.saturating_add(999_999) / 1_000_000).unwrap_or(i32::MAX);
    let row = (
        acquired.lease.is_some(),
        acquired.lease.map(|lease| RawText(lease.to_text(key))),
        acquired.ends_us.and_then(to_timestamp),
        acquired.retry_after_us.and_then(interval),
        acquired.reason,
        acquired.retry_after_us.map(seconds),
    );
    Ok(TableIterator::once(row))
}

/// `ratelimit_release(lease_id)`: gives a lease back. False if it had ended.
///
/// Errors: NULL, 22004; not a lease, 22023; no engine, 55000.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_release(lease_id: Option<Text<'_>>) -> Answer<bool> {
    let text = given(lease_id, "lease_id")?;
    let (lease, key) = Lease::parse(text.bytes())?;
    Ok(leases::release(self::key_of(key)?, lease)?)
}

/// `ratelimit_renew(lease_id, lease)`: lets a lease run from now on for so long. False if it had ended: somebody else may
/// hold another in its place.
///
/// Errors: any NULL, 22004; not a lease, or a lease below 1 ms or above 10 years, 22023; no engine, 55000.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_renew(lease_id: Option<Text<'_>>, lease: Option<Interval>) -> Answer<bool> {
    let text = given(lease_id, "lease_id")?;
    let (id, key) = Lease::parse(text.bytes())?;
    let lease_us = span_us(&given(lease, "lease")?);
    Ok(leases::renew(self::key_of(key)?, id, lease_us)?)
}

fn key_of(key: &[u8]) -> crate::ratelimit::error::Result<&[u8]> {
    crate::ratelimit::checked_key(key)
}
