//! What happened, as whoever saw it tells it.

use phone_crypt_core::audit::{Class, Field, label};

use crate::pg::{Oid, relation};

/// An event. Who did it, and when, is added when it is recorded.
///
/// Nothing in it may be a phone number, the hash of one, a token, a secret or a key: what it is about is named by table and
/// count. Names that somebody chose go through [`Event::name`], which leaves out what may be one of those.
#[derive(Debug, Clone)]
pub struct Event {
    pub(super) class: Class,
    pub(super) event: &'static str,
    pub(super) fields: Vec<(&'static str, Field)>,
}

/// A table's name with its schema; its oid where the name may be what does not belong in a record. In a transaction.
pub(super) fn table_label(table: Oid) -> String {
    let name = relation::schema_and_name(table).map(|(schema, name)| format!("{schema}.{name}"));
    let name = name.as_deref().and_then(label).map(str::to_owned);
    name.unwrap_or_else(|| table.to_u32().to_string())
}

/// What stands for a name that is left out.
const WITHHELD: &str = "(withheld)";

impl Event {
    /// An event of this name.
    pub fn new(class: Class, event: &'static str) -> Event {
        Event {
            class,
            event,
            fields: Vec::new(),
        }
    }

    /// Adds a word of our own.
    pub fn word(self, field: &'static str, word: &str) -> Event {
        self.with(field, Field::Text(word.to_owned()))
    }

    /// Adds words of our own.
    pub fn words(self, field: &'static str, words: Vec<String>) -> Event {
        self.with(field, Field::List(words))
    }

    /// Adds a number.
    pub fn number(self, field: &'static str, number: i64) -> Event {
        self.with(field, Field::Number(number))
    }

    /// Adds a truth.
    pub fn flag(self, field: &'static str, flag: bool) -> Event {
        self.with(field, Field::Flag(flag))
    }

    /// Adds a name that somebody chose, unless it may be what does not belong here.
    pub fn name(self, field: &'static str, name: &str) -> Event {
        let name = label(name).unwrap_or(WITHHELD);
        self.with(field, Field::Text(name.to_owned()))
    }

    /// Adds a table: its name, or its oid where the name is left out.
    pub fn table(self, table: Oid) -> Event {
        self.with("table", Field::Text(table_label(table)))
    }

    fn with(mut self, field: &'static str, value: Field) -> Event {
        self.fields.push((field, value));
        self
    }
}
