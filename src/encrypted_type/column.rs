//! The values of a column, one after the other, whoever owns the table.

use pgrx::spi::quote_identifier;

use super::io::data_type_of;
use super::value::bytes_of_row;
use crate::encrypted_type::error::{Error, Result};
use crate::pg::arguments::given;
use crate::pg::regclass::Regclass;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::Text;
use crate::pg::{Oid, catalog, statement, user};

/// Calls `each` with the bytes of every value of a column of one of the types, and of every element of a column of arrays of it.
/// NULL is left out. The table is read in its owner's name, under `settings`.
///
/// Errors: NULL, 22004; not the owner, 42501; no such table, 42P01; no such column, 42703; the column is of another type,
/// 42804; those of `each`.
pub fn scan(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    settings: fn() -> BatchSettings,
    mut each: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let table = given(table, "table")?.oid();
    let column = given(column, "column")?.exact()?;
    let _in_their_name = user::as_owner(table)?;
    let _settings = settings();
    let query = query(table, &column)?;
    // The type of the rows so far, which is this one.
    let mut of_type = None;
    statement::scan(&query, &[], |row| {
        match bytes_of_row(row, 1, &mut of_type)? {
            Some(value) => each(value),
            None => Ok(()),
        }
    })
}

fn query(table: Oid, column: &str) -> Result<String> {
    let (name, from) = (quote_identifier(column), user::full_name(table)?);
    let of_values = format!("SELECT t.{name} FROM {from} AS t");
    // Where there is no such column, PostgreSQL says so. An empty one is of some type, too.
    let Some(the_type) = catalog::type_of_column(table, column) else {
        return Ok(of_values);
    };
    if data_type_of(the_type).is_some() {
        return Ok(of_values);
    }
    let is_array =
        catalog::element_type(the_type).is_some_and(|element| data_type_of(element).is_some());
    is_array.then_some(()).ok_or(Error::NotEncrypted)?;
    Ok(format!(
        "SELECT e.value FROM {from} AS t CROSS JOIN LATERAL pg_catalog.unnest(t.{name}) AS e (value)"
    ))
}
