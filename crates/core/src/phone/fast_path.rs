//! The shortcut for a number that is E.164 already, up to the punctuation people put into it.
//!
//! For such a number the full parse is the identity on its digits: nothing in it can be an
//! extension, a second number or a national prefix, and its length is possible. The conditions
//! come from the metadata; property tests hold the shortcut to the full parse.

use super::calling_code::CallingCode;
use super::e164::E164;
use super::screen::plain::read_plain;

/// The most digits that E.164 allows after the `+`. Longer numbers are left to the full parse.
const MAX_DIGITS: usize = 15;

/// The fewest worth a shortcut: shorter ones are mostly not numbers at all.
const MIN_DIGITS: usize = 7;

/// Whether `text` is in E.164 already, and [`normalize`](super::normalize) would give it back as it
/// is, whatever the regions. False also where only the full parse can tell.
#[inline]
pub fn is_e164(text: &[u8]) -> bool {
    text.strip_prefix(b"+")
        .is_some_and(|digits| are_digits(digits) && is_settled(digits))
}

/// The number in `input`, or `None` where only the full parse can tell.
#[inline]
pub(super) fn read(input: &str) -> Option<E164> {
    let text = input.as_bytes().strip_prefix(b"+")?;
    if are_digits(text) {
        return read_digits(text);
    }
    let mut digits = [0; MAX_DIGITS];
    let mut length = 0;
    let take = |digit| {
        let place = digits.get_mut(length);
        length += 1;
        place.map(|place| *place = digit).is_some()
    };
    if !read_plain(text, take) {
        return None;
    }
    let digits = digits.get(..length)?;
    // The zero in `+48 (0)22 …` may be no part of the number.
    if CallingCode::split(digits)?.1.first() == Some(&b'0') && text.contains(&b'(') {
        return None;
    }
    read_digits(digits)
}

#[inline]
fn read_digits(digits: &[u8]) -> Option<E164> {
    match is_settled(digits) {
        true => E164::from_digits(digits),
        false => None,
    }
}

/// Whether the full parse would leave a number of these digits as it is.
#[inline]
fn is_settled(digits: &[u8]) -> bool {
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len())
        && CallingCode::split(digits).is_some_and(|(code, national)| code.keeps(national))
}

/// Whether all of `text` is digits. Eight bytes at a time, twice over where they overlap: numbers
/// differ in length, and a loop whose end cannot be predicted takes longer than all of this.
#[inline]
fn are_digits(text: &[u8]) -> bool {
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) if text.len() <= 16 => {
            are_eight_digits(*first) & are_eight_digits(*last)
        }
        _ => text.iter().all(u8::is_ascii_digit),
    }
}

/// A digit is 0x30 to 0x39: its upper half is 3, and stays 3 when 6 is added.
#[inline]
fn are_eight_digits(text: [u8; 8]) -> bool {
    const UPPER_HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const THREES: u64 = 0x3030_3030_3030_3030;
    const SIXES: u64 = 0x0606_0606_0606_0606;
    let word = u64::from_ne_bytes(text);
    let above = word.wrapping_add(SIXES);
    (word & UPPER_HALVES == THREES) & (above & UPPER_HALVES == THREES)
}

#[cfg(test)]
mod tests {
    use super::{are_digits, is_e164, read};

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
            ("local only", "+12530000"),
            ("zero in brackets", "+48 (0) 22 512 3456"),
            ("an earlier plan's prefix", "+5215512345678"),
        ] {
            assert!(read(input).is_none(), "{why}");
        }
    }

    #[test]
    fn what_it_calls_e164_is_read_as_it_is() {
        for input in [
            "+61401148075",
            "+14011480751",
            "+6834123",
            "+49301234567890",
        ] {
            assert!(is_e164(input.as_bytes()), "{input}");
            assert_eq!(
                read(input)
                    .map(|number| number.as_str().to_owned())
                    .as_deref(),
                Some(input)
            );
        }
        for input in [
            "",
            "+",
            "61401148075",
            "+1 401 148 0751",
            "+610401148075",
            "+683412",
        ] {
            assert!(!is_e164(input.as_bytes()), "{input}");
        }
    }

    #[test]
    fn it_knows_digits_at_every_place_of_every_length() {
        for length in 0..=20 {
            assert!(are_digits(&vec![b'0'; length]) && are_digits(&vec![b'9'; length]));
            for place in 0..length {
                for other in (0..=255).filter(|byte: &u8| !byte.is_ascii_digit()) {
                    let mut text = vec![b'5'; length];
                    text[place] = other;
                    assert!(!are_digits(&text), "{other} at {place} of {length}");
                }
            }
        }
    }
}
