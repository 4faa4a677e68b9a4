//! The way back: the live state is written into a table of the legacy application's form.

use super::table::LegacyTable;
use crate::legacy::error::Result;
use crate::pg::Oid;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::user::as_owner;

/// Writes every row of a view with the five columns into the table, over what it has of these keys.
///
/// Errors: not the table's owner, 42501; not such a table or view, 55000.
pub fn take_back(table: Oid, view: Oid) -> Result<()> {
    let in_their_name = as_owner(table)?;
    let _settings = BatchSettings::apply();
    statement::fire_deferred_triggers_at_once(&in_their_name);
    LegacyTable::of(table)?.write_all_of(&LegacyTable::of(view)?);
    Ok(())
}
