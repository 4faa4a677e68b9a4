//! The way back: values become plain text.

use pgrx::spi::quote_identifier;
use zeroize::Zeroizing;

use super::{Batch, Counts};
use crate::cipher::{self, Destination};
use crate::conversion::decrypting;
use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::{Error as TypedError, Permission};
use crate::pg::SqlError;
use crate::pg::oids::TEXTARRAYOID;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::{Oid, TupleId, arrays, catalog, statement, user};

/// Writes the plain text of values into another column: what was written where the value keeps it, else the number.
///
/// Errors: not the owner, or who may not decrypt, 42501; the column is of another type, 42804; keys that are not
/// configured, 55000; what the table's own constraints and triggers raise.
pub fn decrypt(batch: &Batch<'_>) -> Result<Counts> {
    let (the_type, data_type) = (batch.the_type()?, batch.data_type()?);
    if !catalog::may_execute_with(
        catalog::schema_of_type(the_type),
        decrypting(data_type),
        &[the_type],
    ) {
        return Err(Error::Typed(TypedError::MayNot(Permission::Decrypt(
            data_type,
        ))));
    }
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let mut counts = Counts::default();
    let (mut ctids, mut texts): (Vec<TupleId>, Zeroizing<Vec<Vec<u8>>>) = Default::default();
    let mut of_type = None;
    let mut result = Ok(());
    let columns = format!("t.ctid, t.{}", quote_identifier(batch.column));
    statement::run(&batch.rows(&table, &columns), &[], |row| {
        match (original(row, &mut of_type), row.get(1)) {
            (Ok(Some(text)), Some(ctid)) => {
                ctids.push(ctid);
                texts.push(text);
            }
            (Err(error), _) if error.is_fault_of_the_value() => counts.unreadable += 1,
            (Err(error), _) if result.is_ok() => result = Err(error),
            _ => {}
        }
    });
    result?;
    let texts = arrays::texts(texts.iter().map(|text| Some(text.as_slice())));
    counts.changed = batch.write(&table, batch.plain()?, ctids, (TEXTARRAYOID, texts));
    Ok(counts)
}

/// What was written, of the second column of the row.
fn original(row: &TableRow, of_type: &mut Option<Oid>) -> Result<Option<Vec<u8>>> {
    match typed::bytes_of_row(row, 2, of_type)? {
        Some(value) => Ok(Some(cipher::open_typed(
            value,
            Destination::Server,
            typed::original_bytes,
        )?)),
        None => Ok(None),
    }
}
