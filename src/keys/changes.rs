//! The trigger of the tables that backends remember. (Its `CREATE FUNCTION` stands in `sql/base/schema.sql`.)

use pgrx::pg_extern;

use crate::keys;
use crate::pg::Answer;
use crate::pg::FunctionCallInfo;
use crate::pg::PgError;
use crate::pg::cached_table;
use crate::pg::trigger_rows::{StoredRow, table_of_trigger};

/// `phone_crypt.announce_change()`: makes every backend read the table again.
///
/// Errors: called otherwise than as a trigger, 39P01.
#[pg_extern(sql = false)]
fn announce_change(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let table = table_of_trigger(fcinfo).ok_or(PgError::NotATrigger)?;
    cached_table::announce_change(table);
    keys::note_change(table);
    Ok(StoredRow::none())
}
