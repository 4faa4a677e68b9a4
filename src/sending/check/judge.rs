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
use crate::sending::outcome::Outcome;
use crate::sending::policy::Policy;
use crate::sending::rules::{self, Condition};
use crate::sending::{exempt, policies, records, send_id};

/// The conditions, in the order in which they are asked; the first that refuses decides. What counts comes after them
/// ([`judge`]): it counts only what they let pass.
static CONDITIONS: [Condition; 4] = [
    rules::valid::judge,
    rules::place::judge,
    rules::line_type::judge,
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
    let mut warnings = Warnings::default();
    let refusal = match number {
        None => Some(Refusal::for_good(Reason::NotANumber)),
        Some(number) => judge(&attempt(&policy, number, asked)?, &mut warnings)?,
    };
    let mut outcome = Outcome {
        reason: refusal.map_or(Reason::Ok, |it| it.reason),
        retry_after_us: refusal.and_then(|it| it.retry_after_us),
        // What is no number cannot be sent to.
        records_only: policy.records_only() && number.is_some(),
        region: number.and_then(|number| number.region),
        line_type: number.map(|number| number.line_type),
        send_id: None,
        warnings,
    };
    outcome.send_id = outcome.is_allowed().then(send_id::next);
    records::note(&policy, number, &outcome)?;
    Ok(outcome)
}

/// Why an attempt is refused, or exempt; else it is counted.
fn judge(attempt: &Attempt<'_>, warnings: &mut Warnings) -> Result<Option<Refusal>> {
    if exempt::holds(attempt) {
        return Ok(Some(Refusal::for_good(Reason::Exempt)));
    }
    for condition in CONDITIONS {
        if let Some(refusal) = condition(attempt, warnings)? {
            return Ok(Some(refusal));
        }
    }
    rules::limits::take(attempt, warnings)
}

fn attempt<'a>(
    policy: &'a Policy,
    number: &'a Number,
    asked: &'a Asked<'_>,
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
        cost: asked.cost,
        now_us: clock::now_us(),
    })
}

fn client(address: IpAddr) -> Option<Client> {
    let network = address_key(address, V6_PREFIX).ok()?;
    Some(Client { address, network })
}
