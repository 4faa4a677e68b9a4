//! A batch: rows on a range of pages that are still to be done. Those that somebody else has locked are left out, so a
//! batch never waits while it holds locks; the next pass finds them. All of it runs in the name of the table's owner.

mod decrypt;
mod fill;
mod one_by_one;
mod read;
mod reencrypt;

use pgrx::spi::quote_identifier;
use phone_crypt_core::crypto::encrypted_phone::{self as bytes, DataType};
use std::ffi::CStr;

use super::source::Source;
use crate::conversion::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::pg::arguments::given;
use crate::pg::oids::TIDARRAYOID;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::{Datum, Oid, TupleId, arrays, catalog, statement};

pub use decrypt::decrypt;
pub use fill::fill;
pub use read::read;
pub use reencrypt::reencrypt;

/// Which rows of a table.
pub struct Batch<'a> {
    /// The table.
    pub table: Oid,
    /// The column of the data type.
    pub column: &'a str,
    /// The column of plain text, or of the values that it is converted from.
    pub plain: Option<&'a str>,
    /// What that holds.
    pub source: Source,
    /// Whether a row whose number another one has already keeps it as text, which is not looked up. The rows are then
    /// written one by one.
    pub keeps_repeated: bool,
    /// The condition that a row `t` is still to be done.
    pub pending: &'a str,
    /// The first page.
    pub first: i64,
    /// The page after the last; None where all rows are meant.
    pub end: Option<i64>,
    /// The search_path that triggers of the table find: what they name is the application's.
    pub path: &'a CStr,
}

/// What came of a batch.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Rows that were changed.
    pub changed: i64,
    /// Those of them whose number another row has: they hold it as text.
    pub repeated: i64,
    /// Rows that were left as they are, since their value cannot be read.
    pub unreadable: i64,
    /// Those that were changed whose number the legacy application had put `+1` before.
    pub repaired: i64,
    /// Those that were changed to hold other text.
    pub texts: i64,
}

impl Batch<'_> {
    /// The type of the column.
    fn the_type(&self) -> Result<Oid> {
        catalog::type_of_column(self.table, self.column)
            .filter(|the_type| typed::data_type_of(*the_type).is_some())
            .ok_or(Error::Typed(TypedError::NotEncrypted))
    }

    /// Which data type that is.
    fn data_type(&self) -> Result<DataType> {
        typed::data_type_of(self.the_type()?).ok_or(Error::Typed(TypedError::NotEncrypted))
    }

    /// The condition that a row is on the pages; without a last one, every row is.
    fn pages(&self) -> String {
        let Some(end) = self.end else {
            return String::new();
        };
        format!(
            "t.ctid OPERATOR(pg_catalog.>=) '({},0)'::pg_catalog.tid
             AND t.ctid OPERATOR(pg_catalog.<) '({end},0)'::pg_catalog.tid AND",
            self.first
        )
    }

    /// A query for the rows, which are locked.
    fn rows(&self, table: &str, columns: &str) -> String {
        format!(
            "SELECT {columns} FROM ONLY {table} AS t
              WHERE {} ({}) FOR UPDATE OF t SKIP LOCKED",
            self.pages(),
            self.pending
        )
    }

    /// The column of plain text.
    ///
    /// Errors: there is none, 22004.
    fn plain(&self) -> Result<&str> {
        Ok(given(self.plain, "plain")?)
    }

    /// Writes values, an array of this type, into a column of these rows.
    fn write(
        &self,
        table: &str,
        column: &str,
        ctids: Vec<TupleId>,
        (array_type, values): (Oid, Option<Datum>),
    ) -> i64 {
        let _path = BatchSettings::with_path(self.path);
        let sql = format!(
            "UPDATE ONLY {table} AS u SET {} = n.value
               FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS n (ctid, value)
              WHERE u.ctid OPERATOR(pg_catalog.=) n.ctid",
            quote_identifier(column)
        );
        let arguments = [
            (TIDARRAYOID, arrays::tids(ctids.into_iter())),
            (array_type, values),
        ];
        statement::run(&sql, &arguments, |_| {}) as i64
    }
}

/// Runs a statement that gives back the column of each row it has written: how many there are, and how many of them hold
/// other text.
fn count_written(
    sql: &str,
    arguments: &[(Oid, Option<Datum>)],
    of_type: &mut Option<Oid>,
) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut result = Ok(());
    let written = statement::run(sql, arguments, |row| match is_text(row, of_type) {
        Ok(is_text) => counts.texts += i64::from(is_text),
        Err(error) => result = Err(error),
    });
    result?;
    counts.changed = written as i64;
    Ok(counts)
}

/// Whether the first column of the row holds other text.
fn is_text(row: &TableRow, of_type: &mut Option<Oid>) -> Result<bool> {
    match typed::bytes_of_row(row, 1, of_type)? {
        Some(value) => Ok(bytes::is_text(value)?),
        None => Ok(false),
    }
}
