//! What the texts of a column are that is converted: plain text, or values that hold it.

use phone_crypt_core::crypto::encrypted_phone::{DataType, Plain};
use phone_crypt_core::crypto::primitives::hex;
use phone_crypt_core::crypto::{self, KeyId, Kind, LegacyError, LegacyScheme, ValueInfo};
use phone_crypt_core::phone::{self, UsPrefixRepair};

use crate::cipher::{self, Destination, LegacyKey, with_scratch};
use crate::conversion::error::{Error, Result};
use crate::encrypted_type::{self as typed, Keep};
use crate::keys::with_ring;
use crate::pg::text::Text;
use crate::phone::regions::{Chosen, with_default, with_list};

/// Digits before the colon of a value.
const IV_DIGITS: usize = 32;

/// What the column holds. A text that is no value is plain text in any case: the application may write it already.
pub enum Source {
    /// Plain text.
    Text,
    /// What `phone_encrypt` and `phone_encrypt_raw`, or `email_encrypt`, give, under this context.
    Value { context: Vec<u8> },
    /// Unauthenticated values of the legacy web application.
    Legacy {
        scheme: LegacyScheme,
        /// None for that of `legacy_key_id`.
        key_id: Option<KeyId>,
        /// None for those of the setting.
        regions: Option<String>,
    },
}

/// What came of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A number, or an address.
    Number,
    /// A number that the legacy application had put `+1` before.
    Repaired,
    /// Other text, kept as it is.
    Text,
}

impl Outcome {
    /// The name that it is counted under.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Number => "encrypted",
            Outcome::Repaired => "repaired",
            Outcome::Text => "kept_as_text",
        }
    }
}

impl Source {
    /// As the trigger of a conversion has it: `text`; `value` and the context in hexadecimal; `legacy`, the scheme, a key
    /// id or `-`, and regions or `-`.
    ///
    /// Errors: anything else, 22023.
    pub fn parse(text: &str) -> Result<Source> {
        let words: Vec<&str> = text.split(' ').collect();
        let source = match words[..] {
            ["text"] => Source::Text,
            ["value", context] => Source::Value {
                context: bytes(context).ok_or(Error::UnknownWork)?,
            },
            ["legacy", scheme, key_id, regions] => Source::Legacy {
                scheme: LegacyScheme::parse(scheme)?,
                key_id: given(key_id).map(str::parse).transpose()?,
                regions: given(regions).map(str::to_owned),
            },
            _ => return Err(Error::UnknownWork),
        };
        Ok(source)
    }

    /// Refuses a source whose key or regions are not there.
    ///
    /// Errors: a key that is not configured, keys or default regions that differ from the pin, 55000; an unknown region, 22023.
    pub fn check(&self) -> Result<()> {
        let (key_id, regions) = match self {
            Source::Text | Source::Value { .. } => (None, None),
            Source::Legacy {
                key_id, regions, ..
            } => (*key_id, regions.as_deref()),
        };
        with_ring(|ring| -> Result<()> {
            match key_id {
                Some(id) if ring.find(id).is_none() => Err(LegacyError::UnknownKey(id).into()),
                _ => Ok(()),
            }
        })?;
        match regions {
            Some(list) => with_list(list, |_| Ok(())),
            None => with_default(|_| Ok(())),
        }
    }

    /// Calls `use_value` with the bytes of the value of a type that a text becomes.
    ///
    /// Errors: as [`Source::with_plain`]; those of `use_value`.
    pub fn with_value<T>(
        &self,
        data_type: DataType,
        given: Text<'_>,
        keep: Keep,
        use_value: impl FnOnce(&[u8], Outcome) -> Result<T>,
    ) -> Result<T> {
        self.with_plain(data_type, given, |plain, original, outcome| {
            with_scratch(|value| {
                cipher::seal_typed(&typed::kept(*plain, original, keep), value)?;
                use_value(value, outcome)
            })
        })
    }

    /// Calls `use_value` with the bytes of the value of what a text says as such, even where it is a number.
    ///
    /// Errors: as [`Source::with_plain`]; those of `use_value`.
    pub fn with_text_value<T>(
        &self,
        data_type: DataType,
        given: Text<'_>,
        use_value: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        self.with_plain(data_type, given, |_, original, _| {
            with_scratch(|value| {
                cipher::seal_typed(&typed::as_text(data_type, original), value)?;
                use_value(value)
            })
        })
    }

    /// Whether nothing is lost where a text gives way to a value.
    ///
    /// Errors: as [`Source::with_plain`] and `cipher::open_typed`.
    pub fn is_held_by(&self, data_type: DataType, value: &[u8], given: Text<'_>) -> Result<bool> {
        self.with_plain(data_type, given, |wanted, original, _| {
            Ok(typed::says(value, wanted, original)?)
        })
    }

    /// What comes of a text.
    ///
    /// Errors: as [`Source::with_plain`].
    pub fn outcome(&self, data_type: DataType, given: Text<'_>) -> Result<Outcome> {
        self.with_plain(data_type, given, |_, _, outcome| Ok(outcome))
    }

    /// Calls `use_plain` with what a text means, and with the plain text.
    ///
    /// Errors: a legacy source of addresses, 22023; an encrypted value where plain text is expected, 22P02; a value that cannot be read, 22000 or 22P02; a key
    /// that is not configured, keys or default regions that differ from the pin, 55000; an unknown region, 22023.
    fn with_plain<T>(
        &self,
        data_type: DataType,
        given: Text<'_>,
        use_plain: impl FnOnce(&Plain<'_>, &str, Outcome) -> Result<T>,
    ) -> Result<T> {
        if data_type == DataType::Email && matches!(self, Source::Legacy { .. }) {
            return Err(Error::UnknownWork);
        }
        let is_plain = matches!(self, Source::Text) || !is_value(given.bytes());
        if is_plain {
            let original = &*given.exact()?;
            return typed::with_plain_of(data_type, given, &Chosen::Default, |plain| {
                use_plain(plain, original, outcome(plain))
            });
        }
        with_scratch(|opened| {
            self.open(data_type, given.bytes(), opened)?;
            let original = std::str::from_utf8(opened).map_err(|_| LegacyError::Undecryptable)?;
            match self {
                Source::Legacy { regions, .. } => {
                    with_us_prefix_repaired(original, regions.as_deref(), |plain, outcome| {
                        use_plain(plain, original, outcome)
                    })
                }
                _ => typed::with_meaning_of(data_type, original, |plain| {
                    use_plain(plain, original, outcome(plain))
                }),
            }
        })
    }

    fn open(
        &self,
        data_type: DataType,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> cipher::error::Result<()> {
        let info = crypto::inspect(value)?;
        match (self, info) {
            (
                Source::Value { context },
                ValueInfo::Current {
                    kind: Kind::Text, ..
                },
            ) => cipher::open(Kind::Text, value, context, Destination::Server, out),
            (Source::Value { context }, _) if data_type == DataType::Email => {
                cipher::open(Kind::Address, value, context, Destination::Server, out)
            }
            (Source::Value { context }, _) => {
                cipher::open_phone(value, context, Destination::Server, out)
            }
            (Source::Legacy { scheme, key_id, .. }, ValueInfo::Legacy) => {
                let key = LegacyKey::Configured(*key_id);
                cipher::open_legacy(value, *scheme, &key, Destination::Server, out)
            }
            _ => cipher::open_phone(value, b"", Destination::Server, out),
        }
    }
}

/// Whether a text is a value, whole, damaged or cut short: no phone number or address is like one.
pub fn is_value(text: &[u8]) -> bool {
    let split = text.trim_ascii().split_at_checked(IV_DIGITS);
    split.is_some_and(|(iv, rest)| iv.iter().all(u8::is_ascii_hexdigit) && rest.starts_with(b":"))
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; hexadecimal.len() / 2];
    hex::decode_lower(hexadecimal.as_bytes(), &mut bytes).then_some(bytes)
}

fn given(word: &str) -> Option<&str> {
    (word != "-").then_some(word)
}

fn outcome(plain: &Plain<'_>) -> Outcome {
    match plain {
        Plain::Number(_) | Plain::Written { .. } | Plain::Address(_) => Outcome::Number,
        Plain::Text(_) | Plain::NoAddress(_) => Outcome::Text,
    }
}

/// Calls `use_plain` with what a text of the legacy application means: what `+1` was put before is all in the number once
/// it is repaired.
fn with_us_prefix_repaired<T>(
    original: &str,
    regions: Option<&str>,
    use_plain: impl FnOnce(&Plain<'_>, Outcome) -> Result<T>,
) -> Result<T> {
    let read = |regions: &phone::Regions| Result::Ok(phone::repair_us_prefix(original, regions));
    let number = match regions {
        Some(list) => with_list(list, read),
        None => with_default(read),
    }?;
    let chosen = match regions {
        Some(list) => Chosen::List(list.into()),
        None => Chosen::Default,
    };
    match number {
        Ok(UsPrefixRepair::Number(_)) => {
            typed::with_meaning(original, &chosen, |plain| use_plain(plain, outcome(plain)))
        }
        Ok(UsPrefixRepair::Repaired(number)) => {
            use_plain(&Plain::Number(number.as_bytes()), Outcome::Repaired)
        }
        Err(_) => use_plain(&Plain::Text(original), Outcome::Text),
    }
}
