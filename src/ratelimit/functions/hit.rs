//! Hits against a limit that the caller gives.

use pgrx::datum::Interval;
use pgrx::pg_extern;

use super::arguments::{cost, key, limit};
use crate::pg::Answer;
use crate::pg::record::Record;
use crate::pg::text::Text;
use crate::ratelimit::answer;
use crate::ratelimit::error::Result;
use crate::ratelimit::{self, Request};
use phone_crypt_core::ratelimit::{KeyName, Verdict};

/// `ratelimit_hit(key, limit, window[, cost[, algorithm[, burst]]])`: counts a hit, and says whether it is allowed
/// and what is left. The algorithms are `fixed_window`, `sliding_window` and `token_bucket`; `burst` is the
/// bucket's capacity, by default the limit.
///
/// Errors: NULL but for the burst, 22004; a value out of range, 22023; out of slots, 53400; no engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_hit(
    key text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,
    algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL,
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_hit(
    key: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    cost: Option<i64>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> Answer<Record> {
    let verdict = hit(key, limit, window, cost, algorithm, burst)?;
    Ok(answer::row(&verdict))
}

/// `ratelimit_allow(key, limit, window[, cost[, algorithm[, burst]]])`: counts a hit, and says whether it is allowed.
///
/// Errors: as `ratelimit_hit`.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_allow(
    key text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,
    algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL
) RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_allow(
    key: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    cost: Option<i64>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> Answer<bool> {
    Ok(hit(key, limit, window, cost, algorithm, burst)?
        .decision
        .allowed)
}

fn hit(
    key: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    cost: Option<i64>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> Result<Verdict> {
    let key = self::key(key)?;
    let located = ratelimit::locate(KeyName::plain(key), false)?;
    let cost = self::cost(cost)?;
    let limit = self::limit(limit, window, algorithm, burst)?;
    ratelimit::hit_at(&located, &Request::plain(key, limit), cost)
}

/// `ratelimit_peek(key, limit, window[, cost[, algorithm[, burst]]])`: the answer that a hit would get. Nothing is
/// consumed.
///
/// Errors: as `ratelimit_hit`.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_peek(
    key text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,
    algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL,
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_peek(
    key: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    cost: Option<i64>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> Answer<Record> {
    let key = self::key(key)?;
    let cost = self::cost(cost)?;
    let limit = self::limit(limit, window, algorithm, burst)?;
    let (verdict, ..) = ratelimit::look(&Request::plain(key, limit), cost)?;
    Ok(answer::row(&verdict))
}
