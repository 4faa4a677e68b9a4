//! What a text of somebody's column is.

use crate::crypto::{self, ValueInfo};
use crate::email;
use crate::phone::{self, Regions};

/// The longest text that is looked at, in bytes: no phone number and none of the values that matter here is longer.
pub const LONGEST: usize = 200;

/// Fewer digits make no whole phone number; so a house number or a year is none.
const FEWEST_DIGITS: usize = 7;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A valid phone number, and nothing else beside it.
    Phone,
    /// An e-mail address at a domain of two labels or more, and nothing else beside it.
    Address,
    /// A value of a legacy system, without a tag.
    Unauthenticated,
    /// Anything else.
    Other,
}

/// Judges a text; numbers without `+` are read in these regions.
#[must_use]
pub fn content(text: &[u8], regions: &Regions) -> Content {
    if text.len() > LONGEST {
        return Content::Other;
    }
    if let Ok(ValueInfo::Legacy) = crypto::inspect(text) {
        return Content::Unauthenticated;
    }
    match std::str::from_utf8(text) {
        Ok(text) if is_written_like_a_phone(text) && phone::is_valid(text, regions) => {
            Content::Phone
        }
        Ok(text) if is_address(text) => Content::Address,
        _ => Content::Other,
    }
}

/// Not `user@host`, which is as often a login or a job's name.
fn is_address(text: &str) -> bool {
    let has_dot = |(_, domain): (&str, &str)| domain.contains('.');
    text.rsplit_once('@').is_some_and(has_dot) && email::normalize(text).is_ok()
}

/// Digits, and what stands between those of a phone number.
fn is_written_like_a_phone(text: &str) -> bool {
    let mut digits = 0;
    for byte in text.trim().bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'+' | b' ' | b'-' | b'.' | b'(' | b')' | b'/' => {}
            _ => return false,
        }
    }
    digits >= FEWEST_DIGITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Content {
        content(
            text.as_bytes(),
            &Regions::parse("AU,US").unwrap_or(Regions::none()),
        )
    }

    #[test]
    fn numbers_are_found_as_people_write_them() {
        for number in [
            "+61401148075",
            "0401 148 075",
            "(02) 9374-4000",
            " +1 (650) 253-0000 ",
            "+44/20/7946 0958",
        ] {
            assert_eq!(of(number), Content::Phone, "{number}");
        }
    }

    #[test]
    fn what_only_has_digits_is_none() {
        for text in [
            "",
            "42",
            "2024-11-23",
            "1999",
            "10.0.0.1",
            "4111 1111 1111 1111",
            "000000000",
            "call 0401 148 075",
            "a915ee2b",
            "+",
            "0401148075 ext",
            "12345678901234567890",
        ] {
            assert_eq!(of(text), Content::Other, "{text}");
        }
        assert_eq!(of(&"1 ".repeat(500)), Content::Other);
        assert_eq!(
            content(b"\xff\xfe0401148075", &Regions::none()),
            Content::Other
        );
    }

    #[test]
    fn addresses_are_found() {
        for address in [
            "anna@example.com",
            " o'brien+tag@mail.example.co.uk ",
            "jörg@bücher.example",
        ] {
            assert_eq!(of(address), Content::Address, "{address}");
        }
        for text in [
            "anna@example",
            "@example.com",
            "anna@",
            "mail anna@example.com",
            "https://example.com/@anna",
            "v1.2.3",
            "a@b@",
        ] {
            assert_eq!(of(text), Content::Other, "{text}");
        }
    }

    #[test]
    fn values_without_a_tag_are_told_from_ours() {
        let legacy = "000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973";
        assert_eq!(of(legacy), Content::Unauthenticated);
        // 37 bytes more: header and tag.
        let ours = format!("{}:{}", "0".repeat(32), "ab".repeat(16 + 37));
        assert_eq!(of(&ours), Content::Other);
    }
}
