//! Calling codes, and what a number under each may look like.

/// What the metadata says of numbers under one calling code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct CallingCode {
    /// Bit `n` is set where a national number of `n` digits is possible, and cannot be a
    /// subscriber's number that lacks its area code.
    full_lengths: u32,
    /// Bit `d` is set where a national prefix (to be dropped) could begin with digit `d`.
    prefix_digits: u16,
}

const UNASSIGNED: CallingCode = CallingCode {
    full_lengths: 0,
    prefix_digits: 0,
};

/// Indexed by calling code. Generated from the metadata by the build script.
static CALLING_CODES: [CallingCode; 1000] = include!(concat!(env!("OUT_DIR"), "/calling_codes.rs"));

impl CallingCode {
    /// Splits the digits of a number after its `+` into calling code and national number.
    ///
    /// No calling code begins another one, so the first that is assigned is the only one.
    #[inline]
    pub(super) fn split(digits: &[u8]) -> Option<(&'static CallingCode, &[u8])> {
        if digits.first() == Some(&b'0') {
            return None;
        }
        let mut code = 0;
        for (index, digit) in digits.iter().take(3).enumerate() {
            code = code * 10 + usize::from(digit.checked_sub(b'0')?);
            let entry = CALLING_CODES.get(code)?;
            if *entry != UNASSIGNED {
                return Some((entry, digits.get(index + 1..)?));
            }
        }
        None
    }

    /// Whether `digits` are a calling code and nothing more.
    pub(super) fn is_assigned(digits: &[u8]) -> bool {
        CallingCode::split(digits).is_some_and(|(_, national)| national.is_empty())
    }

    /// Whether the parser leaves `national` as it is and finds it possible.
    #[inline]
    pub(super) fn keeps(&self, national: &[u8]) -> bool {
        let Some(first) = national.first() else {
            return false;
        };
        let prefix_possible = self.prefix_digits >> (first - b'0') & 1 == 1;
        // The parser keeps at most ten leading zeros; such numbers are left to it.
        let many_zeros = national.starts_with(b"00");
        let is_full = national.len() < 32 && self.full_lengths >> national.len() & 1 == 1;
        is_full && !prefix_possible && !many_zeros
    }
}
