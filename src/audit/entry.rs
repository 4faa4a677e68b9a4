//! A count of a transaction, on its way to a record.

use phone_crypt_core::audit::Class;
use phone_crypt_core::crypto::KeyId;

use super::event::Event;
use super::table_names;
use crate::pg::Oid;
use crate::pg::executed_tables::{self, Tables};

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

/// Different keys of one count.
const MAX_KEYS: usize = 4;

impl Counted {
    /// The tables of the statement that it is counted in. A refusal is of the session, not of what it would have read.
    #[inline]
    pub(super) fn tables(&self) -> Tables {
        match self.class {
            Class::Read | Class::Write => executed_tables::present(),
            _ => Tables::NONE,
        }
    }
}

/// So many of one kind, in one role's name, in statements on the same tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) what: Counted,
    pub(super) role: Oid,
    pub(super) tables: Tables,
    count: i64,
    keys: [Option<KeyId>; MAX_KEYS],
}

impl Entry {
    /// None yet.
    pub(super) fn new(what: Counted, role: Oid, tables: Tables) -> Entry {
        Entry {
            what,
            role,
            tables,
            count: 0,
            keys: [None; MAX_KEYS],
        }
    }

    /// Whether it counts this.
    #[inline]
    pub(super) fn is(&self, what: &Counted, role: Oid, tables: &Tables) -> bool {
        self.tables == *tables && self.is_anywhere(what, role)
    }

    /// Whether it counts this, be it on other tables.
    #[inline]
    pub(super) fn is_anywhere(&self, what: &Counted, role: Oid) -> bool {
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

    /// What it counts next is on these tables. Where those are others, it is not known any more which.
    pub(super) fn tell_of(&mut self, tables: &Tables) {
        if self.tables != *tables {
            self.tables = Tables::NONE;
        }
    }

    /// One more, under this key.
    #[inline]
    pub(super) fn note(&mut self, key: Option<KeyId>) {
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

    /// The event of the record.
    pub(super) fn event(&self) -> Event {
        let mut event = Event::new(self.what.class, self.what.event).number("count", self.count);
        if let Some((field, word)) = self.what.detail {
            event = event.word(field, word);
        }
        if self.tables != Tables::NONE {
            event = event.words("tables", table_names::of(&self.tables));
        }
        if self.tables.is_cut() {
            event = event.flag("cut", true);
        }
        let keys: Vec<String> = self.keys.iter().flatten().map(KeyId::to_string).collect();
        match keys.is_empty() {
            true => event,
            false => event.words("keys", keys),
        }
    }
}
