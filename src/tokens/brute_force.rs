//! Guessing is slowed down by client address. Only failures count, and only failures are refused: a token that is valid passes
//! from any address, so that whoever shares one with a guesser keeps working.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::ratelimit::{
    Algorithm, Entry, KeyName, Limit, Penalties, Quota, address_key,
};
use std::net::IpAddr;
use std::sync::OnceLock;

use super::error::Error;
use super::outcome::{Outcome, Reason};
use crate::pg::{SqlError, transaction};
use crate::ratelimit::{self, Engine, Request, TOKEN_FAILURES, policy};

/// Failures a window that are answered by what is wrong.
const FAILURES: i64 = 10;
const MINUTE_US: i64 = 60_000_000;
/// Lock-outs after each further violation.
const LOCK_OUTS_US: [i64; 5] = [
    MINUTE_US,
    5 * MINUTE_US,
    15 * MINUTE_US,
    60 * MINUTE_US,
    240 * MINUTE_US,
];
/// A customer has a whole IPv6 network of this length.
const V6_PREFIX: i32 = 64;

/// The answer to a token that does not exist, shown from this address.
///
/// Errors: those of the rate limiter but for being full.
pub fn failed(reason: Reason, client: Option<IpAddr>) -> Result<Outcome, Error> {
    let mut outcome = Outcome::of_nobody(reason);
    let Some((client, key)) = client.and_then(|client| Some((client, key_of(client)?))) else {
        return Ok(outcome);
    };
    if !may_count()? {
        return Ok(outcome);
    }
    let policy = policy(TOKEN_FAILURES).ok();
    let limit = match &policy {
        Some(policy) => policy.limit(),
        None => default_limit()?,
    };
    let address = text(client);
    let request =
        Request::of_token_failure(address.as_bytes(), key.as_bytes(), limit, policy.as_deref());
    match ratelimit::hit(&request, 1) {
        Ok(verdict) if !verdict.decision.allowed => {
            outcome.reason = Reason::Blocked;
            outcome.retry_after_us = verdict.decision.retry_after_us;
        }
        Ok(_) => {}
        Err(error) if is_out_of_slots(error.sqlstate()) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(outcome)
}

/// Whether an address is on the deny list.
pub fn is_denied(client: IpAddr) -> bool {
    ratelimit::is_denied(text(client).as_bytes())
}

/// An address as lists know it.
fn text(client: IpAddr) -> String {
    client.to_canonical().to_string()
}

/// Forgets the failures of an address. True if there were any.
///
/// Errors: those of the rate limiter.
pub fn unlock(client: IpAddr) -> Result<bool, Error> {
    let Some(key) = key_of(client) else {
        return Ok(false);
    };
    let name = KeyName::of_token_failures(key.as_bytes());
    let was_known = ratelimit::change(name, false, |entry, now_us| {
        let is_known = entry.expires_us() > now_us;
        (is_known.then_some(Entry::EMPTY), is_known)
    });
    Ok(was_known?)
}

fn key_of(client: IpAddr) -> Option<String> {
    address_key(client, V6_PREFIX).ok()
}

/// Whether the limiter has no room for one more key.
pub fn is_out_of_slots(code: PgSqlErrorCode) -> bool {
    code == PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED
}

/// With the table engine a failure is a row that is written, which a transaction must be allowed to, and must not fail to
/// do since another one wrote it before.
fn may_count() -> Result<bool, Error> {
    Ok(ratelimit::in_force()? == Engine::Memory || transaction::may_write_at_once())
}

fn default_limit() -> Result<Limit<'static>, Error> {
    static PENALTIES: OnceLock<Penalties> = OnceLock::new();
    let penalties = Penalties::new(LOCK_OUTS_US.to_vec()).unwrap_or_default();
    Ok(Limit {
        algorithm: Algorithm::FixedWindow,
        quota: Quota::new(FAILURES, MINUTE_US, None).map_err(ratelimit::error::Error::from)?,
        penalties: PENALTIES.get_or_init(|| penalties),
        count_denied: false,
        calendar: None,
    })
}
