//! What is stored of a plain text, and what of it can be had back.

use phone_crypt_core::crypto::Kind;
use phone_crypt_core::phone::{self, E164, PhoneError, Regions};

use super::registry::{Column, HashKind};
pub use crate::cipher::Hash;
use crate::cipher::{self, Destination, with_scratch};
use crate::error::{Error, Result};
use crate::regions::{with_default, with_list};

/// What the columns hold for one number. All of it is ASCII.
#[derive(Debug, Default)]
pub struct Stored {
    /// The encrypted number.
    pub encrypted: Option<Vec<u8>>,
    /// Its hashes.
    pub hashes: Hashes,
    /// The encrypted original, where the number does not say it all.
    pub raw: Option<Vec<u8>>,
}

/// The hashes of one number.
#[derive(Debug, Default, Clone, Copy)]
pub struct Hashes {
    /// Under the column's key and scheme.
    pub present: Option<Hash>,
    /// Under the coming ones, while they are being changed.
    pub next: Option<Hash>,
}

/// What a plain text was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A phone number.
    Number(E164),
    /// A phone number with an extension, which E.164 has no place for.
    WithExtension(E164),
    /// A phone number among words, such as "fax" or a name.
    WithText(E164),
    /// No phone number.
    Other,
}

impl Reading {
    /// The number, if there is one.
    pub fn number(self) -> Option<E164> {
        match self {
            Reading::Number(number)
            | Reading::WithExtension(number)
            | Reading::WithText(number) => Some(number),
            Reading::Other => None,
        }
    }

    /// Whether the original has to be kept beside the number.
    pub fn needs_raw(self, column: &Column) -> bool {
        column.keep_original || !matches!(self, Reading::Number(_))
    }
}

/// Reads a plain text under the column's regions.
pub fn read(column: &Column, plain: &str) -> Result<Reading> {
    read_text(plain, column.regions.as_deref())
}

/// Reads a plain text under a list of regions, or the setting's.
///
/// Errors: an unknown region, 22023.
pub fn read_text(plain: &str, regions: Option<&str>) -> Result<Reading> {
    let use_regions = |regions: &Regions| Ok(read_under(plain, regions));
    match regions {
        Some(list) => with_list(list, use_regions),
        None => with_default(use_regions),
    }
}

fn read_under(plain: &str, regions: &Regions) -> Reading {
    if phone::is_e164(plain.as_bytes())
        && let Ok(number) = phone::normalize(plain, regions)
    {
        return Reading::Number(number);
    }
    let parsed: std::result::Result<_, PhoneError> = phone::parse(plain, regions);
    match parsed {
        Ok(parsed) if parsed.has_extension() => Reading::WithExtension(parsed.e164()),
        // The parser skips words before a number. They may be all there is to say whose it is.
        Ok(parsed) if plain.chars().any(char::is_alphabetic) => Reading::WithText(parsed.e164()),
        Ok(parsed) => Reading::Number(parsed.e164()),
        Err(_) => Reading::Other,
    }
}

/// What is stored of a plain text under a value's context.
///
/// Errors: no key, or a ring that differs from the pin, 55000; the hash's key is not configured, 55000; no
/// randomness, 58000.
pub fn store(column: &Column, plain: &str, reading: Reading, context: &[u8]) -> Result<Stored> {
    let mut stored = Stored::default();
    if let Some(number) = reading.number() {
        stored.encrypted = Some(encrypt(Kind::Phone, number.as_bytes(), context)?);
        stored.hashes = hashes(column, number.as_bytes())?;
    }
    if reading.needs_raw(column) {
        stored.raw = Some(encrypt(Kind::Text, plain.as_bytes(), context)?);
    }
    Ok(stored)
}

/// Encrypts under the primary key.
pub fn encrypt(kind: Kind, plain: &[u8], context: &[u8]) -> Result<Vec<u8>> {
    let mut value = Vec::with_capacity(176);
    cipher::seal(kind, plain, context, &mut value)?;
    Ok(value)
}

/// The hashes of an E.164 number as the registry has them.
///
/// Errors: a key that is not configured, 55000; a context under scheme raw, 22023.
pub fn hashes(column: &Column, number: &[u8]) -> Result<Hashes> {
    let hash = |kind| hash_of_kind(column, kind, number);
    Ok(Hashes {
        present: Some(hash(column.hash_kind)?),
        next: match column.next {
            Some((_, kind)) => Some(hash(kind)?),
            None => None,
        },
    })
}

fn hash_of_kind(column: &Column, kind: HashKind, number: &[u8]) -> Result<Hash> {
    cipher::hash_under(
        kind.key_id,
        kind.scheme,
        number,
        column.hash_context.as_bytes(),
    )
}

/// Calls `use_number` with the number in an encrypted value. Nothing of it stays in memory.
///
/// Errors: as `phone_decrypt`.
pub fn with_number<T>(
    encrypted: &[u8],
    context: &str,
    use_number: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    with_scratch(|plain| {
        cipher::open_phone(encrypted, context.as_bytes(), Destination::Server, plain)?;
        use_number(plain)
    })
}

/// Whether an encrypted value holds this number under this context. A value that cannot be read does not.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn holds_number(encrypted: &[u8], context: &str, number: E164) -> Result<bool> {
    no_fault(with_number(encrypted, context, |plain| {
        Ok(plain == number.as_bytes())
    }))
}

/// Whether a raw value holds this text under this context.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn holds_text(raw: &[u8], context: &str, text: &str) -> Result<bool> {
    no_fault(with_text(
        raw,
        context,
        |plain| Ok(plain == text.as_bytes()),
    ))
}

/// Calls `use_text` with the original in a raw value.
///
/// Errors: as `phone_decrypt_raw`.
pub fn with_text<T>(
    raw: &[u8],
    context: &str,
    use_text: impl FnOnce(&[u8]) -> Result<T>,
) -> Result<T> {
    with_scratch(|plain| {
        cipher::open(
            Kind::Text,
            raw,
            context.as_bytes(),
            Destination::Server,
            plain,
        )?;
        use_text(plain)
    })
}

fn no_fault(answer: Result<bool>) -> Result<bool> {
    match answer {
        Err(error) if error.is_fault_of_the_value() => Ok(false),
        other => other,
    }
}

/// What a value is bound to: the column's context, and where there is a context column, 0x1F and its value.
pub fn context_of(column: &Column, value: Option<&str>) -> Result<String> {
    match (&column.context_column, value) {
        (None, _) => Ok(column.context.clone()),
        (Some(_), Some(value)) => Ok(format!("{}\u{1f}{value}", column.context)),
        (Some(_), None) => Err(Error::NullContext),
    }
}
