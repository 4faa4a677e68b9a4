//! The shortcut for a number that is E.164 already, up to the punctuation people put into it.
//!
//! For such a number the full parse is the identity on its digits: nothing in it can be an
//! extension, a second number or a national prefix, and its length is possible. The conditions
//! come from the metadata; property tests hold the shortcut to the full parse.

use super::calling_code::CallingCode;
use super::e164::E164;

/// The lengths E.164 is about, in digits after the `+`. Others are left to the full parse.
const LENGTHS: std::ops::RangeInclusive<usize> = 7..=15;

/// The number in `input`, or `None` where only the full parse can tell.
#[inline]
pub(super) fn read(input: &str) -> Option<E164> {
    let mut number = E164::plus();
    for &byte in input.strip_prefix('+')?.as_bytes() {
        match byte {
            b'0'..=b'9' => number.push(byte)?,
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    let digits = number.digits();
    let (code, national) = CallingCode::split(digits)?;
    (LENGTHS.contains(&digits.len()) && code.keeps(national)).then_some(number)
}
