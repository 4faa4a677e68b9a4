//! The tables of this slice: where they are, and how rows are found by number.

use std::cell::Cell;

use crate::consent::error::{Error, Result};
use crate::encrypted_type::KeyColumn;
use crate::pg::Oid;
use crate::pg::cached_table::CachedTable;
use crate::settings::SCHEMA;

/// A table whose primary key begins with a number.
pub struct OwnTable {
    name: &'static str,
    cached: &'static CachedTable,
    key: &'static std::thread::LocalKey<Cell<Option<KeyColumn>>>,
}

static EVENTS_CACHED: CachedTable = CachedTable::new(SCHEMA, c"consent_events");
static SUPPRESSED_CACHED: CachedTable = CachedTable::new(SCHEMA, c"suppressed_phones");

thread_local! {
    static EVENTS_KEY: Cell<Option<KeyColumn>> = const { Cell::new(None) };
    static SUPPRESSED_KEY: Cell<Option<KeyColumn>> = const { Cell::new(None) };
}

/// What people have agreed to.
pub static EVENTS: OwnTable = OwnTable {
    name: "consent_events",
    cached: &EVENTS_CACHED,
    key: &EVENTS_KEY,
};

/// Who must not be called or texted.
pub static SUPPRESSED: OwnTable = OwnTable {
    name: "suppressed_phones",
    cached: &SUPPRESSED_CACHED,
    key: &SUPPRESSED_KEY,
};

/// All of them. Their column of numbers is called `phone`.
pub static OWN_TABLES: [&OwnTable; 2] = [&EVENTS, &SUPPRESSED];

impl OwnTable {
    /// The table of this name.
    ///
    /// Errors: another name, 22023.
    pub fn of_name(name: &str) -> Result<&'static OwnTable> {
        OWN_TABLES
            .into_iter()
            .find(|table| table.name == name)
            .ok_or(Error::UnknownTable)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its oid; None where it does not exist.
    pub fn find(&self) -> Option<Oid> {
        self.key().is_ok().then(|| self.cached.oid())
    }

    /// How rows are found by number.
    ///
    /// Errors: it does not exist, 55000.
    pub fn key(&self) -> Result<KeyColumn> {
        if !self.cached.is_valid() {
            let table = self.cached.watch().ok_or(Error::NoTable(self.name))?;
            // Before the look-up: a change that arrives meanwhile makes it be done again.
            self.cached.mark_valid();
            self.key.set(KeyColumn::of_primary_key(table));
        }
        self.key.get().ok_or(Error::NoTable(self.name))
    }
}
