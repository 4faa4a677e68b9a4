//! The address that a key is about.

use std::net::IpAddr;

/// The longest spelling: six groups of IPv6 with an IPv4 address behind them (RFC 4291 section 2.2).
const MAX_ADDRESS_BYTES: usize = 45;

/// The address in a rate-limit key, or `None` if there is none. It is looked for in this order:
///
/// 1. the whole key: `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`;
/// 2. in brackets in front: `[2001:db8::1]:login`;
/// 3. before the first colon, if that is IPv4: `192.0.2.1:login:sms`;
/// 4. before the last colon: `2001:db8::1:login`.
///
/// Without brackets, what follows an IPv6 address can be read as part of it (`2001:db8::1:80`).
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) is its IPv4 address: a list must
/// not be passed by another spelling. For the same reason an octet with a leading zero, which some read as
/// octal, and an address with a zone are no addresses.
#[must_use]
pub fn address_of_key(key: &[u8]) -> Option<IpAddr> {
    if !may_begin_with_address(key) {
        return None;
    }
    parse(key)
        .or_else(|| in_brackets(key))
        .or_else(|| before_first_colon(key))
        .or_else(|| before_last_colon(key))
        .map(|address| address.to_canonical())
}

/// Most keys with no address in them are told from the others by their first byte.
fn may_begin_with_address(key: &[u8]) -> bool {
    matches!(
        key,
        [b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b':' | b'[', ..]
    )
}

fn in_brackets(key: &[u8]) -> Option<IpAddr> {
    let inside = key.strip_prefix(b"[")?;
    let (address, rest) = inside.split_at_checked(position(inside, b']')?)?;
    match rest {
        b"]" | [b']', b':', ..] => parse(address),
        _ => None,
    }
}

/// Only IPv4 is written without colons.
fn before_first_colon(key: &[u8]) -> Option<IpAddr> {
    parse(key.get(..position(key, b':')?)?)
}

fn before_last_colon(key: &[u8]) -> Option<IpAddr> {
    let colon = key.iter().rposition(|&byte| byte == b':')?;
    parse(key.get(..colon)?)
}

/// Where the wanted byte first is, within what an address can reach.
fn position(text: &[u8], wanted: u8) -> Option<usize> {
    text.iter()
        .take(MAX_ADDRESS_BYTES + 1)
        .position(|&byte| byte == wanted)
}

fn parse(text: &[u8]) -> Option<IpAddr> {
    if text.len() > MAX_ADDRESS_BYTES {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{MAX_ADDRESS_BYTES, address_of_key};

    fn found(key: &str) -> Option<String> {
        address_of_key(key.as_bytes()).map(|address| address.to_string())
    }

    fn assert_found(key: &str, address: &str) {
        assert_eq!(found(key).as_deref(), Some(address), "{key}");
    }

    #[test]
    fn the_whole_key_may_be_an_address() {
        for address in ["192.0.2.1", "2001:db8::1", "::", "0.0.0.0"] {
            assert_found(address, address);
        }
        assert_found("[2001:db8::1]", "2001:db8::1");
        assert_found("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    }

    #[test]
    fn an_ipv4_address_ends_at_the_first_colon() {
        assert_found("192.0.2.1:login", "192.0.2.1");
        assert_found("192.0.2.1:login:sms:7", "192.0.2.1");
        assert_found("192.0.2.1:", "192.0.2.1");
        assert_found("192.0.2.1:2001:db8::1", "192.0.2.1");
    }

    #[test]
    fn an_ipv6_address_ends_at_its_bracket_or_at_the_last_colon() {
        assert_found("[2001:db8::1]:login:sms", "2001:db8::1");
        assert_found("[2001:db8::1]:", "2001:db8::1");
        assert_found("2001:db8::1:login", "2001:db8::1");
        assert_found("2001:db8:0:0:0:0:0:1:80", "2001:db8::1");
    }

    #[test]
    fn what_can_be_read_as_one_address_is_one() {
        assert_found("2001:db8::1:80", "2001:db8::1:80");
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_address_in_every_place_and_spelling() {
        for key in [
            "::ffff:192.0.2.1",
            "::ffff:c000:201",
            "::FFFF:C000:0201",
            "0:0:0:0:0:ffff:192.0.2.1",
            "[::ffff:192.0.2.1]",
            "[::ffff:192.0.2.1]:login",
            "::ffff:192.0.2.1:login",
            "[192.0.2.1]:login",
        ] {
            assert_found(key, "192.0.2.1");
        }
    }

    #[test]
    fn other_keys_have_no_address() {
        for key in [
            "",
            ":",
            "[",
            "[]",
            "[]:",
            "[2001:db8::1",
            "[2001:db8::1]login",
            "[x]:192.0.2.1",
            "login",
            "login:192.0.2.1",
            "token:7",
            "phone_hash:00ff",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.01",
            "192.0.2.1 ",
            "192.0.2.1/32",
            "192.0.2.1login",
            "fe80::1%eth0",
            "2001:db8::1:login:sms",
            "１92.0.2.1",
        ] {
            assert_eq!(found(key), None, "{key}");
        }
    }

    #[test]
    fn the_longest_spelling_is_found_and_one_byte_more_is_not() {
        let longest = "2001:0db8:ffff:ffff:ffff:ffff:255.255.255.255";
        assert_eq!(longest.len(), MAX_ADDRESS_BYTES);
        assert_found(longest, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
        assert_found(
            &format!("[{longest}]:login"),
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        );
        assert_eq!(found(&format!("{longest}0")), None);
        assert_eq!(found(&format!("[{longest}0]:login")), None);
    }

    #[test]
    fn bytes_that_are_no_text_have_no_address() {
        assert_eq!(address_of_key(b"\xff\xfe:login"), None);
        assert_eq!(
            address_of_key(b"192.0.2.1:\xff"),
            address_of_key(b"192.0.2.1")
        );
    }
}
