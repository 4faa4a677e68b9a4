//! Where this database keeps its rate limits: the table, and slots in shared memory.

use phone_crypt_core::ratelimit::Owner;
use std::cell::Cell;
use std::ops::Deref;

use super::memory;
use super::state::error::Result;
use super::state::state_table::{StateTable, state_table};
use crate::pg::process;

/// The table, and whose slots are this database's.
#[derive(Debug, Clone, Copy)]
pub struct Storage {
    table: StateTable,
    /// `None` without shared memory.
    pub slots: Option<Owner>,
}

impl Deref for Storage {
    type Target = StateTable;
    fn deref(&self) -> &StateTable {
        &self.table
    }
}

thread_local! {
    static FOUND: Cell<Option<Storage>> = const { Cell::new(None) };
}

/// The storage, looked up once and again when the table changes.
///
/// Errors: no such table, 55000; more databases than the memory engine has room for, 53400.
pub fn storage() -> Result<Storage> {
    let table = state_table()?;
    if let Some(found) = FOUND.get()
        && found.table == table
    {
        return Ok(found);
    }
    let slots = match memory::is_there() {
        true => Some(memory::owner(process::database(), table.oid)?),
        false => None,
    };
    let storage = Storage { table, slots };
    FOUND.set(Some(storage));
    Ok(storage)
}
