//! Records: what happened, as bytes that are the same wherever they are made.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, Serializer};

/// Bytes before the fields: the number and the time.
pub const HEAD: usize = 16;

/// The classes of what is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Who was let in or refused: tokens, webhooks, our own refusals.
    Auth,
    /// Values that were encrypted.
    Write,
    /// Numbers that were decrypted, shown or hashed.
    Read,
    /// Keys, pins, settings, migrations, rotations, erasure; what the log says of itself.
    Admin,
    /// Rate limits: blocks, lists, policies, denials.
    Limit,
}

/// Every class, in the order of their bits.
const ALL: [Class; 5] = [
    Class::Auth,
    Class::Write,
    Class::Read,
    Class::Admin,
    Class::Limit,
];

impl Class {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Auth => "auth",
            Class::Write => "write",
            Class::Read => "read",
            Class::Admin => "admin",
            Class::Limit => "limit",
        }
    }

    /// The class of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Class> {
        ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// The classes that a setting names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u8);

/// The text names no classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list of classes is none, all, or some of: auth, write, read, admin, limit")]
pub struct ClassesError;

impl Classes {
    /// None of them.
    pub const NONE: Classes = Classes(0);

    /// Reads `none`, `all`, or names with commas between them, in any case.
    ///
    /// # Errors
    /// Any other text.
    pub fn parse(text: &str) -> Result<Classes, ClassesError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "none" => Ok(Classes(0)),
            "all" => Ok(Classes::of(&ALL)),
            names => {
                let classes = names.split(',').map(|name| Class::of(name.trim()));
                let classes: Option<Vec<Class>> = classes.collect();
                Ok(Classes::of(&classes.ok_or(ClassesError)?))
            }
        }
    }

    /// As a number, for who keeps them in one.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The classes of [`bits`](Classes::bits).
    #[must_use]
    pub fn of_bits(bits: u8) -> Classes {
        Classes(bits)
    }

    fn of(classes: &[Class]) -> Classes {
        let bit = |bits, class: &Class| bits | 1 << *class as u8;
        Classes(classes.iter().fold(0, bit))
    }

    /// Whether a class is among them.
    #[must_use]
    pub fn contains(self, class: Class) -> bool {
        self.0 & 1 << class as u8 != 0
    }
}

/// What a field of a record may be. There are no numbers with fractions, which are written in more than one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// Texts.
    List(Vec<String>),
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Field::Text(text) => text.serialize(serializer),
            Field::Number(number) => number.serialize(serializer),
            Field::Flag(flag) => flag.serialize(serializer),
            Field::List(texts) => texts.serialize(serializer),
        }
    }
}

/// Class, event and fields as one JSON object: names in their byte order, no spaces. A field cannot be named `class` or
/// `event`: those are what they are.
#[must_use]
pub fn fields_json(class: Class, event: &str, fields: &[(&str, Field)]) -> Vec<u8> {
    let mut members: BTreeMap<&str, Field> = fields.iter().cloned().collect();
    members.insert("class", Field::Text(class.as_str().to_owned()));
    members.insert("event", Field::Text(event.to_owned()));
    serde_json::to_vec(&members).unwrap_or_default()
}

/// A record that has its number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its number: the index of its leaf.
    pub seq: u64,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// What [`fields_json`] gives.
    pub fields: &'a [u8],
}

/// The bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no record")]
pub struct RecordError;

impl<'a> Record<'a> {
    /// The canonical bytes: number and time, 8 bytes each with the highest first, then the fields.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + self.fields.len());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.time_us.to_be_bytes());
        bytes.extend_from_slice(self.fields);
        bytes
    }

    /// Takes canonical bytes apart.
    ///
    /// # Errors
    /// Too few of them.
    pub fn parse(bytes: &'a [u8]) -> Result<Record<'a>, RecordError> {
        let (seq, rest) = bytes.split_first_chunk().ok_or(RecordError)?;
        let (time, fields) = rest.split_first_chunk().ok_or(RecordError)?;
        Ok(Record {
            seq: u64::from_be_bytes(*seq),
            time_us: i64::from_be_bytes(*time),
            fields,
        })
    }

    /// A field; none where the record has none of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<serde_json::Value> {
        let fields: serde_json::Value = serde_json::from_slice(self.fields).ok()?;
        fields.get(name).cloned()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({} at {})", self.seq, self.time_us)
    }
}
