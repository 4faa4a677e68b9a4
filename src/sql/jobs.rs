//! What every procedure needs before its first batch: the right to the table, and the table to itself.

use pgrx::{PgRelation, pg_extern};

use super::args::required;
use crate::batch_settings::BatchSettings;
use crate::error::{Answer, Error, Result};
use crate::text::Text;
use crate::{job_lock, owner, statement};

/// A table argument; NULL is 22004.
pub(super) fn relation(table: Option<PgRelation>) -> Result<PgRelation> {
    table.ok_or(Error::NullArgument("table"))
}

/// `phone_crypt.check_owner(table)`: nothing where the caller can act as the table's owner.
///
/// Errors: not the owner, 42501; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn check_owner(table: Option<PgRelation>) -> Answer<()> {
    Ok(owner::check_owner(relation(table)?.oid())?)
}

/// `phone_crypt.job_lock(table)`: keeps other runs off the table until `job_unlock`, the end of the session, or
/// the first transaction of this session that is aborted.
///
/// Errors: another session's run has it, 55006; not the owner, 42501; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn job_lock(table: Option<PgRelation>) -> Answer<()> {
    let table = relation(table)?;
    owner::check_owner(table.oid())?;
    match job_lock::take(table.oid()) {
        true => Ok(()),
        false => Err(Error::TableBusy(table.name().to_owned()).into()),
    }
}

/// `phone_crypt.job_unlock(table)`: the end of a run.
///
/// Errors: NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn job_unlock(table: Option<PgRelation>) -> Answer<()> {
    job_lock::give_back(relation(table)?.oid());
    Ok(())
}

/// `phone_crypt.run_as_owner(table, statement)`: runs a statement in the name of the table's owner, whose part the caller
/// can take anyway. Where that is somebody else, what hangs on the table cannot use the caller's rights.
///
/// Errors: not the owner, 42501; NULL, 22004; those of the statement.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn run_as_owner(table: Option<PgRelation>, statement: Option<Text<'_>>) -> Answer<()> {
    let statement = required(statement, "statement")?;
    // The statement may need the table for itself.
    let table = {
        let table = relation(table)?;
        table.oid()
    };
    let _in_their_name = owner::as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    statement::run(&statement, &[], |_| {});
    Ok(())
}
