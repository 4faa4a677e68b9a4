//! What happens often is counted, and recorded once at the end of the transaction, whether that commits or not. Savepoints do
//! not matter.

use phone_crypt_core::crypto::KeyId;
use std::cell::RefCell;

use super::classes::is_audited;
use super::entry::{Counted, Entry};
use super::{memo, record, table_names, who};
use crate::pg::{Oid, executed_tables, unguarded};

/// Different counts that a transaction may have. What comes later is counted with the same on other tables, or else among the
/// last.
const MAX_ENTRIES: usize = 32;

/// The counts of the transaction.
struct Counts {
    entries: Vec<Entry>,
    /// The entry that was counted last, which is mostly that of the next one; and of which change of the present tables it is.
    last: usize,
    changes: u64,
}

thread_local! {
    static COUNTS: RefCell<Counts> = const {
        RefCell::new(Counts { entries: Vec::new(), last: 0, changes: 0 })
    };
}

/// Counts one, if its class is audited. `key` is that of the value.
#[inline]
pub fn count(what: &Counted, key: Option<KeyId>) {
    if !is_audited(what.class) {
        return;
    }
    let role = unguarded::outer_user();
    let is_counted = COUNTS.with_borrow_mut(|counts| {
        let last = counts.entries.get_mut(counts.last);
        let has_same_tables = counts.changes == executed_tables::changes();
        let entry = last.filter(|entry| has_same_tables && entry.is_anywhere(what, role));
        entry.map(|entry| entry.note(key)).is_some()
    });
    if !is_counted {
        count_other(what, role, key);
    }
}

#[cold]
fn count_other(what: &Counted, role: Oid, key: Option<KeyId>) {
    let changes = executed_tables::changes();
    let tables = what.tables();
    let found = COUNTS.with_borrow(|counts| {
        let entries = &counts.entries;
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
    COUNTS.with_borrow_mut(|counts| {
        let at = found.unwrap_or(counts.entries.len());
        if at == counts.entries.len() {
            counts.entries.push(Entry::new(*what, role, tables));
        }
        counts.entries[at].tell_of(&tables);
        counts.entries[at].note(key);
        counts.last = at;
        counts.changes = changes;
    });
}

/// Records what was counted, and counts anew.
pub fn record_all() {
    if COUNTS.with_borrow(|counts| counts.entries.is_empty()) {
        return;
    }
    let mut entries = COUNTS.with_borrow_mut(|counts| std::mem::take(&mut counts.entries));
    for entry in entries.drain(..) {
        let make = || record::text_of(record::with_who(entry.role, entry.event()));
        memo::with_text(&entry, make, |text| {
            record::put_text(entry.what.class, text)
        });
    }
    // Room for the next ones.
    COUNTS.with_borrow_mut(|counts| counts.entries = entries);
}
