//! The shortcut for a number that is E.164 already, up to the punctuation people put into it.
//!
//! For such a number the full parse is the identity on its digits: nothing in it can be an
//! extension, a second number or a national prefix, and its length is possible. The conditions
//! come from the metadata; property tests hold the shortcut to the full parse.

use super::calling_code::CallingCode;
use super::e164::E164;

/// The most digits that E.164 allows after the `+`. Longer numbers are left to the full parse.
const MAX_DIGITS: usize = 15;

/// The fewest worth a shortcut: shorter ones are mostly not numbers at all.
const MIN_DIGITS: usize = 7;

/// The number in `input`, or `None` where only the full parse can tell.
#[inline]
pub(super) fn read(input: &str) -> Option<E164> {
    let text = input.as_bytes().strip_prefix(b"+")?;
    if text.len() <= MAX_DIGITS && text.iter().all(u8::is_ascii_digit) {
        return read_digits(text);
    }
    let mut digits = [0; MAX_DIGITS];
    let mut length = 0;
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                *digits.get_mut(length)? = byte;
                length += 1;
            }
            b' ' | b'-' | b'.' | b'(' | b')' => {}
            _ => return None,
        }
    }
    read_digits(digits.get(..length)?)
}

#[inline]
fn read_digits(digits: &[u8]) -> Option<E164> {
    let (code, national) = CallingCode::split(digits)?;
    match digits.len() >= MIN_DIGITS && code.keeps(national) {
        true => E164::from_digits(digits),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn it_reads_numbers_as_people_write_them() {
        for input in [
            "+61401148075",
            "+1 (401) 148-0751",
            "+44 20 7946 0958",
            "+49.30.1234567",
        ] {
            assert!(read(input).is_some(), "{input}");
        }
    }

    #[test]
    fn it_leaves_what_the_parser_may_change_to_the_parser() {
        for (why, input) in [
            ("no plus", "61401148075"),
            ("two", "++61401148075"),
            ("national prefix", "+61 0401 148 075"),
            ("extension", "+61401148075x1"),
            ("fullwidth digit", "+6140114807\u{ff15}"),
            ("no such calling code", "+210401148075"),
            ("calling code 0", "+07401148075"),
            ("impossible length", "+1650253000"),
            ("16 digits", "+4930123456789012"),
            ("6 digits", "+683412"),
            ("many zeros", "+39000000000001"),
        ] {
            assert!(read(input).is_none(), "{why}");
        }
    }
}
