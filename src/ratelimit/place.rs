//! Where this database keeps its rate limits.

use pgrx::pg_sys;
use phone_crypt_core::ratelimit::Owner;
use std::cell::Cell;

use super::memory;
use crate::error::{Error, Result};
use crate::tables::RATE_LIMITS;

/// `phone_crypt.rate_limits` of this database.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The table.
    pub table: pg_sys::Oid,
    /// Its primary key.
    pub index: pg_sys::Oid,
    /// Who owns it: writing is done in their name.
    pub owner: pg_sys::Oid,
    /// Whose slots are ours; `None` without shared memory.
    pub slots: Option<Owner>,
}

thread_local! {
    static PLACE: Cell<Option<Place>> = const { Cell::new(None) };
}

/// The place, looked up once and again when the table changes.
///
/// Errors: no such table, 55000; more databases than the memory engine has room for, 53400.
pub fn place() -> Result<Place> {
    if RATE_LIMITS.holds()
        && let Some(place) = PLACE.get()
    {
        return Ok(place);
    }
    let table = RATE_LIMITS.watch().ok_or(Error::NoRateLimits)?;
    // Before the look-up: a change that arrives meanwhile makes it be done again.
    RATE_LIMITS.remember();
    let (index, owner) = index_and_owner(table);
    let slots = match memory::is_there() {
        // SAFETY: set once a backend is connected to its database.
        true => Some(memory::owner(unsafe { pg_sys::MyDatabaseId }, table)?),
        false => None,
    };
    let place = Place {
        table,
        index,
        owner,
        slots,
    };
    PLACE.set(Some(place));
    Ok(place)
}

fn index_and_owner(table: pg_sys::Oid) -> (pg_sys::Oid, pg_sys::Oid) {
    // SAFETY: the relation stays open while its fields are read.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as i32);
        #[cfg(not(feature = "pg18"))]
        let index = pg_sys::RelationGetPrimaryKeyIndex(relation);
        #[cfg(feature = "pg18")]
        let index = pg_sys::RelationGetPrimaryKeyIndex(relation, false);
        let owner = (*(*relation).rd_rel).relowner;
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
        (index, owner)
    }
}
