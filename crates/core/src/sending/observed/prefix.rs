//! The first digits of numbers.

/// The first digits of a number, at most fifteen. All zeroes: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Prefix(u64);

/// E.164 has no longer numbers.
pub const MAX_DIGITS: usize = 15;
/// So many last digits of a number are never kept.
pub const HIDDEN: usize = 3;

/// A digit has four bits, the first the highest; the lowest four are the length.
const BITS: usize = 4;

impl Prefix {
    /// All digits of a number but the last three; none where there are too few or too many, or something else is among them.
    #[must_use]
    pub fn of_number(digits: &str) -> Prefix {
        match digits.len().checked_sub(HIDDEN) {
            Some(kept) if digits.len() <= MAX_DIGITS => digits
                .get(..kept)
                .and_then(Prefix::of_digits)
                .unwrap_or_default(),
            _ => Prefix::default(),
        }
    }

    /// These digits; None where something else is among them, or there are more than fifteen.
    #[must_use]
    pub fn of_digits(digits: &str) -> Option<Prefix> {
        if digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let bits = digits
            .bytes()
            .enumerate()
            .fold(digits.len() as u64, |bits, (index, byte)| {
                bits | u64::from(byte - b'0') << (64 - BITS * (index + 1))
            });
        Some(Prefix(bits))
    }

    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        (self.0 & 0xF) as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The first of them.
    #[must_use]
    pub fn first(self, length: usize) -> Prefix {
        let length = length.min(self.len());
        let kept = match length {
            0 => 0,
            _ => self.0 >> (64 - BITS * length) << (64 - BITS * length),
        };
        Prefix(kept | length as u64)
    }

    /// Whether another one begins with these digits.
    #[must_use]
    pub fn begins(self, other: Prefix) -> bool {
        other.len() >= self.len() && other.first(self.len()) == self
    }

    /// The ten that are one digit longer; none of one that can have no more.
    pub fn parts(self) -> impl Iterator<Item = Prefix> {
        let length = self.len() + 1;
        let digits = if length > MAX_DIGITS { 0..0 } else { 0..10 };
        digits.map(move |digit: u64| {
            Prefix((self.0 & !0xF) | digit << (64 - BITS * length) | length as u64)
        })
    }

    /// As a number that no other prefix has.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }

    /// The digits.
    #[must_use]
    pub fn digits(self) -> String {
        let digit = |index: usize| (self.0 >> (64 - BITS * (index + 1)) & 0xF) as u8;
        (0..self.len())
            .map(|index| char::from(b'0' + digit(index).min(9)))
            .collect()
    }
}
