//! The filter before the list of suppressed numbers.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::sending::number_filter::{
    BLOCK, TAG, add, false_alarms, is_empty, may_have, words_for,
};
use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

fn words(entries: usize) -> Vec<AtomicU64> {
    (0..words_for(entries)).map(|_| AtomicU64::new(0)).collect()
}

/// A tag as good as random (splitmix64, twice).
fn tag(seed: u64) -> [u8; TAG] {
    let mix = |seed: u64| {
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let mut tag = [0; TAG];
    tag[..8].copy_from_slice(&mix(seed).to_le_bytes());
    tag[8..].copy_from_slice(&mix(!seed).to_le_bytes());
    tag
}

#[test]
fn as_many_as_it_is_made_for_give_at_most_one_false_alarm_in_256() {
    const ENTRIES: u64 = 200_000;
    let words = words(ENTRIES as usize);
    (0..ENTRIES).for_each(|seed| add(&words, tag(seed)));
    assert!((0..ENTRIES).all(|seed| may_have(&words, tag(seed))));
    let others = 1_000_000;
    let alarms = (0..others)
        .filter(|other| may_have(&words, tag(ENTRIES + other)))
        .count() as f64;
    let share = alarms / others as f64;
    assert!(share > 0.0 && share <= 1.0 / 256.0, "{share}");
    let estimate = false_alarms(&words);
    assert!((estimate / share - 1.0).abs() < 0.2, "{estimate} {share}");
}

#[test]
fn an_empty_one_has_nothing_and_none_at_all_has_everything() {
    let words = words(1);
    assert_eq!(words.len(), BLOCK + 1);
    assert_eq!(words_for(0), 0);
    assert!(is_empty(&words));
    assert!(!may_have(&words, tag(1)));
    assert!(may_have(&[], tag(1)));
    add(&[], tag(1));
    assert!(!is_empty(&[]));
    assert_eq!(false_alarms(&words), 0.0);
    add(&words, tag(1));
    assert!(!is_empty(&words));
    assert_eq!(false_alarms(&[]), 1.0);
}

proptest! {
    #[test]
    fn what_was_added_is_there(entries in 1_usize..200, tags in prop::collection::vec(any::<[u8; TAG]>(), 0..500)) {
        let words = words(entries);
        for tag in &tags {
            add(&words, *tag);
        }
        prop_assert!(tags.iter().all(|tag| may_have(&words, *tag)));
    }
}
