//! What a key is, and under what name its state is kept.

use phone_crypt_core::ratelimit::{KeyName, MAX_KEY, MAX_POLICY_NAME};

use crate::ratelimit::error::{Error, Result};

/// What the key of a phone begins with; its hash follows.
pub const PHONE_PREFIX: &[u8; 11] = b"phone_hash:";

/// The key under which state is kept: the caller's own, or that and the policy's name. The two are in different spaces
/// (`KeyKind`): no key of a caller is that of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateKey<'a> {
    /// The caller's.
    Plain(&'a [u8]),
    /// `policy:<name>:<key>` in the policy's space.
    OfPolicy(Vec<u8>, i32),
}

impl<'a> StateKey<'a> {
    /// The key as it is. It has been checked.
    pub fn plain(key: &'a [u8]) -> StateKey<'a> {
        StateKey::Plain(key)
    }

    /// The key within a policy, in one of its spaces.
    pub fn of_policy(policy: &str, space: i32, key: &[u8]) -> StateKey<'a> {
        let name = [b"policy:", policy.as_bytes(), b":", key].concat();
        StateKey::OfPolicy(name, space)
    }

    /// As both engines know it.
    pub fn name(&self) -> KeyName<'_> {
        match self {
            StateKey::Plain(key) => KeyName::plain(key),
            StateKey::OfPolicy(key, space) => KeyName::of_policy(key).in_space(*space),
        }
    }
}

/// A key of 1 to 512 bytes.
///
/// Errors: any other length, 22023.
pub fn checked_key(key: &[u8]) -> Result<&[u8]> {
    match key.len() {
        1..=MAX_KEY => Ok(key),
        _ => Err(Error::KeyLength),
    }
}

/// A policy's name: no colon, so that where it ends in a state's key is not in doubt.
///
/// Errors: anything but 1 to 63 of `[A-Za-z0-9_.-]`, 22023.
pub fn checked_policy_name(name: &str) -> Result<&str> {
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    match (1..=MAX_POLICY_NAME).contains(&name.len()) && name.bytes().all(is_good) {
        true => Ok(name),
        false => Err(Error::PolicyName),
    }
}
