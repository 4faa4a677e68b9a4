//! Stored values become values of the data type.

use pgrx::spi::quote_identifier;

use super::one_by_one::{Row, write};
use super::{Batch, Counts};
use phone_crypt_core::crypto::encrypted_phone::DataType;

use crate::conversion::check_may_decrypt;
use crate::conversion::error::{Error, Result};
use crate::conversion::source::Outcome;
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::{self as typed, Keep};
use crate::pg::SqlError;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::Text;
use crate::pg::{TupleId, statement, user};

/// Opens the values of one column and writes them into another. It shows nothing of them; what it makes can be compared,
/// though, so it is for those who may decrypt.
///
/// Errors: not the owner, or who may not decrypt, 42501; the column is of another type, 42804; keys that are not
/// configured, 55000; what the table's own constraints and triggers raise, such as 23505, unless the batch keeps repeated
/// numbers as text.
pub fn read(batch: &Batch<'_>, keep: Keep) -> Result<Counts> {
    check_may_decrypt(batch.table, batch.column)?;
    let (owner, table) = (user::as_owner(batch.table)?, user::full_name(batch.table)?);
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&owner);
    let data_type = batch.data_type()?;
    let mut rows = Rows::default();
    let mut result = Ok(());
    let plain = quote_identifier(batch.plain()?);
    let columns = format!("t.ctid, t.{plain}::pg_catalog.text");
    statement::run(&batch.rows(&table, &columns), &[], |row| {
        if let (Some(ctid), Some(plain)) = (row.get(1), row.get::<Text<'_>>(2)) {
            match rows.read(batch, data_type, keep, ctid, plain) {
                Err(error) if error.is_fault_of_the_value() => rows.counts.unreadable += 1,
                Err(error) if result.is_ok() => result = Err(error),
                _ => {}
            }
        }
    });
    result?;
    rows.write(batch, &table)
}

#[derive(Default)]
struct Rows {
    ctids: Vec<TupleId>,
    values: Vec<Vec<u8>>,
    /// Only where the batch keeps repeated numbers as text.
    as_text: Vec<Vec<u8>>,
    counts: Counts,
}

impl Rows {
    fn read(
        &mut self,
        batch: &Batch<'_>,
        data_type: DataType,
        keep: Keep,
        ctid: TupleId,
        plain: Text<'_>,
    ) -> Result<()> {
        let (value, outcome) =
            batch
                .source
                .with_value(data_type, plain, keep, |value, outcome| {
                    Ok((value.to_vec(), outcome))
                })?;
        if batch.keeps_repeated {
            let as_text = batch
                .source
                .with_text_value(data_type, plain, |value| Ok(value.to_vec()))?;
            self.as_text.push(as_text);
        }
        self.ctids.push(ctid);
        self.values.push(value);
        self.counts.repaired += i64::from(outcome == Outcome::Repaired);
        self.counts.texts += i64::from(outcome == Outcome::Text);
        Ok(())
    }

    fn write(self, batch: &Batch<'_>, table: &str) -> Result<Counts> {
        let read = self.counts;
        let written = match batch.keeps_repeated {
            true => {
                let rows = self.ctids.into_iter().zip(self.values).zip(self.as_text);
                let rows = rows.map(|((ctid, value), as_text)| Row {
                    ctid,
                    value: Some(value),
                    as_text,
                });
                write(batch, table, rows.collect())?
            }
            false => {
                let values = typed::array(batch.the_type()?, self.values.iter().map(Vec::as_slice));
                let (array_type, values) = values.ok_or(Error::Typed(TypedError::NotEncrypted))?;
                Counts {
                    changed: batch.write(
                        table,
                        batch.column,
                        self.ctids,
                        (array_type, Some(values)),
                    ),
                    ..Counts::default()
                }
            }
        };
        Ok(Counts {
            changed: written.changed,
            repeated: written.repeated,
            ..read
        })
    }
}
