//! The key that an address is counted under.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest prefix of an IPv6 address.
const MAX_PREFIX: i32 = 128;

/// A prefix that no IPv6 network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("v6_prefix must be between 1 and 128")]
pub struct AddressPrefixError;

/// The key of whoever has this address: an IPv4 address as it is, of an IPv6 address the network of `v6_prefix` bits,
/// since a customer usually has a whole /64 to choose from.
///
/// An IPv6 address that carries an IPv4 address counts as that one. All of them would be one network otherwise, or
/// the holder of one IPv4 address would have many.
///
/// # Errors
/// [`AddressPrefixError`] for a prefix below 1 or above 128.
pub fn address_key(address: IpAddr, v6_prefix: i32) -> Result<String, AddressPrefixError> {
    if !(1..=MAX_PREFIX).contains(&v6_prefix) {
        return Err(AddressPrefixError);
    }
    let address = match address {
        IpAddr::V4(address) => return Ok(text_of(address)),
        IpAddr::V6(address) => address,
    };
    if let Some(inner) = carried(address) {
        return Ok(text_of(inner));
    }
    let mask = u128::MAX << (MAX_PREFIX - v6_prefix);
    Ok(Ipv6Addr::from(u128::from(address) & mask).to_string())
}

/// As `to_string`, without the formatting machinery: a check of a client makes one.
fn text_of(address: Ipv4Addr) -> String {
    let mut text = String::with_capacity("255.255.255.255".len());
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        for (unit, is_shown) in [(100, octet >= 100), (10, octet >= 10), (1, true)] {
            if is_shown {
                text.push(char::from(b'0' + octet / unit % 10));
            }
        }
    }
    text
}

/// The IPv4 address that an IPv6 address stands for:
///
/// * mapped, `::ffff:0:0/96` (RFC 4291, 2.5.5.2), and translated, `::ffff:0:0:0/96` (RFC 2765, 2.1);
/// * behind NAT64, `64:ff9b::/96` (RFC 6052, 2.1), and the same of the networks that RFC 8215 leaves to operators,
///   `64:ff9b:1::/48`, where the last 32 bits are the address in the usual layout of a /96;
/// * 6to4, `2002::/16`, the next 32 bits (RFC 3056, 2).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..] => Some(last(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressPrefixError, address_key};

    fn key(address: &str, v6_prefix: i32) -> String {
        address_key(address.parse().expect("an address"), v6_prefix).expect("a good prefix")
    }

    #[test]
    fn an_ipv4_address_is_its_own_key_whatever_the_prefix() {
        for v6_prefix in [1, 32, 64, 128] {
            assert_eq!(key("203.0.113.7", v6_prefix), "203.0.113.7");
        }
    }

    #[test]
    fn an_ipv4_address_is_written_as_everywhere() {
        for octet in 0..=255 {
            for address in [[octet, 0, 10, 255], [9, octet, 99, 100], [1, 2, 3, octet]] {
                let text = std::net::Ipv4Addr::from(address).to_string();
                assert_eq!(key(&text, 64), text);
            }
        }
    }

    #[test]
    fn an_ipv6_address_is_its_network() {
        let address = "2001:db8:1:2:3:4:5:6";
        for (v6_prefix, network) in [
            (128, address),
            (127, "2001:db8:1:2:3:4:5:6"),
            (64, "2001:db8:1:2::"),
            (56, "2001:db8:1::"),
            (48, "2001:db8:1::"),
            (1, "::"),
        ] {
            assert_eq!(key(address, v6_prefix), network);
        }
        assert_eq!(key("ffff::1", 1), "8000::");
    }

    #[test]
    fn an_address_that_carries_ipv4_is_that_ipv4_address() {
        for address in [
            "::ffff:203.0.113.7",
            "::ffff:cb00:7107",
            "::ffff:0:203.0.113.7",
            "64:ff9b::203.0.113.7",
            "64:ff9b:1::203.0.113.7",
            "64:ff9b:1:2:3:4:203.0.113.7",
            "2002:cb00:7107::",
            "2002:cb00:7107:1:2:3:4:5",
        ] {
            for v6_prefix in [16, 64, 128] {
                assert_eq!(key(address, v6_prefix), "203.0.113.7", "{address}");
            }
        }
    }

    #[test]
    fn what_only_looks_alike_is_a_network() {
        for (address, network) in [
            ("::1", "::"),
            ("::203.0.113.7", "::"),
            ("64:ff9b::1:203.0.113.7", "64:ff9b::"),
            ("64:ff9b:2::203.0.113.7", "64:ff9b:2::"),
            ("2003:cb00:7107::1", "2003:cb00:7107::"),
            ("::1:0:ffff:203.0.113.7", "0:0:0:1::"),
        ] {
            assert_eq!(key(address, 64), network, "{address}");
        }
    }

    #[test]
    fn a_prefix_out_of_range_is_refused() {
        for v6_prefix in [i32::MIN, -1, 0, 129, i32::MAX] {
            for address in ["203.0.113.7", "2001:db8::1"] {
                let address = address.parse().expect("an address");
                assert_eq!(address_key(address, v6_prefix), Err(AddressPrefixError));
            }
        }
    }
}
