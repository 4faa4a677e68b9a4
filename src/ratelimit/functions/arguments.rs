//! The arguments of rate-limit functions. None of them may be NULL but the burst.

use pgrx::datum::Interval;
use phone_crypt_core::ratelimit::{Algorithm, Limit, Penalties, Quota, QuotaError};
use std::rc::Rc;

use crate::pg::arguments::{given, required};
use crate::pg::interval::span_us;
use crate::pg::text::Text;
use crate::ratelimit::error::Result;
use crate::ratelimit::{Policy, checked_key, policy};

/// Only policies have penalties.
static NO_PENALTIES: Penalties = Penalties::NONE;

/// A key, in the bytes that the database has it in.
///
/// Errors: NULL, 22004; not of 1 to 512 bytes, 22023.
pub fn key(argument: Option<Text<'_>>) -> Result<&[u8]> {
    checked_key(given(argument, "key")?.bytes())
}

/// A cost.
///
/// Errors: NULL, 22004; below 1, 22023.
pub fn cost(argument: Option<i64>) -> Result<i64> {
    match given(argument, "cost")? {
        cost @ 1.. => Ok(cost),
        _ => Err(QuotaError::Cost.into()),
    }
}

/// A limit that is no policy's.
///
/// Errors: NULL but for the burst, 22004; out of range, 22023.
pub fn limit(
    limit: Option<i64>,
    window: Option<Interval>,
    algorithm: Option<Text<'_>>,
    burst: Option<i64>,
) -> Result<Limit<'static>> {
    let limit = given(limit, "limit")?;
    let window = given(window, "window")?;
    let algorithm = required(algorithm, "algorithm")?;
    let algorithm = Algorithm::parse(&algorithm)?;
    Ok(Limit {
        algorithm,
        quota: Quota::new(limit, span_us(&window), burst)?.suited_to(algorithm)?,
        calendar: None,
        penalties: &NO_PENALTIES,
        count_denied: false,
    })
}

/// A policy, by its name.
///
/// Errors: NULL, 22004; unknown, 22023.
pub fn known_policy(argument: Option<Text<'_>>) -> Result<Rc<Policy>> {
    policy(&required(argument, "policy")?)
}
