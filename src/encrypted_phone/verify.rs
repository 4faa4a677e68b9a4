//! Verifying a whole column without showing anything of it.

use pgrx::iter::TableIterator;
use pgrx::spi::quote_identifier;
use pgrx::{name, pg_extern};

use super::abi::Value;
use crate::cipher;
use crate::error::{Error, Result};
use crate::pg::regclass::Regclass;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::pg::{ErrorReport, Oid, statement, user};

#[derive(Default)]
struct Counts {
    /// The type of the rows so far, which is this one.
    of_type: Option<Oid>,
    total: i64,
    failing: i64,
}

impl Counts {
    fn add(&mut self, row: &TableRow) -> Result<()> {
        let Some(value) = Value::of_row(row, 1, &mut self.of_type)? else {
            return Ok(());
        };
        self.total += 1;
        match cipher::verify_typed(value.bytes()) {
            Ok(()) => {}
            Err(error) if error.is_fault_of_the_value() => self.failing += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// `phone_crypt.verify_column(table, column)`: how many values of the data type a column has, and how many of them are
/// not authentic. Behind `phone_verify_column`. The table is read in its owner's name.
///
/// Errors: not the owner, 42501; the column is of another type, 42804; a key that is not configured, 55000; NULL, 22004.
#[pg_extern(
    schema = "phone_crypt",
    volatile,
    parallel_unsafe,
    requires = ["encrypted_phone_type"]
)]
fn verify_column(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<'static, (name!(total, i64), name!(failing, i64))>,
    ErrorReport,
> {
    let table = table.ok_or(Error::NullArgument("table"))?;
    let column = column.ok_or(Error::NullArgument("column"))?;
    let counts = count(table.oid(), &column.exact()?)?;
    Ok(TableIterator::once((counts.total, counts.failing)))
}

fn count(table: Oid, column: &str) -> Result<Counts> {
    let _in_their_name = user::as_owner(table)?;
    let _settings = BatchSettings::for_any_rows();
    let (column, table) = (quote_identifier(column), user::full_name(table)?);
    let query = format!("SELECT t.{column} FROM {table} AS t");
    let mut counts = Counts::default();
    statement::scan(&query, &[], |row| counts.add(row))?;
    Ok(counts)
}
