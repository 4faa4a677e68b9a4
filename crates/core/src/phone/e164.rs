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
    /// The `+` alone, for digits to be pushed onto.
    pub(super) fn plus() -> Self {
        let mut bytes = [0; CAPACITY];
        bytes[0] = b'+';
        E164 { bytes, length: 1 }
    }

    /// Appends an ASCII digit; `None` where there is no room for it.
    #[inline]
    pub(super) fn push(&mut self, digit: u8) -> Option<()> {
        *self.bytes.get_mut(usize::from(self.length))? = digit;
        self.length += 1;
        Some(())
    }

    /// Takes over a text that the parser wrote in E.164 form; `None` for anything else.
    pub(super) fn from_formatted(text: &str) -> Option<Self> {
        let mut number = E164::plus();
        for digit in text.strip_prefix('+')?.bytes() {
            if !digit.is_ascii_digit() {
                return None;
            }
            number.push(digit)?;
        }
        Some(number)
    }

    /// The digits after the `+`.
    #[inline]
    pub(super) fn digits(&self) -> &[u8] {
        self.as_bytes().get(1..).unwrap_or_default()
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
        write!(formatter, "E164({})", super::mask_e164(self))
    }
}
