//! What is said of networks of one family, found by the longest prefix.

use std::collections::HashMap;

use super::network::{Bits, Prefix};

/// A value for each prefix. One hash map for each length in use: real lists use few lengths, so a look-up is a
/// few probes whatever the number of prefixes.
#[derive(Debug, Clone)]
pub(super) struct Prefixes<B, V> {
    /// Longest first.
    lengths: Vec<(u8, HashMap<B, V>)>,
}

impl<B, V> Default for Prefixes<B, V> {
    fn default() -> Self {
        Prefixes {
            lengths: Vec::new(),
        }
    }
}

impl<B: Bits, V: Copy + Ord> Prefixes<B, V> {
    /// Gives a prefix a value. Of several the greatest stays.
    pub(super) fn insert(&mut self, prefix: Prefix<B>, value: V) {
        let longer = |(length, _): &(u8, _)| *length > prefix.length;
        let index = self.lengths.partition_point(longer);
        match self.lengths.get_mut(index) {
            Some((length, values)) if *length == prefix.length => {
                let stays = values.entry(prefix.bits).or_insert(value);
                *stays = value.max(*stays);
            }
            _ => {
                let values = HashMap::from([(prefix.bits, value)]);
                self.lengths.insert(index, (prefix.length, values));
            }
        }
    }

    /// The value of the longest prefix that the address begins with.
    pub(super) fn longest_match(&self, address: B) -> Option<V> {
        self.lengths
            .iter()
            .find_map(|(length, values)| values.get(&address.masked(*length)).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::{Prefix, Prefixes};

    fn prefixes(entries: &[(u32, u8, char)]) -> Prefixes<u32, char> {
        let mut prefixes = Prefixes::default();
        for &(bits, length, value) in entries {
            prefixes.insert(Prefix { bits, length }, value);
        }
        prefixes
    }

    #[test]
    fn the_longest_prefix_wins_in_whatever_order_they_came() {
        let mut entries = [
            (0, 0, 'a'),
            (0x0a00_0000, 8, 'b'),
            (0x0a01_0000, 16, 'c'),
            (0x0a01_0203, 32, 'd'),
        ];
        for _ in 0..entries.len() {
            entries.rotate_left(1);
            let prefixes = prefixes(&entries);
            for (address, value) in [
                (0x0a01_0203, 'd'),
                (0x0a01_0204, 'c'),
                (0x0a02_0000, 'b'),
                (0xffff_ffff, 'a'),
            ] {
                assert_eq!(prefixes.longest_match(address), Some(value));
            }
        }
    }

    #[test]
    fn an_address_outside_every_prefix_has_no_value() {
        let prefixes = prefixes(&[(0x0a00_0000, 8, 'b')]);
        assert_eq!(prefixes.longest_match(0x0b00_0000), None);
        assert_eq!(prefixes.longest_match(0x09ff_ffff), None);
    }

    #[test]
    fn of_several_values_the_greatest_stays() {
        for values in [['b', 'c'], ['c', 'b']] {
            let prefixes = prefixes(&values.map(|value| (0x0a00_0000, 8, value)));
            assert_eq!(prefixes.longest_match(0x0a00_0001), Some('c'));
        }
    }
}
