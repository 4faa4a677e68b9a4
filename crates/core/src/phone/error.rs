//! What can be wrong with a phone number, a list of regions or a style.
//!
//! No message repeats what was given: a phone number passed in the wrong place would end up in a
//! log. The one exception is a region name of at most three letters.

use thiserror::Error;

/// The longest text looked at, in bytes: no number needs more, and the parser's patterns are not
/// to be fed megabytes.
pub const MAX_INPUT_BYTES: usize = 250;

/// Why a text is not taken for a phone number. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum PhoneError {
    /// Nothing in the text is a possible number under the given regions.
    #[error("not a phone number")]
    NotAPhoneNumber,
    /// The text has more than [`MAX_INPUT_BYTES`] bytes.
    #[error("not a phone number: longer than 250 bytes")]
    TooLong,
    /// The text is a floating-point number: `401148075.0`, `4.01148075E8`.
    #[error("not a phone number: a floating-point number")]
    Float,
    /// Something in the text stands for digits that are left out: `*`, `xxx`, `...`.
    #[error("not a phone number: a mask or placeholder")]
    Placeholder,
    /// The text holds more than one number; [`split`](super::split) gives the pieces.
    #[error("not a phone number: two numbers")]
    TwoNumbers,
    /// There are letters in the text that are neither a label before the number, nor an
    /// extension's mark, nor those of a vanity number.
    #[error("not a phone number: letters")]
    Letters,
}

impl PhoneError {
    /// Every reason there is.
    pub const ALL: [PhoneError; 6] = [
        PhoneError::NotAPhoneNumber,
        PhoneError::TooLong,
        PhoneError::Float,
        PhoneError::Placeholder,
        PhoneError::TwoNumbers,
        PhoneError::Letters,
    ];

    /// A short name that stays the same from release to release, to count by.
    pub fn reason(self) -> &'static str {
        match self {
            PhoneError::NotAPhoneNumber => "not_a_number",
            PhoneError::TooLong => "too_long",
            PhoneError::Float => "float",
            PhoneError::Placeholder => "placeholder",
            PhoneError::TwoNumbers => "two_numbers",
            PhoneError::Letters => "letters",
        }
    }

    /// What may have gone wrong, and what to do about it; `None` where there is nothing to say.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            PhoneError::NotAPhoneNumber | PhoneError::TooLong => None,
            PhoneError::Float => Some(
                "It looks like a number that went through a spreadsheet or a JSON float. Its digits may be \
                 lost: take it from the source, as text.",
            ),
            PhoneError::Placeholder => Some(
                "Something in it stands for digits that are left out, as in a mask or a form to fill in.",
            ),
            PhoneError::TwoNumbers => {
                Some("It looks like two numbers in one text. phone_split() gives the pieces.")
            }
            PhoneError::Letters => Some(
                "Letters count as digits only in vanity numbers such as 1-800-FLOWERS. Keep names and \
                 notes in another column.",
            ),
        }
    }
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
