//! What became of sends, as the application reports it.

use phone_crypt_core::sending::observed::Outcome;

use super::store;
use super::{memory, table};
use crate::cipher;
use crate::pg::clock;
use crate::ratelimit::{Engine, in_force};
use crate::sending::error::Result;

/// What became of a send. Whether it was known and not settled.
///
/// Errors: no tables, or no engine, 55000; with the table engine those of writing a row.
pub fn report(id: i64, outcome: Outcome) -> Result<bool> {
    let tables = store::tables()?;
    let now_s = clock::now_us() / 1_000_000;
    Ok(match in_force()? {
        Engine::Memory => memory::report(&tables, id, outcome, now_s),
        Engine::Table => table::report(&tables, id, outcome, now_s),
    })
}

/// What became of the sends to a number. Whether any was known and not settled. A number whose code was verified has verified,
/// whether or not.
///
/// Errors: as [`report`]; no key, or keys that differ from the pin, 55000.
pub fn report_number(e164: &[u8], outcome: Outcome) -> Result<bool> {
    let tables = store::tables()?;
    let now_s = clock::now_us() / 1_000_000;
    // It may have been sent to under another key.
    let mut hashes = vec![[0; phone_crypt_core::crypto::HASH_LEN]];
    if let Some(first) = hashes.first_mut() {
        cipher::hash(e164, b"", first)?;
    }
    for hash in cipher::every_hash(e164, b"")? {
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    Ok(match in_force()? {
        Engine::Memory => memory::report_number(&tables, &hashes, outcome, now_s),
        Engine::Table => table::report_number(&tables, &hashes, outcome, now_s),
    })
}
