//! From an attempt to an answer: the rules, one after the other.

use phone_crypt_core::ratelimit::address_key;
use phone_crypt_core::sending::{Reason, Warnings};
use std::borrow::Cow;
use std::net::IpAddr;

use crate::cipher;
use crate::pg::clock;
use crate::sending::attempt::{Attempt, Client, Refusal};
use crate::sending::error::Result;
use crate::sending::number::Number;
use crate::sending::observed::{self, Decision};
use crate::sending::outcome::Outcome;
use crate::sending::policy::Policy;
use crate::sending::rules::{self, Condition};
use crate::sending::{exempt, policies, prices, records, send_id};

/// The conditions, in the order in which they are asked; the first that refuses decides. What counts comes after them
/// ([`judge`]): it counts only what they let pass.
static CONDITIONS: [Condition; 6] = [
    rules::valid::judge,
    rules::place::judge,
    rules::line_type::judge,
    rules::consent::judge,
    rules::quiet_hours::judge,
    rules::price::judge,
];

/// A customer has a whole IPv6 network of this length.
const V6_PREFIX: i32 = 64;

/// What a call asks, but for the number.
pub struct Asked<'a> {
    /// The policy's name.
    pub policy: Cow<'a, str>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// What it is about.
    pub topic: Option<Cow<'a, str>>,
    /// Whose it is.
    pub account: Option<&'a [u8]>,
    /// What it costs, in millionths.
    pub cost: Option<i64>,
}

/// Whether a number may be sent to now; without a number it may not.
///
/// Errors: no such policy, 22023; no key, or keys that differ from the pin, 55000; with the table engine those of writing a row.
pub fn check(number: Option<&Number>, asked: &Asked<'_>) -> Result<Outcome> {
    let policy = policies::policy(&asked.policy)?;
    let now_us = clock::now_us();
    let mut warnings = Warnings::default();
    let judged = match number {
        None => Err(Refusal::for_good(Reason::NotANumber)),
        Some(number) => judge(&attempt(&policy, number, asked, now_us)?, &mut warnings)?,
    };
    let refusal = judged.err();
    let mut outcome = Outcome {
        reason: refusal.map_or(Reason::Ok, |it| it.reason),
        retry_after_us: refusal.and_then(|it| it.retry_after_us),
        // What is no number cannot be sent to, and who is suppressed must not be.
        records_only: policy.records_only() && number.is_some() && !is_suppressed(refusal),
        region: number.and_then(|number| number.region),
        line_type: number.map(|number| number.line_type),
        send_id: None,
        warnings,
    };
    // What is exempt, or only let out by a trial, has an id, too, though nothing is counted under it.
    let id = || judged.unwrap_or_else(|_| send_id::next(now_us));
    outcome.send_id = outcome.is_allowed().then(id);
    records::note(&policy, number, &outcome, now_us)?;
    Ok(outcome)
}

fn is_suppressed(refusal: Option<Refusal>) -> bool {
    refusal.is_some_and(|it| it.reason == Reason::Suppressed)
}

/// Why an attempt is refused, or exempt; else its id, and it is counted.
///
/// What became of earlier sends comes before the limiter, which may wait: no lock is held then, since the attempt is entered
/// among the sends already, and taken back if the limiter refuses.
fn judge(
    attempt: &Attempt<'_>,
    warnings: &mut Warnings,
) -> Result<std::result::Result<i64, Refusal>> {
    // Before all else: no exemption is one from that.
    if let Some(refusal) = rules::suppressed::judge(attempt)? {
        return Ok(Err(refusal));
    }
    if exempt::holds(attempt) {
        let late = rules::suppressed::sent(attempt)?;
        return Ok(Err(late.unwrap_or(Refusal::for_good(Reason::Exempt))));
    }
    for condition in CONDITIONS {
        if let Some(refusal) = condition(attempt, warnings)? {
            return Ok(Err(refusal));
        }
    }
    let reserved = match observed::reserve(attempt)? {
        Decision::Reserved(reserved) => reserved,
        Decision::Refused(refusal) => return Ok(Err(refusal)),
    };
    let refusal = match rules::limits::take(attempt, warnings)? {
        None => rules::suppressed::sent(attempt)?,
        refusal => refusal,
    };
    if let Some(refusal) = refusal {
        reserved.give_back();
        return Ok(Err(refusal));
    }
    if let Some(warning) = reserved.warning {
        warnings.add(warning);
    }
    Ok(Ok(reserved.keep()))
}

fn attempt<'a>(
    policy: &'a Policy,
    number: &'a Number,
    asked: &'a Asked<'_>,
    now_us: i64,
) -> Result<Attempt<'a>> {
    let account = asked
        .account
        .map(|it| cipher::labelled_hash(b"account", it));
    Ok(Attempt {
        policy,
        number,
        client: asked.client.and_then(client),
        account: account.transpose()?,
        topic: asked.topic.as_deref(),
        cost: cost(policy, number, asked),
        now_us,
    })
}

fn cost(policy: &Policy, number: &Number, asked: &Asked<'_>) -> Option<i64> {
    let price = || prices::price(number.digits(), &policy.currency);
    asked
        .cost
        .or_else(|| policy.has_budget().then(price).flatten())
}

fn client(address: IpAddr) -> Option<Client> {
    let network = address_key(address, V6_PREFIX).ok()?;
    Some(Client { address, network })
}
