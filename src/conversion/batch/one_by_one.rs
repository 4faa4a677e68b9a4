//! Rows that are written one by one: where another row has the number already, one keeps it as text, which is not looked up.

use pgrx::spi::quote_identifier;
use pgrx::{IntoDatum, PgSqlErrorCode};

use super::{Batch, Counts, count_written};
use crate::conversion::error::{Error, Result};
use crate::pg::oids::TIDOID;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::{TupleId, subtransaction, text};

/// A row, and what its column becomes.
pub struct Row {
    /// Where it is.
    pub ctid: TupleId,
    /// The value; None for NULL.
    pub value: Option<Vec<u8>>,
    /// The value where another row has that one.
    pub as_text: Vec<u8>,
}

/// Writes the rows.
///
/// Errors: what the table refuses, but for 23505.
pub fn write(batch: &Batch<'_>, table: &str, rows: Vec<Row>) -> Result<Counts> {
    let the_type = batch.the_type()?;
    let _path = BatchSettings::with_path(batch.path);
    let column = quote_identifier(batch.column);
    let sql = format!(
        "UPDATE ONLY {table} AS u SET {column} = $2 WHERE u.ctid OPERATOR(pg_catalog.=) $1 RETURNING u.{column}"
    );
    let mut of_type = None;
    let mut update = |ctid: TupleId, value: Option<&[u8]>| -> Result<Counts> {
        let arguments = [
            (TIDOID, ctid.into_datum()),
            (the_type, value.map(text::varlena)),
        ];
        count_written(&sql, &arguments, &mut of_type)
    };
    let mut counts = Counts::default();
    for row in rows {
        match subtransaction::attempt(|| update(row.ctid, row.value.as_deref())) {
            Ok(written) => {
                let written = written?;
                counts.changed += written.changed;
                counts.texts += written.texts;
            }
            Err(refusal) if refusal.code == PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION => {
                let written = update(row.ctid, Some(&row.as_text))?.changed;
                counts.changed += written;
                counts.repeated += written;
            }
            Err(refusal) => {
                return Err(Error::TableRefused {
                    table: table.to_owned(),
                    refusal,
                });
            }
        }
    }
    Ok(counts)
}
