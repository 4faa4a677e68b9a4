//! The way back: the live state is written into a table of the earlier application's form.

use pgrx::pg_sys;

use super::earlier_table::EarlierTable;
use crate::batch_settings::BatchSettings;
use crate::error::Result;
use crate::owner::as_owner;

/// Writes every row of a view with the five columns into the table, over what it has of these keys.
///
/// Errors: not the table's owner, 42501; not such a table or view, 55000.
pub fn take_back(table: pg_sys::Oid, view: pg_sys::Oid) -> Result<()> {
    let in_their_name = as_owner(table)?;
    let _settings = BatchSettings::apply();
    in_their_name.fire_deferred_triggers_at_once();
    EarlierTable::of(table)?.write_all_of(&EarlierTable::of(view)?);
    Ok(())
}
