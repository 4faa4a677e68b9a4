//! How several databases share the slots of the memory engine.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(unused_imports)]
mod ratelimit_support;
#[allow(unused_imports)]
mod slots_support;

use phone_crypt_core::ratelimit::{Entry, Full, KeyName, Owner, Quota, State};
use slots_support::Memory;

const NOW: i64 = 1_000_000;
const SLOTS: usize = 64;

fn owner(index: u32) -> Owner {
    Owner {
        database: 5 + index,
        table: 16_384,
        index,
    }
}

/// Memory whose owners have tables that have been read, and held nothing.
fn memory() -> Memory {
    let mut memory = Memory::new(SLOTS, 1);
    for index in 0..8 {
        memory.lock().owner(owner(index)).loaded = true;
    }
    memory
}

/// A hit on a new key of an owner, in a window of 5 ms.
fn hit(memory: &mut Memory, owner: Owner, number: usize, now_us: i64) -> Result<usize, Full> {
    let quota = Quota::new(9, 5_000, None).unwrap();
    let entry = Entry {
        state: Some(State::counted(Some(&quota), now_us, 1)),
        ..Entry::EMPTY
    };
    let name = format!("key {number}");
    let key = memory.key(owner, KeyName::plain(name.as_bytes()));
    let mut slots = memory.lock();
    let index = slots.insert(&key, &Entry::EMPTY, 0, now_us)?;
    slots.keep(index, &entry);
    Ok(index)
}

/// Hits so many new keys. How many found a slot.
fn flood(memory: &mut Memory, owner: Owner, keys: std::ops::Range<usize>) -> usize {
    keys.filter(|number| hit(memory, owner, *number, NOW).is_ok())
        .count()
}

fn used(memory: &mut Memory, owner: Owner) -> usize {
    memory.lock().owner(owner).used as usize
}

/// The table gets everything of an owner.
fn flush(memory: &mut Memory, owner: Owner) {
    let mut slots = memory.lock();
    let all: Vec<usize> = slots.of(owner, 0..SLOTS).map(|(index, _)| index).collect();
    for index in all {
        let snapshot = slots.snapshot(index);
        let slot = *slots.slot(index);
        slots.mark_flushed(&snapshot, slot.name());
    }
}

#[test]
fn whoever_comes_finds_slots_however_many_the_others_hold() {
    let mut memory = memory();
    let had: Vec<usize> = (0..4)
        .map(|index| flood(&mut memory, owner(index), 0..10 * SLOTS))
        .collect();
    assert_eq!(had, [48, 12, 3, 1]);
}

#[test]
fn who_has_its_share_gives_up_its_own_for_each_new_key_and_the_others_keep_theirs() {
    let mut memory = memory();
    flood(&mut memory, owner(1), 0..9);
    flush(&mut memory, owner(1));
    let first = flood(&mut memory, owner(0), 0..SLOTS);
    assert!((36..48).contains(&first), "{first}");
    flush(&mut memory, owner(0));
    assert_eq!(flood(&mut memory, owner(0), SLOTS..10 * SLOTS), first);
    assert_eq!(used(&mut memory, owner(0)), first);
    assert_eq!(used(&mut memory, owner(1)), 9);
    assert_eq!(memory.lock().owner(owner(1)).evictions, 0);
}

#[test]
fn who_has_fewer_takes_what_another_has_flushed_until_both_have_as_many() {
    let mut memory = memory();
    assert_eq!(flood(&mut memory, owner(0), 0..SLOTS), 48);
    flush(&mut memory, owner(0));
    flood(&mut memory, owner(1), 0..SLOTS);
    let (first, second) = (used(&mut memory, owner(0)), used(&mut memory, owner(1)));
    assert!(first.abs_diff(second) <= 1, "{first} and {second}");
    // And none of them takes any more from the other.
    flush(&mut memory, owner(0));
    flush(&mut memory, owner(1));
    flood(&mut memory, owner(0), SLOTS..2 * SLOTS);
    flood(&mut memory, owner(1), SLOTS..2 * SLOTS);
    assert_eq!(used(&mut memory, owner(0)), first);
    assert_eq!(used(&mut memory, owner(1)), second);
}

#[test]
fn what_is_over_is_nobodys() {
    let mut memory = memory();
    assert_eq!(flood(&mut memory, owner(0), 0..SLOTS), 48);
    let later = NOW + 5_000;
    let second = (0..SLOTS).filter(|number| hit(&mut memory, owner(1), *number, later).is_ok());
    assert_eq!(second.count(), 48);
    assert!(used(&mut memory, owner(0)) <= 16);
}

#[test]
fn who_has_none_takes_even_the_only_slot_of_another() {
    let mut memory = Memory::new(1, 1);
    for index in [0, 1, 0] {
        let who = owner(index);
        memory.lock().owner(who).loaded = true;
        assert_eq!(flood(&mut memory, who, 0..1), 1);
        assert_eq!(flood(&mut memory, owner(2), 0..1), 0, "it is not flushed");
        flush(&mut memory, who);
    }
}

#[test]
fn after_a_restart_everything_finds_its_slot_again() {
    let mut memory = memory();
    for number in 0..SLOTS {
        let name = format!("key {number}");
        let key = memory.key(owner(0), KeyName::plain(name.as_bytes()));
        assert!(memory.lock().restore(&key, NOW + 5_000, NOW).is_ok());
    }
    assert_eq!(used(&mut memory, owner(0)), SLOTS);
    // What has been flushed makes room for others.
    assert!(hit(&mut memory, owner(1), 0, NOW).is_ok());
}
