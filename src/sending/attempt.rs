//! Somebody wants to send: what all rules judge.

use phone_crypt_core::sending::Reason;
use std::net::IpAddr;

use super::number::Number;
use super::policy::Policy;
use crate::cipher::Hash;

/// An attempt to send to a number under a policy.
pub struct Attempt<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The number: its hash, digits, region and type.
    pub number: &'a Number,
    /// Who asks for it, where that is known.
    pub client: Option<Client>,
    /// A keyed hash of whose it is, where that is given.
    pub account: Option<Hash>,
    /// What it is about, where that is given.
    pub topic: Option<&'a str>,
    /// What it costs, in millionths of the policy's currency: what is given, or where the policy has a budget the number's
    /// price. None where nobody knows.
    pub cost: Option<i64>,
    /// When, in microseconds since 1970.
    pub now_us: i64,
}

/// A client of the application.
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Its network, as `ratelimit_address_key` has it.
    pub network: String,
}

/// Why a send is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// In how many microseconds the same send may go out, where that is known.
    pub retry_after_us: Option<i64>,
}

impl Refusal {
    /// One that no waiting helps against.
    pub const fn for_good(reason: Reason) -> Refusal {
        Refusal {
            reason,
            retry_after_us: None,
        }
    }
}
