//! The time zones of numbers by their first digits, from libphonenumber's table of them.

struct Tables {
    names: &'static [&'static str],
    /// Each a list of indexes of names.
    sets: &'static [&'static [u16]],
    /// First digits as a number, in order, and the index of their set.
    prefixes: &'static [(u32, u16)],
}

static TABLES: Tables = include!(concat!(env!("OUT_DIR"), "/time_zones.rs"));

/// Digits in the longest prefix.
const LONGEST: usize = 9;

/// The zones of the longest prefix of `digits` that is known; none where no prefix is.
pub(super) fn of_longest_prefix(digits: &str) -> Vec<&'static str> {
    let Some(set) = (1..=LONGEST.min(digits.len())).rev().find_map(|length| {
        let prefix: u32 = digits.get(..length)?.parse().ok()?;
        let (_, set) = TABLES.prefixes[search(prefix)?];
        TABLES.sets.get(usize::from(set))
    }) else {
        return Vec::new();
    };
    set.iter()
        .filter_map(|name| TABLES.names.get(usize::from(*name)).copied())
        .collect()
}

fn search(prefix: u32) -> Option<usize> {
    TABLES
        .prefixes
        .binary_search_by_key(&prefix, |(known, _)| *known)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, TABLES, of_longest_prefix};

    #[test]
    fn the_longest_prefix_counts() {
        assert_eq!(of_longest_prefix("61401148075"), of_longest_prefix("614"));
        assert_ne!(of_longest_prefix("61892232223"), of_longest_prefix("61"));
        assert_eq!(of_longest_prefix(""), Vec::<&str>::new());
        assert_eq!(of_longest_prefix("999"), Vec::<&str>::new());
    }

    #[test]
    fn no_prefix_is_longer_than_is_looked_for() {
        let longest = TABLES
            .prefixes
            .iter()
            .map(|(prefix, _)| prefix.ilog10() + 1);
        assert_eq!(longest.max(), Some(LONGEST as u32));
        assert!(TABLES.prefixes.is_sorted());
    }
}
