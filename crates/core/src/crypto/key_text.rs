//! A key as an administrator writes it, and the rules it must keep.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::primitives::hex;

/// The shortest key, in characters.
const MIN_LEN: usize = 32;
/// This many hex digits stand for 32 bytes.
const HEX_LEN: usize = 64;
/// Fewer distinct characters than this are no random key.
const MIN_DISTINCT: usize = 10;

/// The example from the legacy system's manual, which people paste without reading.
const SAMPLE: &str = "your-secure-encryption-key-here-make-it-long-and-random";
const DEVELOPMENT: &str = "phone_crypt development key: public, never for production";

/// What a server is for. It decides whether a weak or public key is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Real data: weak and public keys are refused.
    Production,
    /// A try-out: any well-formed key will do.
    Development,
}

/// Why a key text is refused. No message carries any part of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Fewer than 32 characters.
    #[error("a key needs at least 32 characters")]
    TooShort,
    /// A character outside 0x20–0x7E.
    #[error("a key may hold printable ASCII characters only")]
    NotPrintableAscii,
    /// A space at either end, which is lost too easily in a file or a shell.
    #[error("a key may not begin or end with a space")]
    OuterSpace,
    /// Only hex digits, in an odd number.
    #[error("a key of hexadecimal digits has an odd number of them: it has probably been cut off")]
    OddHex,
    /// Fewer than 10 distinct characters, in production.
    #[error("a key needs at least 10 distinct characters")]
    TooFewDistinct,
    /// The manual's example, in production.
    #[error("this key is the example from the manual, which everybody knows")]
    Sample,
    /// The development key, in production.
    #[error("this key is the public development key, which is not for production")]
    Development,
    /// A list that holds one key twice.
    #[error("a key is given twice")]
    Repeated,
}

/// A key text of valid form. Wiped on drop; its `Debug` form shows nothing of it.
///
/// 64 hex digits, in either case, stand for their 32 bytes; any other text stands for its own bytes.
#[derive(Clone)]
pub struct KeyText {
    written: Zeroizing<String>,
    decoded: Option<Zeroizing<[u8; HEX_LEN / 2]>>,
}

impl KeyText {
    /// Takes a key text, looking at its form only.
    ///
    /// # Errors
    /// [`KeyError::TooShort`], [`KeyError::NotPrintableAscii`], [`KeyError::OuterSpace`],
    /// [`KeyError::OddHex`].
    pub fn parse(text: &str) -> Result<KeyText, KeyError> {
        if !text.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
            return Err(KeyError::NotPrintableAscii);
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return Err(KeyError::OuterSpace);
        }
        if text.len() < MIN_LEN {
            return Err(KeyError::TooShort);
        }
        if !text.len().is_multiple_of(2) && hex::is_hex(text.as_bytes()) {
            return Err(KeyError::OddHex);
        }
        Ok(KeyText::of_valid_form(text))
    }

    fn of_valid_form(text: &str) -> KeyText {
        let mut bytes = Zeroizing::new([0; HEX_LEN / 2]);
        let is_hex_key = hex::decode(text.as_bytes(), bytes.as_mut_slice());
        KeyText {
            written: Zeroizing::new(text.to_owned()),
            decoded: is_hex_key.then_some(bytes),
        }
    }

    /// The public key that stands in when a development server has none of its own.
    #[must_use]
    pub fn development() -> KeyText {
        KeyText::of_valid_form(DEVELOPMENT)
    }

    /// Refuses, in production, what cannot protect anything.
    ///
    /// # Errors
    /// [`KeyError::TooFewDistinct`], [`KeyError::Sample`], [`KeyError::Development`].
    pub fn check_strength(&self, environment: Environment) -> Result<(), KeyError> {
        match (environment, self.written.as_str()) {
            (Environment::Development, _) => Ok(()),
            (Environment::Production, SAMPLE) => Err(KeyError::Sample),
            (Environment::Production, DEVELOPMENT) => Err(KeyError::Development),
            (Environment::Production, written) if distinct_bytes(written) < MIN_DISTINCT => {
                Err(KeyError::TooFewDistinct)
            }
            (Environment::Production, _) => Ok(()),
        }
    }

    /// The key's bytes, from which its subkeys are derived.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.decoded()
            .map_or(self.written.as_bytes(), <[u8; 32]>::as_slice)
    }

    /// The 32 bytes that 64 hex digits stand for; None for a key of any other form.
    #[must_use]
    pub fn decoded(&self) -> Option<&[u8; 32]> {
        self.decoded.as_deref()
    }

    /// The text as it was written. The legacy system keyed its hashes with this.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// Whether both stand for the same bytes, compared in constant time.
    #[must_use]
    pub fn is_same_key(&self, other: &KeyText) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

fn distinct_bytes(text: &str) -> usize {
    let mut seen = [false; 256];
    for byte in text.bytes() {
        seen[usize::from(byte)] = true;
    }
    seen.into_iter().filter(|seen| *seen).count()
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}
