//! Where this database keeps its rate limits.

use phone_crypt_core::ratelimit::Owner;
use std::cell::Cell;

use super::memory;
use crate::pg::Oid;
use crate::pg::cached_table::CachedTable;
use crate::pg::{process, relation};
use crate::ratelimit::error::{Error, Result};
use crate::settings::SCHEMA;

/// The state of rate limits: only where it is is remembered, never its rows.
pub(super) static RATE_LIMITS: CachedTable = CachedTable::new(SCHEMA, c"rate_limits");

/// `phone_crypt.rate_limits` of this database.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The table.
    pub table: Oid,
    /// Its primary key.
    pub index: Oid,
    /// Who owns it: writing is done in their name.
    pub owner: Oid,
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
    if RATE_LIMITS.is_valid()
        && let Some(place) = PLACE.get()
    {
        return Ok(place);
    }
    let table = RATE_LIMITS.watch().ok_or(Error::NoRateLimits)?;
    // Before the look-up: a change that arrives meanwhile makes it be done again.
    RATE_LIMITS.mark_valid();
    let index = relation::primary_key(table);
    let (owner, _) = relation::owner_and_name(table);
    let slots = match memory::is_there() {
        true => Some(memory::owner(process::database(), table)?),
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
