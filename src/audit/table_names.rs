//! Names of tables that were looked up, for when nothing can be looked up any more.

use std::cell::{Cell, RefCell};

use super::event::table_label;
use crate::pg::executed_tables::Tables;
use crate::pg::{Oid, relation, transaction};

/// Names that are remembered.
const REMEMBERED: usize = 64;

thread_local! {
    /// The generation of relations that the names are of.
    static GENERATION: Cell<u64> = const { Cell::new(0) };
    static NAMES: RefCell<Vec<(Oid, String)>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the names of tables, until some relation changes. In a transaction.
pub fn remember(tables: &Tables) {
    // Taken before the look-up: what changes meanwhile is looked up again.
    let generation = relation::names_generation();
    let is_full = NAMES.with_borrow(Vec::len) > REMEMBERED;
    if GENERATION.replace(generation) != generation || is_full {
        NAMES.with_borrow_mut(Vec::clear);
    }
    for table in tables.oids() {
        if known(table).is_none() {
            // Nothing is borrowed while it is looked up.
            let name = table_label(table);
            NAMES.with_borrow_mut(|names| names.push((table, name)));
        }
    }
}

/// The names of tables: those that were remembered; else they are looked up where that is possible, or are oids.
pub fn of(tables: &Tables) -> Vec<String> {
    let name = |table: Oid| {
        known(table).unwrap_or_else(|| match transaction::is_in_progress() {
            true => table_label(table),
            false => table.to_u32().to_string(),
        })
    };
    tables.oids().map(name).collect()
}

/// Whether the names of all of them are remembered.
pub fn are_known(tables: &Tables) -> bool {
    NAMES.with_borrow(|names| {
        let is_known = |table| names.iter().any(|(known, _)| *known == table);
        tables.oids().all(is_known)
    })
}

fn known(table: Oid) -> Option<String> {
    NAMES.with_borrow(|names| {
        let found = names.iter().find(|(known, _)| *known == table);
        found.map(|(_, name)| name.clone())
    })
}
