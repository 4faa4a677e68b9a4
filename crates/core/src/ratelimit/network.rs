//! A network: the addresses that begin with the same bits.

use std::hash::Hash;
use std::net::IpAddr;

/// The length of the prefix of all IPv4-mapped addresses, `::ffff:0:0/96` (RFC 4291 section 2.5.5.2).
const MAPPED_LENGTH: u8 = 96;

/// A prefix that is longer than its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the prefix of a network must be at most 32 bits long for IPv4, and 128 for IPv6")]
pub struct NetworkError;

/// The bits of an address.
pub(super) trait Bits: Copy + Eq + Hash {
    /// How many there are.
    const WIDTH: u8;

    /// The first `length` of them; the others are 0.
    fn masked(self, length: u8) -> Self;
}

impl Bits for u32 {
    const WIDTH: u8 = 32;

    fn masked(self, length: u8) -> u32 {
        let host_bits = u32::from(Self::WIDTH.saturating_sub(length));
        self & u32::MAX.checked_shl(host_bits).unwrap_or(0)
    }
}

/// Octets, since a number of 128 bits is aligned to 16 bytes: with a value beside it, it would take 32.
impl Bits for [u8; 16] {
    const WIDTH: u8 = 128;

    fn masked(self, length: u8) -> [u8; 16] {
        let host_bits = u32::from(Self::WIDTH.saturating_sub(length));
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        (u128::from_be_bytes(self) & mask).to_be_bytes()
    }
}

/// The first bits of the addresses in a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Prefix<B> {
    /// The bits; those beyond the length are 0.
    pub(super) bits: B,
    /// How many of them count.
    pub(super) length: u8,
}

impl<B: Bits> Prefix<B> {
    fn new(bits: B, length: u8) -> Result<Prefix<B>, NetworkError> {
        if length > B::WIDTH {
            return Err(NetworkError);
        }
        Ok(Prefix {
            bits: bits.masked(length),
            length,
        })
    }
}

/// An IPv4 or IPv6 network. Two that hold the same addresses are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(pub(super) Family);

/// Which addresses they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    V4(Prefix<u32>),
    V6(Prefix<[u8; 16]>),
}

impl Network {
    /// The network of the addresses that share their first `length` bits with `address`; the other bits of
    /// `address` do not matter. A network of IPv4-mapped addresses is the IPv4 network.
    ///
    /// # Errors
    /// [`NetworkError`] for a length above 32 (IPv4) or 128 (IPv6).
    pub fn new(address: IpAddr, length: u8) -> Result<Network, NetworkError> {
        let family = match address {
            IpAddr::V4(address) => Family::V4(Prefix::new(address.to_bits(), length)?),
            IpAddr::V6(address) => match (address.to_ipv4_mapped(), length) {
                (Some(mapped), MAPPED_LENGTH..) => {
                    Family::V4(Prefix::new(mapped.to_bits(), length - MAPPED_LENGTH)?)
                }
                _ => Family::V6(Prefix::new(address.octets(), length)?),
            },
        };
        Ok(Network(family))
    }

    /// Whether an address is one of the network's. An IPv4-mapped address is its IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let length = match self.0 {
            Family::V4(prefix) => prefix.length,
            Family::V6(prefix) => prefix.length,
        };
        Network::new(address.to_canonical(), length).is_ok_and(|network| network == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, NetworkError};

    fn network(address: &str, length: u8) -> Result<Network, NetworkError> {
        Network::new(address.parse().expect("an address"), length)
    }

    #[test]
    fn bits_beyond_the_length_do_not_matter() {
        assert_eq!(network("192.0.2.1", 24), network("192.0.2.255", 24));
        assert_ne!(network("192.0.2.1", 32), network("192.0.2.0", 32));
        assert_eq!(network("192.0.2.1", 0), network("10.0.0.0", 0));
        assert_eq!(network("2001:db8::1", 64), network("2001:db8::ffff", 64));
        assert_ne!(network("2001:db8::1", 128), network("2001:db8::", 128));
        assert_eq!(network("2001:db8::1", 0), network("::", 0));
    }

    #[test]
    fn a_network_contains_the_addresses_that_begin_like_it() {
        let contains = |of: &str, address: &str| {
            let (first, length) = of.split_once('/').expect("a length");
            let network = network(first, length.parse().expect("a length")).expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        assert!(contains("192.0.2.0/24", "192.0.2.255"));
        assert!(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(!contains("192.0.2.0/24", "192.0.3.0"));
        assert!(contains("192.0.2.1/32", "192.0.2.1"));
        assert!(!contains("192.0.2.1/32", "192.0.2.2"));
        assert!(contains("2001:db8::/64", "2001:db8::ffff"));
        assert!(!contains("2001:db8::/64", "2001:db8:0:1::"));
        assert!(!contains("2001:db8::/32", "192.0.2.1"));
        assert!(!contains("192.0.2.0/24", "2001:db8::1"));
        assert!(contains("0.0.0.0/0", "192.0.2.1"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
        assert!(contains("::/0", "2001:db8::1"));
        assert!(!contains("::/0", "192.0.2.1"));
        assert!(!contains("::/0", "::ffff:192.0.2.1"));
    }

    #[test]
    fn networks_of_different_length_or_family_differ() {
        assert_ne!(network("10.0.0.0", 8), network("10.0.0.0", 9));
        assert_ne!(network("0.0.0.0", 0), network("::", 0));
    }

    #[test]
    fn mapped_networks_are_ipv4_networks() {
        assert_eq!(
            network("::ffff:192.0.2.1", 128),
            network("192.0.2.1", 32),
            "one address"
        );
        assert_eq!(network("::ffff:192.0.2.1", 120), network("192.0.2.0", 24));
        assert_eq!(network("::ffff:0.0.0.0", 96), network("0.0.0.0", 0));
        assert_eq!(network("::ffff:0.0.0.0", 95), network("::fffe:0:0", 95));
    }

    #[test]
    fn a_prefix_longer_than_its_address_is_refused() {
        assert!(network("192.0.2.1", 32).is_ok());
        assert!(network("2001:db8::1", 128).is_ok());
        for (address, length) in [
            ("192.0.2.1", 33),
            ("192.0.2.1", 255),
            ("2001:db8::1", 129),
            ("::ffff:192.0.2.1", 129),
            ("::ffff:192.0.2.1", 255),
        ] {
            assert_eq!(network(address, length), Err(NetworkError), "{address}");
        }
    }
}
