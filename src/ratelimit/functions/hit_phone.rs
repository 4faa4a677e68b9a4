//! Hits on phone numbers, whose keys are hashes.

use pgrx::datum::Interval;
use pgrx::pg_extern;
use phone_crypt_core::ratelimit::Verdict;

use super::arguments::{cost, known_policy, limit};
use super::error::Result;
use crate::cipher::stats::Operation;
use crate::cipher::{self, Hash};
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::record::Record;
use crate::pg::text::Text;
use crate::phone::arguments;
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;
use crate::ratelimit::answer;
use crate::ratelimit::{self, PHONE_PREFIX, Request};

/// `ratelimit_hit_phone(phone, limit, window[, cost[, algorithm[, burst[, regions]]]])`: as `ratelimit_hit`, on the
/// key `phone_hash:<hash>` of the number, however it is written. While several keys or hash schemes are configured,
/// what is live under the number's other hashes counts too.
///
/// Errors: as `ratelimit_hit`; not a phone number, or an unknown region, 22023; no encryption key, or keys or default
/// regions that differ from the pin, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_hit_phone(
    phone text, "limit" bigint, "window" interval, cost bigint DEFAULT 1,
    algorithm text DEFAULT 'fixed_window', burst bigint DEFAULT NULL, regions text DEFAULT 'default',
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_hit_phone(
    phone: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    cost: Option<i64>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
    regions: Option<Text<'_>>,
) -> Answer<Record> {
    let phone = given(phone, "phone")?;
    let regions = arguments::regions(regions)?;
    let cost = self::cost(cost)?;
    let limit = self::limit(limit, window, algorithm, burst)?;
    let keys = keys_of(phone, &regions)?;
    let requests: Vec<Request<'_>> = keys
        .iter()
        .map(|key| Request::plain(key, limit.clone()))
        .collect();
    Ok(answer::row(&ratelimit::hit_moving(&requests, cost)?))
}

/// `ratelimit_check_phone(policy, phone[, cost[, regions]])`: as `ratelimit_check`, on the key of `ratelimit_hit_phone`.
/// Lists, blocks and counts under the number's other hashes hold too.
///
/// Errors: as `ratelimit_check`; not a phone number, or an unknown region, 22023; no encryption key, or keys or default
/// regions that differ from the pin, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_check_phone(
    policy text, phone text, cost bigint DEFAULT 1, regions text DEFAULT 'default',
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_check_phone(
    policy: Option<Text<'_>>,
    phone: Option<Text<'_>>,
    cost: Option<i64>,
    regions: Option<Text<'_>>,
) -> Answer<Record> {
    let verdict = on_policy(policy, phone, cost, regions, ratelimit::hit_moving)?;
    Ok(answer::row(&verdict))
}

/// `ratelimit_peek_policy_phone(policy, phone[, cost[, regions]])`: the answer that `ratelimit_check_phone` would give.
/// Nothing is consumed, and no violation counted.
///
/// Errors: as `ratelimit_check_phone`.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_peek_policy_phone(
    policy text, phone text, cost bigint DEFAULT 1, regions text DEFAULT 'default',
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_peek_policy_phone(
    policy: Option<Text<'_>>,
    phone: Option<Text<'_>>,
    cost: Option<i64>,
    regions: Option<Text<'_>>,
) -> Answer<Record> {
    let verdict = on_policy(policy, phone, cost, regions, ratelimit::look_moving)?;
    Ok(answer::row(&verdict))
}

fn on_policy(
    policy: Option<Text<'_>>,
    phone: Option<Text<'_>>,
    cost: Option<i64>,
    regions: Option<Text<'_>>,
    decide: fn(&[Request<'_>], i64) -> ratelimit::error::Result<Verdict>,
) -> Result<Verdict> {
    let policy = known_policy(policy)?;
    let phone = given(phone, "phone")?;
    let regions = arguments::regions(regions)?;
    let cost = self::cost(cost)?;
    let keys = keys_of(phone, &regions)?;
    Ok(decide(&Request::of_names(&policy, &keys), cost)?)
}

/// The number's rate-limit keys under every configured key and scheme, the present one first.
fn keys_of(phone: Text<'_>, regions: &Chosen<'_>) -> Result<Vec<Vec<u8>>> {
    with_e164(phone, regions, Operation::Hash, |e164| {
        let key_of = |hash: &Hash| [PHONE_PREFIX.as_slice(), hash].concat();
        Ok(cipher::hashes(e164, b"")?.iter().map(key_of).collect())
    })
}
