//! Reading the table into memory, so that keys need not be looked up one by one.

use phone_crypt_core::ratelimit::{Found, Owner, SlotKey};
use std::sync::atomic::Ordering;

use super::owners::entry;
use super::shmem::{header, layout, lock, partition_of};
use crate::pg::Oid;
use crate::pg::clock::now_us;
use crate::ratelimit::state::rows;
use crate::worker::beat;

/// Loads every live row of an owner's table. Runs in a transaction of the owner's database.
pub fn load(owner: Owner) {
    // Whatever is removed from now on may come back newer than the rows that are about to be read.
    let removals: Vec<u64> = (0..layout().partitions)
        .map(|number| lock(number).removals())
        .collect();
    rows::each_row(Oid::from(owner.table), |name, row| {
        beat();
        let Some(key) = SlotKey::new(owner, name, header().seed) else {
            return;
        };
        let now_us = now_us();
        if row.is_durable || row.expires_us <= now_us {
            return;
        }
        let number = partition_of(&key);
        let mut partition = lock(number);
        if matches!(partition.find(&key, now_us), Found::Slot(_)) {
            return;
        }
        let is_current = partition.still_holds(removals[number]) && partition.may_grow(owner);
        let is_in = is_current
            && partition
                .insert(&key, &row.entry, row.expires_us, now_us)
                .is_ok();
        if !is_in {
            partition.leave_in_table(owner, row.expires_us);
        }
    });
    for number in 0..layout().partitions {
        lock(number).owner(owner).loaded = true;
    }
    entry(owner).is_loaded.store(true, Ordering::Relaxed);
}
