//! Values under the primary key.

use pgrx::spi::quote_identifier;
use phone_crypt_core::crypto::Reencrypted;

use super::{Batch, Counts};
use crate::cipher;
use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::pg::SqlError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, TupleId, statement, user};

/// Encrypts values again under the primary key. What they are compared by stays.
///
/// Errors: not the owner, 42501; the column is of another type, 42804; no key, or keys that differ from the pin, 55000;
/// what the table's own constraints and triggers raise.
pub fn reencrypt(batch: &Batch<'_>) -> Result<Counts> {
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let column = quote_identifier(batch.column);
    let mut counts = Counts::default();
    let (mut ctids, mut values): (Vec<TupleId>, Vec<Vec<u8>>) = Default::default();
    let mut of_type = None;
    let mut result = Ok(());
    statement::run(
        &batch.rows(&table, &format!("t.ctid, t.{column}")),
        &[],
        |row| {
            let resealed = resealed(row, &mut of_type);
            match (resealed, row.get(1)) {
                (Ok(Some(value)), Some(ctid)) => {
                    ctids.push(ctid);
                    values.push(value);
                }
                (Err(error), _) if error.is_fault_of_the_value() => counts.unreadable += 1,
                (Err(error), _) if result.is_ok() => result = Err(error),
                _ => {}
            }
        },
    );
    result?;
    let values = typed::array(batch.the_type()?, values.iter().map(Vec::as_slice));
    let (array_type, values) = values.ok_or(Error::Typed(TypedError::NotEncrypted))?;
    counts.changed = batch.write(&table, batch.column, ctids, (array_type, Some(values)));
    Ok(counts)
}

/// The second column of the row under the primary key; None where it is under it already.
fn resealed(row: &TableRow, of_type: &mut Option<Oid>) -> Result<Option<Vec<u8>>> {
    let Some(value) = typed::bytes_of_row(row, 2, of_type)? else {
        return Ok(None);
    };
    let mut out = Vec::new();
    Ok(match cipher::reseal_typed(value, &mut out)? {
        Reencrypted::Replaced => Some(out),
        Reencrypted::Unchanged => None,
    })
}
