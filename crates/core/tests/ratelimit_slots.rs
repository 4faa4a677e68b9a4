//! The memory engine's hash table: no key ever knows that there are too few slots.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(unused_imports)]
mod ratelimit_support;
mod slots_support;

use phone_crypt_core::ratelimit::{
    Entry, Found, Full, KeyName, MAX_KEY, MAX_OWNERS, Owner, Quota, SlotKey, State,
};
use ratelimit_support::Sequence;
use slots_support::{Memory, Simulation};

#[test]
fn every_key_is_as_if_nothing_were_ever_given_away() {
    let (mut evictions, mut refused) = (0, 0);
    for seed in 0..1_500 {
        let mut sequence = Sequence::new(seed);
        let mut simulation = Simulation::new(&mut sequence);
        for _ in 0..300 {
            simulation.step(&mut sequence);
        }
        evictions += simulation.counts(0).evictions;
        refused += simulation.refused;
    }
    assert!(
        evictions > 500 && refused > 1_000,
        "{evictions} evictions, {refused} refusals"
    );
}

const NOW: i64 = 1_000_000;
const OWNER: Owner = Owner {
    database: 5,
    table: 16_384,
    index: 0,
};

/// An entry of one hit that matters for so long.
fn lasting(window_us: i64) -> Entry {
    let quota = Quota::new(9, window_us, None).unwrap();
    Entry {
        state: Some(State::counted(Some(&quota), NOW, 1)),
        ..Entry::EMPTY
    }
}

/// Memory whose owner has a table that has been read, and held nothing.
fn loaded(slots: usize) -> Memory {
    let mut memory = Memory::new(slots, 1);
    memory.lock().owner(OWNER).loaded = true;
    memory
}

/// Takes a slot for a key and keeps an entry there.
fn put(memory: &mut Memory, bytes: &[u8], entry: &Entry, now_us: i64) -> Result<usize, Full> {
    let key = memory.key(OWNER, KeyName::plain(bytes));
    let mut slots = memory.lock();
    let index = slots.insert(&key, &Entry::EMPTY, 0, now_us)?;
    slots.keep(index, entry);
    Ok(index)
}

fn find(memory: &mut Memory, bytes: &[u8], now_us: i64) -> Found {
    let key = memory.key(OWNER, KeyName::plain(bytes));
    memory.lock().find(&key, now_us)
}

/// A flush of one slot.
fn flush(memory: &mut Memory, index: usize, bytes: &[u8]) {
    let snapshot = memory.lock().snapshot(index);
    memory.lock().mark_flushed(&snapshot, KeyName::plain(bytes));
}

#[test]
fn the_table_is_asked_until_it_has_been_read_and_never_for_what_is_here() {
    let mut memory = Memory::new(2, 1);
    assert_eq!(find(&mut memory, b"a", NOW), Found::Elsewhere(0));
    let index = put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    assert_eq!(find(&mut memory, b"a", NOW), Found::Slot(index));
    assert_eq!(find(&mut memory, b"b", NOW), Found::Elsewhere(0));
    memory.lock().owner(OWNER).loaded = true;
    assert_eq!(find(&mut memory, b"b", NOW), Found::Unknown);
}

#[test]
fn what_is_given_away_while_it_matters_is_looked_up_exactly_as_long_as_it_matters() {
    let mut memory = loaded(1);
    let index = put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    assert_eq!(put(&mut memory, b"b", &lasting(9_000), NOW), Err(Full));
    flush(&mut memory, index, b"a");
    let index = put(&mut memory, b"b", &lasting(9_000), NOW).unwrap();
    assert_eq!(memory.lock().owner(OWNER).evictions, 1);
    assert_eq!(
        find(&mut memory, b"a", NOW + 4_999),
        Found::Elsewhere(memory.lock().removals())
    );
    assert_eq!(find(&mut memory, b"a", NOW + 5_000), Found::Unknown);
    assert_eq!(find(&mut memory, b"b", NOW), Found::Slot(index));
}

#[test]
fn what_is_worthless_goes_first_and_nobody_has_to_look_it_up() {
    let mut memory = loaded(3);
    for (bytes, window_us) in [(b"a", 9_000), (b"b", 2_000), (b"c", 9_000)] {
        let index = put(&mut memory, bytes, &lasting(window_us), NOW).unwrap();
        flush(&mut memory, index, bytes);
    }
    put(&mut memory, b"d", &lasting(9_000), NOW + 2_000).unwrap();
    assert_eq!(find(&mut memory, b"b", NOW + 2_000), Found::Unknown);
    for bytes in [b"a", b"c"] {
        assert!(matches!(
            find(&mut memory, bytes, NOW + 2_000),
            Found::Slot(_)
        ));
    }
    assert_eq!(memory.lock().owner(OWNER).evictions, 0);
}

#[test]
fn when_all_are_taken_room_comes_with_the_first_that_expires_or_is_written_or_given_up() {
    let full = || {
        let mut memory = loaded(2);
        put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
        put(&mut memory, b"b", &lasting(3_000), NOW).unwrap();
        let third = put(&mut memory, b"c", &lasting(9_000), NOW + 2_999);
        assert_eq!(third, Err(Full));
        memory
    };
    let third = |memory: &mut Memory, now_us| put(memory, b"c", &lasting(9_000), now_us).is_ok();
    assert!(third(&mut full(), NOW + 3_000));

    let mut written = full();
    flush(&mut written, 0, b"a");
    assert!(third(&mut written, NOW));

    let mut given_up = full();
    given_up.lock().forget_all(OWNER);
    assert!(third(&mut given_up, NOW));

    let mut only_the_clean = full();
    only_the_clean.lock().forget_clean(OWNER);
    assert!(!third(&mut only_the_clean, NOW));
}

#[test]
fn what_was_reset_while_it_was_being_written_does_not_come_back() {
    let mut memory = loaded(1);
    let index = put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    let snapshot = memory.lock().snapshot(index);
    memory.lock().keep(index, &Entry::EMPTY);
    memory.lock().clean_worthless(OWNER, 0..1, NOW);
    assert_eq!(
        put(&mut memory, b"b", &lasting(5_000), NOW),
        Err(Full),
        "the table will have the key's hits, and only the slot knows better"
    );
    memory.lock().mark_flushed(&snapshot, KeyName::plain(b"a"));
    assert!(memory.lock().slot(index).is_dirty());
    flush(&mut memory, index, b"a");
    assert!(put(&mut memory, b"b", &lasting(5_000), NOW).is_ok());
    assert_eq!(find(&mut memory, b"a", NOW), Found::Unknown);
}

#[test]
fn only_what_is_over_and_its_owners_counts_as_written_without_being_written() {
    let mut memory = loaded(3);
    put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    put(&mut memory, b"b", &lasting(3_000), NOW).unwrap();
    let other = Owner { table: 9, ..OWNER };
    memory.lock().clean_worthless(other, 0..3, NOW + 3_000);
    memory.lock().clean_worthless(OWNER, 0..1, NOW + 3_000);
    assert_eq!(memory.lock().owner(OWNER).dirty, 2);
    memory.lock().clean_worthless(OWNER, 0..3, NOW + 3_000);
    assert_eq!(memory.lock().owner(OWNER).dirty, 1);
    assert!(memory.lock().slot(0).is_dirty());
}

#[test]
fn an_owners_slots_are_listed_a_part_at_a_time() {
    let mut memory = loaded(5);
    for bytes in [b"a", b"b", b"c"] {
        put(&mut memory, bytes, &lasting(5_000), NOW).unwrap();
    }
    let slots = memory.lock();
    assert_eq!(slots.touched(), 3);
    let listed = |part| -> Vec<usize> { slots.of(OWNER, part).map(|(index, _)| index).collect() };
    assert_eq!(listed(0..2), [0, 1]);
    assert_eq!(listed(2..99), [2]);
    assert_eq!(listed(4..99), [0; 0]);
    let other = Owner {
        database: 6,
        ..OWNER
    };
    assert_eq!(slots.of(other, 0..5).count(), 0);
}

#[test]
fn a_key_of_one_table_is_not_that_of_another() {
    let mut memory = loaded(2);
    put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    for other in [
        Owner { table: 9, ..OWNER },
        Owner {
            database: 9,
            ..OWNER
        },
    ] {
        let key = memory.key(other, KeyName::plain(b"a"));
        assert_eq!(memory.lock().find(&key, NOW), Found::Unknown);
    }
    let moved = Owner { index: 7, ..OWNER };
    let key = memory.key(moved, KeyName::plain(b"a"));
    assert_eq!(memory.lock().find(&key, NOW), Found::Slot(0));
}

#[test]
fn a_callers_key_is_not_that_of_a_policy_with_the_same_text() {
    let mut memory = loaded(3);
    let plain = put(&mut memory, b"policy:api:u", &lasting(5_000), NOW).unwrap();
    let key = memory.key(OWNER, KeyName::of_policy(b"policy:api:u"));
    assert_eq!(memory.lock().find(&key, NOW), Found::Unknown);
    let other = memory.lock().insert(&key, &lasting(9_000), 0, NOW).unwrap();
    assert_ne!(other, plain);
    assert_eq!(find(&mut memory, b"policy:api:u", NOW), Found::Slot(plain));
    assert_eq!(memory.lock().find(&key, NOW), Found::Slot(other));
    let snapshot = memory.lock().snapshot(plain);
    memory.lock().mark_flushed(&snapshot, key.name());
    assert!(memory.lock().slot(plain).is_dirty(), "another key's row");
}

#[test]
fn a_policy_that_is_made_anew_begins_in_a_space_of_its_own() {
    let mut memory = loaded(4);
    let name = KeyName::of_policy(b"policy:api:u");
    let [first, second] = [1, 2].map(|space| memory.key(OWNER, name.in_space(space)));
    let old = memory.lock().insert(&first, &lasting(5_000), 0, NOW);
    assert_eq!(memory.lock().find(&second, NOW), Found::Unknown);
    let new = memory.lock().insert(&second, &lasting(5_000), 0, NOW);
    assert_ne!(old, new);
    let plain = put(&mut memory, b"u", &lasting(5_000), NOW);
    memory.lock().forget_spaces(OWNER, &[0, 1]);
    assert_eq!(memory.lock().find(&first, NOW), Found::Unknown);
    assert_eq!(memory.lock().find(&second, NOW), Found::Slot(new.unwrap()));
    assert_eq!(find(&mut memory, b"u", NOW), Found::Slot(plain.unwrap()));
}

#[test]
fn keys_of_every_length_are_found_and_longer_ones_refused() {
    let mut memory = loaded(2 * (MAX_KEY + 1));
    let key = |length| vec![b'k'; length];
    for length in 0..=MAX_KEY {
        let index = put(&mut memory, &key(length), &lasting(5_000), NOW).unwrap();
        assert_eq!(memory.lock().slot(index).name().bytes, key(length));
    }
    for length in 0..=MAX_KEY {
        let found = find(&mut memory, &key(length), NOW);
        assert_eq!(found, Found::Slot(length));
    }
    assert!(SlotKey::new(OWNER, KeyName::plain(&key(MAX_KEY + 1)), [1, 2]).is_none());
    // A policy's name and a caller's key.
    for (length, fits) in [(583, true), (584, true), (585, false)] {
        let name = key(length);
        let found = SlotKey::new(OWNER, KeyName::of_policy(&name), [1, 2]);
        assert_eq!(found.is_some(), fits, "{length}");
    }
    let index = MAX_OWNERS as u32;
    assert!(SlotKey::new(Owner { index, ..OWNER }, KeyName::plain(b"a"), [1, 2]).is_none());
}

#[test]
fn keys_spread_over_partitions_differently_with_each_seed() {
    let counts = |seed| {
        let mut counts = [0; 8];
        for number in 0..8_000 {
            let name = format!("192.0.2.{number}:login");
            let key = SlotKey::new(OWNER, KeyName::plain(name.as_bytes()), seed).unwrap();
            counts[key.partition(8)] += 1;
        }
        counts
    };
    // 1,000 each on average, with a standard deviation of 30.
    for seed in [[1, 2], [3, 4]] {
        let counts = counts(seed);
        assert!(counts.iter().all(|count| (850..1_150).contains(count)));
    }
    assert_ne!(counts([1, 2]), counts([3, 4]));
}

#[test]
fn hits_and_denials_are_counted_for_the_slot_and_its_owner() {
    let mut memory = loaded(1);
    let index = put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    let mut slots = memory.lock();
    slots.count(index, false);
    slots.count(index, true);
    slots.count_only(OWNER, true);
    slots.refuse(OWNER);
    assert_eq!(slots.slot(index).counts(), (2, 1));
    let counts = slots.owner(OWNER);
    assert_eq!((counts.hits, counts.denials, counts.refusals), (3, 2, 1));
}

#[test]
fn a_slot_counts_for_its_present_key_only() {
    let mut memory = loaded(1);
    let index = put(&mut memory, b"a", &lasting(1_000), NOW).unwrap();
    memory.lock().count(index, true);
    put(&mut memory, b"b", &lasting(5_000), NOW + 1_000).unwrap();
    assert_eq!(memory.lock().slot(index).counts(), (0, 0));
}

#[test]
fn what_was_given_up_while_it_was_being_written_is_not_marked() {
    let mut memory = loaded(2);
    let index = put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    put(&mut memory, b"b", &lasting(5_000), NOW).unwrap();
    let snapshot = memory.lock().snapshot(index);
    memory.lock().forget_all(OWNER);
    put(&mut memory, b"c", &lasting(5_000), NOW).unwrap();
    memory.lock().mark_flushed(&snapshot, KeyName::plain(b"a"));
    assert_eq!(memory.lock().owner(OWNER).dirty, 1);
}

#[test]
fn what_is_taken_in_stays_as_long_as_it_matters_whatever_its_row_says() {
    let mut memory = loaded(2);
    for (bytes, row_expires_us) in [(b"a", 0), (b"b", NOW + 9_000)] {
        let key = memory.key(OWNER, KeyName::plain(bytes));
        let entry = lasting(5_000);
        let taken = memory.lock().insert(&key, &entry, row_expires_us, NOW);
        assert!(taken.is_ok());
    }
    assert!(!memory.lock().may_grow(OWNER));
    put(&mut memory, b"c", &lasting(5_000), NOW + 4_999).unwrap();
    assert_eq!(memory.lock().owner(OWNER).evictions, 1);
}

#[test]
fn there_is_room_while_a_slot_was_never_used_or_has_been_given_up() {
    let mut memory = loaded(1);
    assert!(memory.lock().may_grow(OWNER));
    put(&mut memory, b"a", &lasting(5_000), NOW).unwrap();
    assert!(!memory.lock().may_grow(OWNER));
    memory.lock().forget_all(OWNER);
    assert!(memory.lock().may_grow(OWNER));
}
