//! Verifying a token. Whatever a client can send is an answer, never an error.

use phone_crypt_core::audit::Class;
use phone_crypt_core::ratelimit::{Reason as LimitReason, Verdict};
use phone_crypt_core::token::{SecretHash, TokenId, parse};
use std::net::IpAddr;

use super::error::Error;
use super::outcome::{Outcome, Reason};
use super::row::{self, TokenRow};
use super::{brute_force, store, use_flush};
use crate::audit::{self, Counted};
use crate::lockdown::{self, Scope};
use crate::pg::{SqlError, process};
use crate::ratelimit::{self, Request};

/// When a hit that found no slot may be tried again.
const NO_SLOT_RETRY_US: i64 = 1_000_000;

/// What a client shows, and what for.
pub struct Presented<'a> {
    /// The token: any bytes.
    pub token: &'a [u8],
    /// The scope that is asked for.
    pub scope: Option<&'a [u8]>,
    /// The client's address, where it is known.
    pub client: Option<IpAddr>,
}

/// Verifies.
///
/// Errors: none for what a client can send; no such table, 55000; those of a rate limit whose engine is not available.
pub fn verify(presented: &Presented<'_>) -> Result<Outcome, Error> {
    if lockdown::is_on(Scope::Tokens) {
        refused(Reason::Lockdown);
        return Ok(Outcome::of_nobody(Reason::Lockdown));
    }
    let found = match find(presented)? {
        Ok(found) => found,
        Err(reason) => {
            let outcome = brute_force::failed(reason, presented.client)?;
            refused(outcome.reason);
            return Ok(outcome);
        }
    };
    let (reason, retry_after_us) = judge(&found, presented)?;
    match reason {
        Reason::Ok => use_flush::note(found.identity.id, presented.client)?,
        reason => refused(reason),
    }
    Ok(Outcome {
        reason,
        identity: Some(found.identity),
        retry_after_us,
    })
}

/// A token was refused. (Those that are accepted are recorded when their uses are written down.)
fn refused(reason: Reason) {
    let what = Counted {
        class: Class::Auth,
        event: "token_refused",
        detail: Some(("reason", reason.as_str())),
    };
    audit::count(&what, None);
}

/// The row of the token that is shown. Its secret has been compared: whoever gets a row has it.
fn find(presented: &Presented<'_>) -> Result<Result<TokenRow, Reason>, Error> {
    let parsed = parse(presented.token);
    let (id, hash, otherwise) = match parsed {
        Ok(token) => (token.id(), token.secret_hash(), Reason::Unknown),
        Err(_) if !store::has_legacy() => return Ok(Err(Reason::Malformed)),
        Err(_) => {
            let hash = SecretHash::of(presented.token);
            match store::legacy_id(&hash) {
                Some(id) => (id, hash, Reason::Malformed),
                None => return Ok(Err(Reason::Malformed)),
            }
        }
    };
    let mut found = None;
    store::row_from(id, |row| {
        let (row_id, row_hash) = row::id_and_hash(row);
        let is_secret = hash.matches(&row_hash);
        if is_secret & is_same_id(id, &row_id) {
            found = Some(row::read(row, id, presented.scope, presented.client));
        }
    })?;
    Ok(found.ok_or(otherwise))
}

fn is_same_id(id: TokenId, stored: &[u8]) -> bool {
    id.as_str().as_bytes() == stored
}

/// What becomes of a token whose secret is right. The first reason that holds counts; only what passes all others is a hit on
/// the token's rate limit.
fn judge(found: &TokenRow, presented: &Presented<'_>) -> Result<(Reason, Option<i64>), Error> {
    let is_expired = |time| process::now() >= time;
    let reason = if found.is_revoked {
        Reason::Revoked
    } else if found.identity.expires_at.is_some_and(is_expired) {
        Reason::Expired
    } else if !found.is_in_networks {
        Reason::Network
    } else if !found.covers_scope {
        Reason::Scope
    } else if presented.client.is_some_and(brute_force::is_denied) {
        Reason::Blocked
    } else {
        return limited(found);
    };
    Ok((reason, None))
}

fn limited(found: &TokenRow) -> Result<(Reason, Option<i64>), Error> {
    let Some(name) = &found.policy else {
        return Ok((Reason::Ok, None));
    };
    let policy = ratelimit::policy(name)?;
    let request = Request::of_token(&policy, &found.limit_id);
    match ratelimit::hit(&request, 1) {
        Ok(verdict) => Ok(reason_of(&verdict)),
        Err(error) if brute_force::is_out_of_slots(error.sqlstate()) => {
            Ok((Reason::RateLimited, Some(NO_SLOT_RETRY_US)))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a rate limit's verdict is for a token.
pub fn reason_of(verdict: &Verdict) -> (Reason, Option<i64>) {
    let retry_after_us = verdict.decision.retry_after_us;
    match (verdict.decision.allowed, verdict.reason) {
        (true, _) => (Reason::Ok, None),
        (false, LimitReason::Blocked | LimitReason::Denylist) => (Reason::Blocked, retry_after_us),
        (false, _) => (Reason::RateLimited, retry_after_us),
    }
}
