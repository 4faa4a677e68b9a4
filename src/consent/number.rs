//! The number that a function of this slice is asked about.

use phone_crypt_core::crypto::encrypted_phone::{PROBE_LEN, Plain};

use crate::cipher::stats::Operation;
use crate::cipher::{self, Destination};
use crate::consent::error::{Error, Result};
use crate::encrypted_type::Value;
use crate::pg::text::Text;
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;

/// What rows of a number are found by, under every configured key.
pub struct Probes(Vec<[u8; PROBE_LEN]>);

impl Probes {
    /// Those of an E.164 number.
    ///
    /// Errors: no key, or a ring that differs from the pin, 55000.
    pub fn of_e164(e164: &[u8]) -> Result<Probes> {
        Ok(Probes(cipher::every_probe(&Plain::Number(e164))?))
    }

    /// Those of the number in a text.
    ///
    /// Errors: not a phone number, or an unknown region, 22023; no key, or keys or default regions that differ from the
    /// pin, 55000.
    pub fn of_text(phone: Text<'_>, regions: &Chosen<'_>) -> Result<Probes> {
        with_e164(phone, regions, Operation::Hash, Probes::of_e164)
    }

    /// Those of the number in a value.
    ///
    /// Errors: as [`with_number`].
    pub fn of_value(value: Value<'_>) -> Result<Probes> {
        with_number(value, Probes::of_e164)
    }

    /// Each as bytes.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|probe| probe.as_slice())
    }
}

/// Calls `use_number` with the E.164 number in a value.
///
/// Errors: text that is no number, 22023; malformed, 22P02; not authentic, 22000; a key that is not configured, or a ring
/// that differs from the pin, 55000; those of `use_number`.
pub fn with_number<T>(value: Value<'_>, use_number: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
    cipher::open_typed(value.bytes(), Destination::Server, |plain| match plain {
        Plain::Number(e164) | Plain::Written { e164, .. } => use_number(e164),
        _ => Err(Error::NotANumber),
    })
}
