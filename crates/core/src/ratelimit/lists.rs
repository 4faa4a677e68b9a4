//! Who is never limited, and who is never let through.

use std::collections::HashMap;
use std::net::IpAddr;

use super::address::address_of_key;
use super::network::{Family, Network};
use super::prefixes::Prefixes;

/// Which list. Deny is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listing {
    /// Always let through; nothing is counted.
    Allow,
    /// Never let through.
    Deny,
}

/// A name that is no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown list: use allow or deny")]
pub struct ListingError;

impl Listing {
    /// Both of them.
    pub const ALL: [Listing; 2] = [Listing::Allow, Listing::Deny];

    /// By its name in SQL.
    ///
    /// # Errors
    /// [`ListingError`] for any other name.
    pub fn parse(name: &str) -> Result<Listing, ListingError> {
        let named = |listing: &Listing| listing.as_str() == name;
        Listing::ALL.into_iter().find(named).ok_or(ListingError)
    }

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Listing::Allow => "allow",
            Listing::Deny => "deny",
        }
    }
}

/// The allow list and the deny list. What is added to both is denied, in whatever order: one network can be
/// spelled in several ways, and the order in which a table is read means nothing.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    any: bool,
    keys: HashMap<Box<[u8]>, Listing>,
    any_network: bool,
    v4: Prefixes<u32, Listing>,
    v6: Prefixes<[u8; 16], Listing>,
}

impl Lists {
    /// Lists a key, as the caller of a hit spells it.
    pub fn add_key(&mut self, key: &[u8], listing: Listing) {
        self.any = true;
        let stays = self.keys.entry(key.into()).or_insert(listing);
        *stays = listing.max(*stays);
    }

    /// Lists all keys with an address ([`address_of_key`]) in a network.
    pub fn add_network(&mut self, network: Network, listing: Listing) {
        self.any = true;
        self.any_network = true;
        match network.0 {
            Family::V4(prefix) => self.v4.insert(prefix, listing),
            Family::V6(prefix) => self.v6.insert(prefix, listing),
        }
    }

    /// Is there nothing on either list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any
    }

    /// The list that a key is on. A listed key beats a network; of networks the one with the longest prefix
    /// counts. Allocates nothing.
    #[must_use]
    #[inline]
    pub fn verdict(&self, key: &[u8]) -> Option<Listing> {
        if self.any { self.look_up(key) } else { None }
    }

    fn look_up(&self, key: &[u8]) -> Option<Listing> {
        let of_key = self.keys.get(key).copied();
        of_key.or_else(|| self.look_up_network(key))
    }

    fn look_up_network(&self, key: &[u8]) -> Option<Listing> {
        if !self.any_network {
            return None;
        }
        match address_of_key(key)? {
            IpAddr::V4(address) => self.v4.longest_match(address.to_bits()),
            IpAddr::V6(address) => self.v6.longest_match(address.octets()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Listing, ListingError, Lists, Network};

    fn network(address: &str, length: u8) -> Network {
        let address = address.parse().expect("an address");
        Network::new(address, length).expect("a network")
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for listing in Listing::ALL {
            assert_eq!(Listing::parse(listing.as_str()), Ok(listing));
        }
        for name in ["", "Allow", "deny ", "denylist"] {
            assert_eq!(Listing::parse(name), Err(ListingError));
        }
    }

    #[test]
    fn empty_lists_know_nobody() {
        let lists = Lists::default();
        assert!(lists.is_empty());
        assert_eq!(lists.verdict(b"192.0.2.1"), None);
    }

    #[test]
    fn lists_with_a_key_or_a_network_are_not_empty() {
        let mut lists = Lists::default();
        lists.add_key(b"token:7", Listing::Allow);
        assert!(!lists.is_empty());
        let mut lists = Lists::default();
        lists.add_network(network("192.0.2.0", 24), Listing::Deny);
        assert!(!lists.is_empty());
    }

    #[test]
    fn a_listed_key_is_matched_whole() {
        let mut lists = Lists::default();
        lists.add_key(b"token:7", Listing::Deny);
        assert_eq!(lists.verdict(b"token:7"), Some(Listing::Deny));
        for other in [&b"token:"[..], b"token:77", b"Token:7", b""] {
            assert_eq!(lists.verdict(other), None);
        }
    }

    #[test]
    fn a_listed_key_beats_a_network() {
        let mut lists = Lists::default();
        lists.add_key(b"192.0.2.7:login", Listing::Allow);
        lists.add_network(network("192.0.2.7", 32), Listing::Deny);
        assert_eq!(lists.verdict(b"192.0.2.7:login"), Some(Listing::Allow));
        assert_eq!(lists.verdict(b"192.0.2.7:sms"), Some(Listing::Deny));
    }

    #[test]
    fn the_longest_prefix_wins() {
        let mut lists = Lists::default();
        lists.add_network(network("2001:db8::", 32), Listing::Deny);
        lists.add_network(network("2001:db8:1::", 48), Listing::Allow);
        lists.add_network(network("2001:db8:1::7", 128), Listing::Deny);
        for (key, listing) in [
            ("2001:db8:2::1", Some(Listing::Deny)),
            ("[2001:db8:1::1]:login", Some(Listing::Allow)),
            ("2001:db8:1::7", Some(Listing::Deny)),
            ("2001:db9::1", None),
        ] {
            assert_eq!(lists.verdict(key.as_bytes()), listing, "{key}");
        }
    }

    #[test]
    fn an_ipv4_network_holds_its_mapped_addresses_and_no_ipv6_network_does() {
        let mut lists = Lists::default();
        lists.add_network(network("192.0.2.0", 24), Listing::Deny);
        lists.add_network(network("::", 0), Listing::Allow);
        assert_eq!(lists.verdict(b"::ffff:192.0.2.1"), Some(Listing::Deny));
        assert_eq!(lists.verdict(b"::ffff:c000:201"), Some(Listing::Deny));
        assert_eq!(lists.verdict(b"::ffff:198.51.100.1"), None);
        assert_eq!(lists.verdict(b"::192.0.2.1"), Some(Listing::Allow));
    }

    #[test]
    fn what_is_on_both_lists_is_denied() {
        for listings in [
            [Listing::Allow, Listing::Deny],
            [Listing::Deny, Listing::Allow],
        ] {
            let mut lists = Lists::default();
            for (listing, address) in listings.into_iter().zip(["192.0.2.1", "192.0.2.2"]) {
                lists.add_key(b"token:7", listing);
                lists.add_network(network(address, 24), listing);
            }
            assert_eq!(lists.verdict(b"token:7"), Some(Listing::Deny));
            assert_eq!(lists.verdict(b"192.0.2.1"), Some(Listing::Deny));
        }
    }
}
