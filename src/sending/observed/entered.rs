//! A send as both engines enter it.

use phone_crypt_core::sending::observed::{Refused, Rules};

use crate::cipher::Hash;

/// A send that is to be judged and entered.
pub struct Entered<'a> {
    /// Its id.
    pub id: i64,
    /// The space of its policy.
    pub space: i32,
    /// The hash of the number.
    pub number: &'a Hash,
    /// The digits of the number.
    pub digits: &'a str,
    /// The code of its region; `-` for none.
    pub region: &'a str,
    /// The network of the client.
    pub client: Option<&'a str>,
    /// What the policy asks for.
    pub rules: Rules,
    /// The time, in seconds since 1970.
    pub now_s: i64,
    /// Until when a verification counts.
    pub due_s: i64,
}

/// What an engine answers: whether the range looks pumped, or the refusal.
pub type Answer = std::result::Result<bool, Refused>;
