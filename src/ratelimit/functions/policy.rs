//! Hits against policies, and what policies are made of.

use pgrx::datum::Interval;
use pgrx::{Array, pg_extern};
use phone_crypt_core::ratelimit::{KeyName, Verdict};
use std::rc::Rc;

use super::arguments::{cost, key, known_policy};
use crate::pg::Answer;
use crate::pg::FunctionCallInfo;
use crate::pg::arguments::given;
use crate::pg::arguments::{optional, required};
use crate::pg::array_arguments::dimensions;
use crate::pg::record::Record;
use crate::pg::text::Text;
use crate::ratelimit::answer;
use crate::ratelimit::error::{Error, Result};
use crate::ratelimit::{self, Policy, Request, checked_key, policy};

/// The most limits that one call checks.
const MAX_AT_ONCE: usize = 64;

/// `ratelimit_check(policy, key[, cost])`: a hit against a policy. The state is kept among
/// those of policies, under `policy:<name>:<key>`: nobody shares it, by accident or otherwise.
///
/// Errors: any NULL, 22004; no such policy, or a value out of range, 22023; out of slots, 53400; no engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_check(
    policy text, key text, cost bigint DEFAULT 1,
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_check(
    policy: Option<Text<'_>>,
    key: Option<Text<'_>>,
    cost: Option<i64>,
) -> Answer<Record> {
    let policy = known_policy(policy)?;
    let key = self::key(key)?;
    let verdict = ratelimit::check(&policy, key, self::cost(cost)?)?;
    Ok(answer::row(&verdict))
}

/// `ratelimit_peek_policy(policy, key[, cost])`: the answer that `ratelimit_check` would give, lists and trials
/// included. Nothing is consumed and no violation counted.
///
/// Errors: as `ratelimit_check`.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_peek_policy(
    policy text, key text, cost bigint DEFAULT 1,
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_peek_policy(
    policy: Option<Text<'_>>,
    key: Option<Text<'_>>,
    cost: Option<i64>,
) -> Answer<Record> {
    let policy = known_policy(policy)?;
    let key = self::key(key)?;
    let (verdict, ..) = ratelimit::look(&Request::of_policy(&policy, key), self::cost(cost)?)?;
    Ok(answer::row(&verdict))
}

/// `ratelimit_check_all(policies, keys[, cost])`: a hit against several policies, each with its key, all or none:
/// if one denies, the others consume nothing. The answer is that of the policy that takes longest to let through,
/// or if all do, of the one that has least left.
///
/// Errors: as `ratelimit_check`; arrays of different lengths, or the same policy and key twice, 22023.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_check_all(
    policies text[], keys text[], cost bigint DEFAULT 1,
    OUT allowed boolean, OUT "limit" bigint, OUT remaining bigint, OUT reset_after interval,
    OUT retry_after interval, OUT reason text,
    OUT reset_after_seconds integer, OUT retry_after_seconds integer, OUT hit_at timestamptz, OUT policy text
) RETURNS record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_check_all(
    policies: Option<Array<'_, Text<'_>>>,
    keys: Option<Array<'_, Text<'_>>>,
    cost: Option<i64>,
    fcinfo: FunctionCallInfo,
) -> Answer<Record> {
    let cost = self::cost(cost)?;
    let (policies, keys) = (given(policies, "policies")?, given(keys, "keys")?);
    if dimensions(fcinfo, 0) != 1 || dimensions(fcinfo, 1) != 1 {
        return Err(Error::PolicyArrays.into());
    }
    let policies = elements(&policies, "policies")?;
    let keys = elements(&keys, "keys")?;
    if policies.len() != keys.len() || !(1..=MAX_AT_ONCE).contains(&keys.len()) {
        return Err(Error::PolicyArrays.into());
    }
    let mut found: Vec<Rc<Policy>> = Vec::with_capacity(policies.len());
    for name in &policies {
        found.push(policy(&name.exact()?)?);
    }
    let mut requests = Vec::with_capacity(keys.len());
    for (policy, key) in found.iter().zip(&keys) {
        requests.push(Request::of_policy(policy, checked_key(key.bytes())?).costing(cost));
    }
    refuse_repeated(&requests)?;
    let verdicts = ratelimit::check_all(&requests)?;
    let (verdict, policy) = decisive(&verdicts, &found)?;
    Ok(answer::row_of_policy(verdict, &policy.name))
}

/// The elements of an array, none of which may be NULL.
fn elements<'a>(array: &'a Array<'_, Text<'_>>, name: &'static str) -> Result<Vec<Text<'a>>> {
    Ok(array
        .iter()
        .map(|element| given(element, name))
        .collect::<std::result::Result<_, _>>()?)
}

fn refuse_repeated(requests: &[Request<'_>]) -> Result<()> {
    let mut keys: Vec<KeyName<'_>> = requests.iter().map(|it| it.state.name()).collect();
    keys.sort_unstable();
    match keys.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(Error::SameLimitTwice),
        false => Ok(()),
    }
}

/// The verdict that the caller has to act on.
fn decisive<'a>(
    verdicts: &'a [Verdict],
    policies: &'a [Rc<Policy>],
) -> Result<(&'a Verdict, &'a Policy)> {
    let longest = |verdict: &Verdict| verdict.decision.retry_after_us.unwrap_or(i64::MAX);
    let pairs = || verdicts.iter().zip(policies.iter().map(Rc::as_ref));
    pairs()
        .filter(|(verdict, _)| !verdict.decision.allowed)
        .max_by_key(|(verdict, _)| longest(verdict))
        .or_else(|| pairs().min_by_key(|(verdict, _)| verdict.decision.remaining))
        .ok_or(Error::PolicyArrays)
}

/// `phone_crypt.is_policy(…)`: true if a policy could be made of this.
///
/// Errors: NULL but for the burst, and for the window or the calendar, 22004; a value out of range, 22023.
#[pg_extern(
    immutable,
    parallel_safe,
    schema = "phone_crypt",
    sql = r#"
CREATE FUNCTION phone_crypt.is_policy(
    name text, "limit" bigint, "window" interval, algorithm text, burst bigint, penalties interval[],
    calendar text, time_zone text
) RETURNS boolean
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#
)]
#[allow(clippy::too_many_arguments)]
fn is_policy(
    name: Option<Text<'_>>,
    limit: Option<i64>,
    window: Option<Interval>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
    penalties: Option<Array<'_, Interval>>,
    calendar: Option<Text<'_>>,
    time_zone: Option<Text<'_>>,
) -> Answer<bool> {
    let name = required(name, "name")?;
    let algorithm = required(algorithm, "algorithm")?;
    let mut blocks = Vec::new();
    for block in given(penalties, "penalties")?.iter() {
        blocks.push(given(block, "penalties")?);
    }
    let (calendar, time_zone) = (optional(calendar)?, optional(time_zone)?);
    Policy::checked(
        &name,
        given(limit, "limit")?,
        window.as_ref(),
        &algorithm,
        burst,
        &blocks,
        (calendar.as_deref(), time_zone.as_deref()),
    )?;
    Ok(true)
}
