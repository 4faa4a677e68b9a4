//! The table of rate limits of this database.

use std::cell::Cell;

use super::error::{Error, Result};
use crate::pg::Oid;
use crate::pg::cached_table::CachedTable;
use crate::pg::relation;
use crate::settings::SCHEMA;

/// The state of rate limits: only where it is is remembered, never its rows.
pub static RATE_LIMITS: CachedTable = CachedTable::new(SCHEMA, c"rate_limits");

/// `phone_crypt.rate_limits` of this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateTable {
    /// The table.
    pub oid: Oid,
    /// Its primary key.
    pub index: Oid,
    /// Who owns it: writing is done in their name.
    pub owner: Oid,
}

thread_local! {
    static FOUND: Cell<Option<StateTable>> = const { Cell::new(None) };
}

/// The table, looked up once and again when it changes.
///
/// Errors: no such table, 55000.
pub fn state_table() -> Result<StateTable> {
    if RATE_LIMITS.is_valid()
        && let Some(table) = FOUND.get()
    {
        return Ok(table);
    }
    let oid = RATE_LIMITS.watch().ok_or(Error::NoRateLimits)?;
    // Before the look-up: a change that arrives meanwhile makes it be done again.
    RATE_LIMITS.mark_valid();
    let (owner, _) = relation::owner_and_name(oid);
    let table = StateTable {
        oid,
        index: relation::primary_key(oid),
        owner,
    };
    FOUND.set(Some(table));
    Ok(table)
}
