//! What every procedure needs before its first batch: the right to the table, and the table to itself.

use pgrx::pg_extern;

use crate::jobs::error::Error;
use crate::pg::Answer;
use crate::pg::arguments::{given, relation};
use crate::pg::job_lock;
use crate::pg::regclass::Regclass;
use crate::pg::transaction;
use crate::pg::user;

/// `phone_crypt.check_owner(table)`: nothing where the caller can act as the table's owner.
///
/// Errors: not the owner, 42501; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn check_owner(table: Option<Regclass>) -> Answer<()> {
    Ok(user::check_owner(relation(table)?.oid())?)
}

/// `phone_crypt.job_lock(table)`: keeps other runs off the table until `job_unlock`, the end of the session, or
/// the first transaction of this session that is aborted.
///
/// Errors: another session's run has it, 55006; not the owner, 42501; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn job_lock(table: Option<Regclass>) -> Answer<()> {
    let table = relation(table)?;
    user::check_owner(table.oid())?;
    match job_lock::take(table.oid()) {
        true => Ok(()),
        false => Err(Error::TableBusy(user::name_of(table.oid())?).into()),
    }
}

/// `phone_crypt.job_unlock(table)`: the end of a run.
///
/// Errors: NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn job_unlock(table: Option<Regclass>) -> Answer<()> {
    // It may have been dropped meanwhile.
    let table = given(table, "table")?;
    job_lock::give_back(table.oid());
    Ok(())
}

/// `phone_crypt.check_may_commit()`: nothing where a procedure that was called by the client can COMMIT. Not to be called in a
/// block with EXCEPTION.
///
/// Errors: within a transaction block, 25001.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn check_may_commit() -> Answer<()> {
    match transaction::is_in_block() {
        true => Err(Error::InTransactionBlock.into()),
        false => Ok(()),
    }
}
