//! What can be wrong with a phone number, a list of regions or a style.
//!
//! No message repeats what was given: a phone number passed in the wrong place would end up in a
//! log. The one exception is a region name of at most three letters.

use thiserror::Error;

/// Why a text is not taken for a phone number. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Nothing in the text is a possible number under the given regions.
    #[error("not a phone number")]
    NotAPhoneNumber,
    /// The text has more than [`MAX_INPUT_BYTES`](super::MAX_INPUT_BYTES) bytes.
    #[error("not a phone number: longer than 250 bytes")]
    TooLong,
}

/// Why a list of default regions is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegionsError {
    /// A name that stands for no region. `name` is what to show: the name itself where it is one
    /// to three letters, else a description of it.
    #[error("unknown region {name}")]
    Unknown {
        /// Safe to show, see above.
        name: String,
    },
    /// A region that is in the list twice.
    #[error("region {name} is given twice")]
    Repeated {
        /// The region's two letters.
        name: &'static str,
    },
}

impl RegionsError {
    pub(super) fn unknown(name: &str) -> Self {
        let showable =
            (1..=3).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphabetic());
        let name = match name {
            "" => String::from("(empty name)"),
            _ if showable => format!("\"{name}\""),
            _ => String::from("(not two letters)"),
        };
        RegionsError::Unknown { name }
    }
}

/// A style that is none of the four that [`Style`](super::Style) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown style: use e164, international, national or rfc3966")]
pub struct StyleError;
