//! Forgetting a number: what was decided about it, and that it is exempt. What is counted of it goes with the rate limits.

use pgrx::IntoDatum;
use phone_crypt_core::crypto::primitives::hex;
use std::thread::LocalKey;

use super::area;
use crate::pg::oids;
use crate::pg::statement::Statement;
use crate::ratelimit;
use crate::sending::error::Result;

thread_local! {
    /// Waits for who writes records down: what they have taken out of memory is in the table then. They wait until this
    /// transaction ends.
    static LOCK_RECORDS: Statement = const { Statement::new(
        c"LOCK TABLE phone_crypt.send_records IN SHARE ROW EXCLUSIVE MODE", &[],
    ) };
    static DELETE_RECORDS: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_records AS r WHERE r.phone_hash OPERATOR(pg_catalog.=) ANY ($1)",
        &[oids::TEXTARRAYOID],
    ) };
    static DELETE_EXEMPT: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_exempt AS e WHERE e.phone_hash OPERATOR(pg_catalog.=) ANY ($1)",
        &[oids::TEXTARRAYOID],
    ) };
}

/// How much of a number was forgotten.
pub struct Forgotten {
    /// Records of decisions.
    pub records: i64,
    /// Entries of the list of those that are exempt.
    pub exempt: i64,
}

/// Forgets what is kept under these hashes of a number. What is forgotten in shared memory stays forgotten whatever becomes of
/// the transaction.
///
/// Errors: no table of rate limits, 55000.
pub fn forget_number(hashes: &[String]) -> Result<Forgotten> {
    let exempt = delete(&DELETE_EXEMPT, hashes)?;
    let in_memory = match area::DECISIONS.find() {
        Some(_) => {
            let owner = ratelimit::storage()?.owner;
            LOCK_RECORDS.with(|lock| lock.run(owner, &[], |_| ()));
            let hashes = hashes.iter().map(|hash| hex::first(hash.as_bytes()));
            area::remove(area::own_owner()?, &hashes.collect::<Vec<_>>())
        }
        None => 0,
    };
    let written = delete(&DELETE_RECORDS, hashes)?;
    let in_memory = i64::try_from(in_memory).unwrap_or(i64::MAX);
    Ok(Forgotten {
        records: written.saturating_add(in_memory),
        exempt,
    })
}

fn delete(statement: &'static LocalKey<Statement>, hashes: &[String]) -> Result<i64> {
    let owner = ratelimit::storage()?.owner;
    let arguments = [hashes.to_vec().into_datum()];
    let rows = statement.with(|statement| statement.run(owner, &arguments, |_| ()));
    Ok(i64::try_from(rows).unwrap_or(i64::MAX))
}
