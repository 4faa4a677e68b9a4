//! What happens often is counted, and recorded once at the end of the transaction, whether that commits or not. Savepoints do
//! not matter.

use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::KeyId;
use std::cell::{Cell, RefCell};

use super::classes::is_audited;
use super::event::Event;
use super::{memo, record, who};
use crate::pg::{Oid, unguarded};

/// What is counted: each is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The class.
    pub class: Class,
    /// The event.
    pub event: &'static str,
    /// A field, and a word of our own in it.
    pub detail: Option<(&'static str, &'static str)>,
}

/// Different counts that a transaction may have. What comes later is counted among the last.
const MAX_ENTRIES: usize = 32;
/// Different keys of one count.
const MAX_KEYS: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    what: Counted,
    pub(super) role: Oid,
    count: i64,
    keys: [Option<KeyId>; MAX_KEYS],
}

impl Entry {
    #[inline]
    fn is(&self, what: &Counted, role: Oid) -> bool {
        // Words of our own are the same text where they are at the same place, and mostly only then.
        let is_same =
            |one: &'static str, other: &'static str| std::ptr::eq(one, other) || one == other;
        let has_detail = match (&self.what.detail, &what.detail) {
            (None, None) => true,
            (Some(one), Some(other)) => is_same(one.1, other.1) && is_same(one.0, other.0),
            _ => false,
        };
        self.role == role && is_same(self.what.event, what.event) && has_detail
    }

    #[inline]
    fn note(&mut self, key: Option<KeyId>) {
        self.count = self.count.saturating_add(1);
        let Some(key) = key else { return };
        for known in &mut self.keys {
            match known {
                Some(known) if *known == key => return,
                Some(_) => {}
                None => {
                    *known = Some(key);
                    return;
                }
            }
        }
    }
}

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
    let is_counted = ENTRIES.with_borrow_mut(|entries| {
        let last = entries.get_mut(LAST.get());
        let entry = last.filter(|entry| entry.is(what, role));
        entry.map(|entry| entry.note(key)).is_some()
    });
    if !is_counted {
        count_other(what, role, key);
    }
}

#[cold]
fn count_other(what: &Counted, role: Oid, key: Option<KeyId>) {
    let found = ENTRIES.with_borrow(|entries| {
        let found = entries.iter().position(|entry| entry.is(what, role));
        found.or_else(|| (entries.len() >= MAX_ENTRIES).then_some(MAX_ENTRIES - 1))
    });
    if found.is_none() {
        // Looked up while that is possible; nothing is borrowed meanwhile.
        who::remember(role);
    }
    ENTRIES.with_borrow_mut(|entries| {
        let at = found.unwrap_or(entries.len());
        if at == entries.len() {
            entries.push(Entry {
                what: *what,
                role,
                count: 0,
                keys: [None; MAX_KEYS],
            });
        }
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

impl Entry {
    fn event(&self) -> Event {
        let mut event = Event::new(self.what.class, self.what.event).number("count", self.count);
        if let Some((field, word)) = self.what.detail {
            event = event.word(field, word);
        }
        let keys: Vec<String> = self.keys.iter().flatten().map(KeyId::to_string).collect();
        match keys.is_empty() {
            true => event,
            false => event.words("keys", keys),
        }
    }
}
