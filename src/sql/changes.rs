//! The trigger of the tables that backends remember. (Its `CREATE FUNCTION` stands in `sql/base/schema.sql`.)

use pgrx::{pg_extern, pg_sys};

use crate::columns::row::{StoredRow, table_of_trigger};
use crate::error::{Answer, Error};
use crate::tables;

/// `phone_crypt.announce_change()`: makes every backend read the table again.
///
/// Errors: called otherwise than as a trigger, 39P01.
#[pg_extern(sql = false)]
fn announce_change(fcinfo: pg_sys::FunctionCallInfo) -> Answer<StoredRow> {
    let table = table_of_trigger(fcinfo).ok_or(Error::NotATrigger)?;
    tables::announce_change(table);
    Ok(StoredRow::none())
}
