//! What key a row of the legacy application is counted under from now on.

use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::phone::{Regions, UsPrefixError, UsPrefixRepair, repair_us_prefix};
use phone_crypt_core::ratelimit::MAX_KEY;

use super::counts::Counts;
use crate::cipher;
use crate::legacy::error::Result;
use crate::pg::text::Text;
use crate::ratelimit::PHONE_PREFIX;

/// What keys of phones begin with in the legacy application.
pub const PHONE: &[u8] = b"phone:";

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// It is counted under the hash of a phone that it named.
    Phone(Vec<u8>),
    /// As before, where the `+1` before the number was taken off.
    Repaired(Vec<u8>),
    /// Its key is one already.
    Key(Vec<u8>),
    /// It stays: `+1` before what is no valid number.
    Unrepairable,
    /// It stays: no phone number.
    NotAPhoneNumber,
    /// It stays: the engine takes no such key.
    KeyLength,
}

impl RowOutcome {
    /// Counts the row, if it stays; its key, if it does not.
    pub fn key(self, counts: &mut Counts) -> Option<Vec<u8>> {
        match self {
            RowOutcome::Phone(key) | RowOutcome::Key(key) => return Some(key),
            RowOutcome::Repaired(key) => {
                counts.repaired += 1;
                return Some(key);
            }
            RowOutcome::Unrepairable => counts.left_naive += 1,
            RowOutcome::NotAPhoneNumber => counts.left_not_a_phone_number += 1,
            RowOutcome::KeyLength => counts.left_key_length += 1,
        }
        None
    }
}

/// What becomes of the row with this id.
///
/// Errors: none that a row could cause.
pub fn outcome_of(id: Text<'_>, regions: &Regions) -> Result<RowOutcome> {
    if !id.bytes().starts_with(PHONE) {
        let key = id.bytes();
        return Ok(match (1..=MAX_KEY).contains(&key.len()) {
            true => RowOutcome::Key(key.to_vec()),
            false => RowOutcome::KeyLength,
        });
    }
    let text = id.or_empty();
    let number = text.get(PHONE.len()..).unwrap_or_default();
    Ok(match repair_us_prefix(number, regions) {
        Ok(UsPrefixRepair::Number(number)) => RowOutcome::Phone(key_of(number.as_bytes())?),
        Ok(UsPrefixRepair::Repaired(number)) => RowOutcome::Repaired(key_of(number.as_bytes())?),
        Err(UsPrefixError::Unrepairable) => RowOutcome::Unrepairable,
        Err(UsPrefixError::NotAPhoneNumber) => RowOutcome::NotAPhoneNumber,
    })
}

fn key_of(e164: &[u8]) -> Result<Vec<u8>> {
    let mut hash = [0; HASH_LEN];
    cipher::hash(e164, b"", &mut hash)?;
    Ok([PHONE_PREFIX, hash.as_slice()].concat())
}
