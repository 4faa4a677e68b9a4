//! Addresses in keys, and the lists against a brute-force search.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use phone_crypt_core::ratelimit::{Listing, Lists, Network, address_of_key};
use proptest::prelude::*;
use proptest::sample::select;

/// Addresses that often share many bits, so that networks overlap.
fn some_address() -> impl Strategy<Value = IpAddr> {
    let octet = || select(vec![0_u8, 1, 2, 127, 128, 255]);
    let v4 = prop::array::uniform4(octet()).prop_map(|octets| Ipv4Addr::from(octets).into());
    let group = || select(vec![0_u16, 1, 0x7fff, 0x8000, 0xffff]);
    let v6 = prop::array::uniform8(group()).prop_map(|groups| Ipv6Addr::from(groups).into());
    let mapped = prop::array::uniform4(octet())
        .prop_map(|octets| Ipv4Addr::from(octets).to_ipv6_mapped().into());
    prop_oneof![v4, v6, mapped, any::<IpAddr>()]
}

/// Two families as words of 0 and 1, so that a network is the beginning of its addresses.
fn as_word(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("four:{:032b}", address.to_bits()),
        IpAddr::V6(address) => format!("six:{:0128b}", address.to_bits()),
    }
}

fn beginning(address: IpAddr, length: u8) -> String {
    let mapped = |address: Ipv6Addr| address.to_bits() >> 32 == 0xffff && length >= 96;
    let (address, length) = match address {
        IpAddr::V6(v6) if mapped(v6) => (v6.to_canonical(), length - 96),
        other => (other, length),
    };
    let word = as_word(address);
    let family = word.find(':').unwrap() + 1;
    word[..family + usize::from(length)].to_owned()
}

/// All ways to write the address down.
fn spellings(address: IpAddr) -> Vec<String> {
    match address {
        IpAddr::V4(v4) => {
            let mapped = v4.to_ipv6_mapped();
            let [.., high, low] = mapped.segments();
            vec![
                v4.to_string(),
                mapped.to_string(),
                format!("::ffff:{high:x}:{low:x}"),
                format!("0:0:0:0:0:FFFF:{v4}"),
            ]
        }
        IpAddr::V6(v6) => {
            let groups = v6.segments().map(|group| format!("{group:04X}"));
            vec![v6.to_string(), groups.join(":")]
        }
    }
}

/// A key in which the address cannot be mistaken.
fn key_of(address: IpAddr, spelling: usize, rest: &str) -> String {
    let spellings = spellings(address.to_canonical());
    let text = &spellings[spelling % spellings.len()];
    match (text.contains(':'), rest.is_empty()) {
        (_, true) => text.clone(),
        (true, false) => format!("[{text}]:{rest}"),
        (false, false) => format!("{text}:{rest}"),
    }
}

/// The rule for the address of a key, read as it is written.
fn plain_reading(key: &str) -> Option<IpAddr> {
    let in_brackets = |key: &str| {
        let (inside, rest) = key.strip_prefix('[')?.split_once(']')?;
        (rest.is_empty() || rest.starts_with(':')).then_some(())?;
        inside.parse::<IpAddr>().ok()
    };
    let first = |key: &str| key.split_once(':')?.0.parse::<Ipv4Addr>().ok();
    let last = |key: &str| key.rsplit_once(':')?.0.parse::<IpAddr>().ok();
    key.parse()
        .ok()
        .or_else(|| in_brackets(key))
        .or_else(|| first(key).map(IpAddr::from))
        .or_else(|| last(key))
        .map(|address: IpAddr| address.to_canonical())
}

/// Pieces of keys put together, sensibly or not.
fn nearly_an_address() -> impl Strategy<Value = String> {
    let spelled = (some_address(), any::<prop::sample::Index>()).prop_map(|(address, index)| {
        let spellings = spellings(address);
        spellings[index.index(spellings.len())].clone()
    });
    let piece = prop_oneof![
        3 => spelled,
        2 => "[\\[\\]:.]{1,2}",
        1 => "[0-9a-f:.\\[\\]% ]{0,50}",
        1 => "(?s).{0,4}",
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

#[derive(Debug, Clone)]
struct Entries {
    keys: Vec<(String, Listing)>,
    networks: Vec<(IpAddr, u8, Listing)>,
}

impl Entries {
    /// Every third entry is on the other list too.
    fn with_contradictions(mut self) -> Entries {
        let other = |listing| match listing {
            Listing::Allow => Listing::Deny,
            Listing::Deny => Listing::Allow,
        };
        let keys: Vec<_> = self.keys.iter().step_by(3).cloned().collect();
        let keys = keys.into_iter().map(|(key, listing)| (key, other(listing)));
        self.keys.extend(keys);
        let networks: Vec<_> = self.networks.iter().step_by(3).copied().collect();
        let networks = networks
            .into_iter()
            .map(|(address, length, listing)| (address, length, other(listing)));
        self.networks.extend(networks);
        self
    }

    fn lists(&self) -> Lists {
        let mut lists = Lists::default();
        for (key, listing) in &self.keys {
            lists.add_key(key.as_bytes(), *listing);
        }
        for &(address, length, listing) in &self.networks {
            lists.add_network(Network::new(address, length).unwrap(), listing);
        }
        lists
    }

    /// Looks at every entry: those of that key, else those of the longest network around it; deny before allow.
    fn verdict(&self, key: &str, address: IpAddr) -> Option<Listing> {
        let is_deny = |listing: Listing| listing == Listing::Deny;
        let of_key = self.keys.iter().filter(|(listed, _)| listed == key);
        let word = as_word(address.to_canonical());
        let around = self
            .networks
            .iter()
            .map(|&(address, length, listing)| (beginning(address, length), listing))
            .filter(|(network, _)| word.starts_with(network))
            .max_by_key(|(network, listing)| (network.len(), is_deny(*listing)));
        of_key
            .map(|(_, listing)| *listing)
            .max_by_key(|listing| is_deny(*listing))
            .or(around.map(|(_, listing)| listing))
    }
}

fn listing() -> impl Strategy<Value = Listing> {
    select(Listing::ALL.to_vec())
}

fn some_key() -> impl Strategy<Value = (IpAddr, String)> {
    let rest = select(vec!["", "login", "login:sms", "80"]);
    (some_address(), 0..4_usize, rest)
        .prop_map(|(address, spelling, rest)| (address, key_of(address, spelling, rest)))
}

fn some_network() -> impl Strategy<Value = (IpAddr, u8, Listing)> {
    (some_address(), any::<u8>(), listing()).prop_map(|(address, length, listing)| {
        let width = if address.is_ipv4() { 32 } else { 128 };
        (address, length % (width + 1), listing)
    })
}

prop_compose! {
    fn some_entries()(
        keys in prop::collection::vec((some_key(), listing()), 0..20),
        networks in prop::collection::vec(some_network(), 0..60),
    ) -> Entries {
        let keys = keys.into_iter().map(|((_, key), listing)| (key, listing)).collect();
        Entries { keys, networks }.with_contradictions()
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_lists_answer_as_a_brute_force_search_does(
        entries in some_entries(),
        probes in prop::collection::vec(some_key(), 1..30),
    ) {
        let lists = entries.lists();
        prop_assert_eq!(lists.is_empty(), entries.keys.is_empty() && entries.networks.is_empty());
        let listed = entries.keys.iter().map(|(key, _)| (plain_reading(key).unwrap(), key.clone()));
        for (address, key) in probes.into_iter().chain(listed) {
            prop_assert_eq!(lists.verdict(key.as_bytes()), entries.verdict(&key, address), "{}", key);
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_that_address(
        address in some_address(),
        rest in "[a-z]{1,8}(:[a-z0-9]{0,8}){0,2}",
    ) {
        for spelling in 0..4 {
            for rest in ["", &rest] {
                let key = key_of(address, spelling, rest);
                let found = address_of_key(key.as_bytes());
                prop_assert_eq!(found, Some(address.to_canonical()), "{}", key);
            }
        }
    }

    #[test]
    fn the_address_of_any_key_is_as_the_rule_says(key in nearly_an_address()) {
        prop_assert_eq!(address_of_key(key.as_bytes()), plain_reading(&key));
    }

    #[test]
    fn any_bytes_may_follow_an_address(rest in prop::collection::vec(any::<u8>(), 0..600)) {
        for (address, key) in [("192.0.2.1", "192.0.2.1:"), ("2001:db8::1", "[2001:db8::1]:")] {
            let key = [key.as_bytes(), &rest].concat();
            prop_assert_eq!(address_of_key(&key), address.parse().ok());
        }
        prop_assert_eq!(address_of_key(&[b"x", &*rest].concat()), None);
    }
}

/// Bits strewn over all networks, a different one for each number.
fn nth_network(number: u32) -> (IpAddr, u8) {
    let bits = number.wrapping_mul(0x9e37_79b1);
    if number.is_multiple_of(2) {
        (Ipv4Addr::from_bits(bits).into(), 32)
    } else {
        (Ipv6Addr::from_bits(u128::from(bits) << 64).into(), 64)
    }
}

#[test]
fn any_of_a_million_entries_is_found() {
    const ENTRIES: u32 = 1_000_000;
    let mut lists = Lists::default();
    for number in 0..ENTRIES {
        let (address, length) = nth_network(number);
        lists.add_network(Network::new(address, length).unwrap(), Listing::Deny);
    }
    for number in (0..ENTRIES).step_by(9) {
        let (address, _) = nth_network(number);
        let verdict = lists.verdict(address.to_string().as_bytes());
        assert_eq!(verdict, Some(Listing::Deny), "{address}");
    }
    for number in ENTRIES..ENTRIES + 1000 {
        let (address, _) = nth_network(number);
        assert_eq!(lists.verdict(address.to_string().as_bytes()), None);
    }
}
