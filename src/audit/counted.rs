//! What happens often is counted, and recorded once at the end of the transaction, whether that commits or not. Savepoints do
//! not matter.

use phone_crypt_core::crypto::KeyId;
use std::cell::{Cell, RefCell};

use super::classes::is_audited;
use super::entry::{Counted, Entry};
use super::{memo, record, table_names, who};
use crate::pg::executed_tables::Tables;
use crate::pg::{Oid, unguarded};

/// Different counts that a transaction may have. What comes later is counted with the same on other tables, or else among the
/// last.
const MAX_ENTRIES: usize = 32;

thread_local! {
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    /// The entry that was counted last, which is mostly that of the next one.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// Counts one, if its class is audited. `key` is that of the value.
#[inline]
pub fn count(what: &Counted, key: Option<KeyId>) {
    if !is_audited(what.class) {
        return;
    }
    let role = unguarded::outer_user();
    let tables = what.tables();
    let is_counted = ENTRIES.with_borrow_mut(|entries| {
        let last = entries.get_mut(LAST.get());
        let entry = last.filter(|entry| entry.is(what, role, &tables));
        entry.map(|entry| entry.note(key)).is_some()
    });
    if !is_counted {
        count_other(what, role, tables, key);
    }
}

#[cold]
fn count_other(what: &Counted, role: Oid, tables: Tables, key: Option<KeyId>) {
    let found = ENTRIES.with_borrow(|entries| {
        let found = entries.iter().position(|it| it.is(what, role, &tables));
        if found.is_some() || entries.len() < MAX_ENTRIES {
            return found;
        }
        let similar = entries.iter().position(|it| it.is_anywhere(what, role));
        similar.or(Some(MAX_ENTRIES - 1))
    });
    if found.is_none() {
        // Looked up while that is possible; nothing is borrowed meanwhile.
        who::remember(role);
        table_names::remember(&tables);
    }
    ENTRIES.with_borrow_mut(|entries| {
        let at = found.unwrap_or(entries.len());
        if at == entries.len() {
            entries.push(Entry::new(*what, role, tables));
        }
        entries[at].tell_of(&tables);
        entries[at].note(key);
        LAST.set(at);
    });
}

/// Records what was counted, and counts anew.
pub fn record_all() {
    if ENTRIES.with_borrow(Vec::is_empty) {
        return;
    }
    let mut entries = ENTRIES.take();
    LAST.set(0);
    for entry in entries.drain(..) {
        let make = || record::text_of(record::with_who(entry.role, entry.event()));
        memo::with_text(&entry, make, |text| {
            record::put_text(entry.what.class, text)
        });
    }
    // Room for the next ones.
    ENTRIES.set(entries);
}
