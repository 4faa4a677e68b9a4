//! A number in E.164 form.

use std::fmt;

/// `+`, up to three digits of calling code and up to 17 of national number: the most that
/// libphonenumber parses. (E.164 itself stops at 15 digits; a few German numbers do not.)
const CAPACITY: usize = 1 + 3 + 17;

/// A possible phone number in E.164 form, such as `+61401148075`.
///
/// Made by [`normalize`](super::normalize). Held inline, so copying one allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct E164 {
    // Bytes after `length` are zero, so that the derived comparisons are those of the text.
    bytes: [u8; CAPACITY],
    length: u8,
}

impl E164 {
    /// A `+` before `digits`; `None` where they are not ASCII digits, or too many.
    #[inline]
    pub(super) fn from_digits(digits: &[u8]) -> Option<Self> {
        let length = 1 + digits.len();
        let mut bytes = [0; CAPACITY];
        bytes.get_mut(1..length)?.copy_from_slice(digits);
        bytes[0] = b'+';
        let length = u8::try_from(length).ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(E164 { bytes, length })
    }

    /// The number as text, with its `+`.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever pushed.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The number as ASCII bytes, with its `+`.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl AsRef<str> for E164 {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Masked: a number printed while debugging must not reach a log.
impl fmt::Debug for E164 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "E164({})", super::mask_e164::mask_e164(self))
    }
}
