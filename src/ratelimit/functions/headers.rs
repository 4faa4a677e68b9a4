//! HTTP headers that tell a client its quota.

use crate::pg::ErrorReport;
use pgrx::datum::Interval;
use pgrx::iter::TableIterator;
use pgrx::pg_extern;
use phone_crypt_core::ratelimit::{HeaderFacts, HeaderName, headers, more_after_us};

use super::arguments::{key, known_policy, limit};
use crate::pg::arguments::required;
use crate::pg::text::Text;
use crate::ratelimit::error::Result;
use crate::ratelimit::{self, Request};

type Lines = Vec<(&'static str, String)>;

fn lines(name: &str, request: &Request<'_>) -> Result<Lines> {
    let (verdict, entry, now_us) = ratelimit::look(request, 1)?;
    let decision = verdict.decision;
    let quota = request.limit.quota_at(&entry, now_us);
    let (limit, window_us) = request.limit.advertised();
    let whole = HeaderFacts {
        name: HeaderName::parse(name)?,
        limit,
        window_us,
        remaining: limit,
        reset_after_us: 0,
        more_after_us: None,
        retry_after_us: None,
        denied: false,
        now_us,
    };
    // A policy that only watches denies nobody, so no client is to hold back for it.
    if request.shadow || (decision.allowed && decision.remaining >= limit) {
        return Ok(headers(&whole));
    }
    let counted_more_us = more_after_us(
        entry.state.as_ref(),
        now_us,
        request.limit.algorithm,
        &quota,
    );
    Ok(headers(&HeaderFacts {
        remaining: decision.remaining,
        reset_after_us: decision.reset_after_us,
        // While a block lasts, more comes when it ends.
        more_after_us: decision.retry_after_us.or(counted_more_us),
        retry_after_us: decision.retry_after_us,
        denied: !decision.allowed,
        ..whole
    }))
}

/// `ratelimit_headers(policy, key)`: the headers `RateLimit-Policy`, `RateLimit`, `X-RateLimit-Limit`, `-Remaining`,
/// `-Reset`, and where a hit would be denied `Retry-After`, as they stand now. Nothing is consumed.
/// (draft-ietf-httpapi-ratelimit-headers; RFC 9110, 10.2.3.)
///
/// Errors: any NULL, 22004; no such policy, or a bad key, 22023; no engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_headers(policy text, key text) RETURNS TABLE (header text, value text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 6 AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_headers_of_policy(
    policy: Option<Text<'_>>,
    key: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            pgrx::name!(header, &'static str),
            pgrx::name!(value, String),
        ),
    >,
    ErrorReport,
> {
    let policy = known_policy(policy)?;
    let key = self::key(key)?;
    let lines = lines(&policy.name, &Request::of_policy(&policy, key))?;
    Ok(TableIterator::new(lines))
}

/// `ratelimit_headers(name, key, limit, window[, algorithm[, burst]])`: the same for a limit that is no policy's;
/// `name` is what the headers call it.
///
/// Errors: NULL but for the burst, 22004; a value out of range, or a name that is not printable ASCII, 22023; no
/// engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_headers(
    name text, key text, "limit" bigint, "window" interval, algorithm text DEFAULT 'fixed_window',
    burst bigint DEFAULT NULL
) RETURNS TABLE (header text, value text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 6 AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_headers(
    name: Option<Text<'_>>,
    key: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            pgrx::name!(header, &'static str),
            pgrx::name!(value, String),
        ),
    >,
    ErrorReport,
> {
    let name = required(name, "name")?;
    let key = self::key(key)?;
    let limit = self::limit(limit, window, algorithm, burst)?;
    let lines = lines(&name, &Request::plain(key, limit))?;
    Ok(TableIterator::new(lines))
}
