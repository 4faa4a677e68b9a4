//! Getting the shared memory, and reaching what lies in it.

use phone_crypt_core::ratelimit::{Slot, SlotKey, Slots};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::layout::{Head, Header, Layout, PARTITIONS_AT};
use crate::pg::clock::now_us;
use crate::pg::lwlock::{self, Held};
use crate::settings;

/// What `pg_stat_activity.wait_event` shows of whoever waits for one of our locks.
const WAIT_EVENT: &std::ffi::CStr = c"PhoneCryptRateLimit";

/// Of the twelve cache lines of a slot, those that a hit on a short key reads.
const LINES_OF_A_HIT: usize = 4;

/// Where it begins; set by the postmaster and inherited by all.
static BASE: AtomicPtr<Header> = AtomicPtr::new(std::ptr::null_mut());
/// Set by the postmaster and inherited by all, too.
static LAYOUT: OnceLock<Layout> = OnceLock::new();

/// Whether there is shared memory.
pub fn is_there() -> bool {
    !BASE.load(Ordering::Relaxed).is_null()
}

/// How many slots there are.
pub fn slots() -> usize {
    let layout = layout();
    layout.partitions * layout.slots
}

#[inline]
pub(super) fn layout() -> &'static Layout {
    LAYOUT.get_or_init(|| Layout::of(settings::ratelimit_slots()))
}

/// Bytes of all of it.
pub(super) fn total() -> usize {
    layout().total()
}

/// Takes the memory, whose start this is. New memory is zeroed by the kernel; zeroes are empty partitions. After a crash
/// it is not new.
pub(super) fn attach(start: *mut u8, was_there: bool) {
    let base: *mut Header = start.cast();
    BASE.store(base, Ordering::Relaxed);
    if was_there {
        return;
    }
    let tranche = lwlock::new_tranche(WAIT_EVENT);
    // SAFETY: the area is as long as the layout says, and nobody else uses it yet.
    unsafe {
        std::ptr::write_bytes(base.cast::<u8>(), 0, PARTITIONS_AT);
        (*base).seed = seed();
        lwlock::initialize(&raw mut (*base).owners_lock, tranche);
        for number in 0..layout().partitions {
            let head = head(number);
            std::ptr::write_bytes(head.cast::<u8>(), 0, layout().slots_at);
            lwlock::initialize(&raw mut (*head).lock, tranche);
        }
    }
}

/// Hashes need not be secret, only unforeseeable: without a random source the clock has to do.
fn seed() -> [u64; 2] {
    match crate::cipher::random_bytes() {
        Ok(bytes) => {
            let number = u128::from_ne_bytes(bytes);
            [number as u64, (number >> 64) as u64]
        }
        Err(_) => [now_us() as u64, 0],
    }
}

/// What comes first in shared memory. There must be some.
pub(super) fn header() -> &'static Header {
    // SAFETY: `is_there` has been checked by whoever got this far; the header stays for the server's life, and
    // what changes in it is atomic.
    unsafe { &*BASE.load(Ordering::Relaxed) }
}

/// # Safety
/// There must be shared memory, and `number` below the number of partitions.
unsafe fn head(number: usize) -> *mut Head {
    // SAFETY: within what was asked for.
    unsafe {
        BASE.load(Ordering::Relaxed)
            .cast::<u8>()
            .add(PARTITIONS_AT + number * layout().stride)
            .cast()
    }
}

/// Which partition a key belongs to.
pub(super) fn partition_of(key: &SlotKey<'_>) -> usize {
    key.partition(layout().partitions)
}

/// Asks the processor to bring the bucket of a key closer, while there is still other work to do.
pub(super) fn prefetch_bucket(key: &SlotKey<'_>) {
    // SAFETY: the bucket is one of the partition's.
    unsafe { bring_closer(bucket_of(key).cast(), 1) };
}

/// Asks the same for the slot, once the bucket is there. Nothing of what is read here without the lock counts: at
/// worst it is another slot that comes.
pub(super) fn prefetch_slot(key: &SlotKey<'_>) {
    let layout = layout();
    // SAFETY: what the bucket says may be out of date, so that it is only taken for a slot's number if there is such
    // a slot.
    unsafe {
        let number = AtomicU32::from_ptr(bucket_of(key)).load(Ordering::Relaxed) as usize;
        if let Some(index) = number.checked_sub(1).filter(|index| *index < layout.slots) {
            let start = head(partition_of(key)).cast::<u8>();
            let slot = start.add(layout.slots_at + index * size_of::<Slot>());
            bring_closer(slot.cast(), LINES_OF_A_HIT);
        }
    }
}

/// # Safety
/// There must be shared memory.
unsafe fn bucket_of(key: &SlotKey<'_>) -> *mut u32 {
    // SAFETY: the buckets follow the head of the key's partition.
    unsafe {
        let start = head(partition_of(key)).cast::<u8>();
        let buckets = start.add(size_of::<Head>()).cast::<u32>();
        buckets.add(key.bucket(layout().buckets))
    }
}

/// # Safety
/// None is needed: it is a hint, which no address makes fail.
#[cfg(target_arch = "x86_64")]
unsafe fn bring_closer(start: *const i8, lines: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    for line in 0..lines {
        // SAFETY: as above.
        unsafe { _mm_prefetch(start.wrapping_add(64 * line), _MM_HINT_T0) };
    }
}

/// Elsewhere the processor is left to itself.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn bring_closer(_start: *const i8, _lines: usize) {}

/// A partition, locked until dropped.
pub(super) struct Partition {
    slots: Slots<'static>,
    _held: Held,
}

impl std::ops::Deref for Partition {
    type Target = Slots<'static>;
    fn deref(&self) -> &Slots<'static> {
        &self.slots
    }
}

impl std::ops::DerefMut for Partition {
    fn deref_mut(&mut self) -> &mut Slots<'static> {
        &mut self.slots
    }
}

/// Locks a partition. The caller holds no lock of ours, or only those of partitions with lower numbers.
pub(super) fn lock(number: usize) -> Partition {
    // SAFETY: the number is taken modulo the partitions there are, which are a power of two.
    unsafe {
        let head = head(number & (layout().partitions - 1));
        partition(head, Held::exclusively(&raw mut (*head).lock))
    }
}

/// Locks a partition if nobody has it. After an immediate stop somebody may, who is no more.
pub(super) fn lock_if_free(number: usize) -> Option<Partition> {
    // SAFETY: as `lock`.
    unsafe {
        let head = head(number & (layout().partitions - 1));
        Some(partition(head, Held::if_free(&raw mut (*head).lock)?))
    }
}

/// # Safety
/// `head` must be that of a partition, and `held` its lock.
unsafe fn partition(head: *mut Head, held: Held) -> Partition {
    let layout = layout();
    // SAFETY: within what was asked for. The references live as long as the lock is held, and nobody else makes any
    // without it.
    unsafe {
        let start = head.cast::<u8>();
        let buckets = start.add(size_of::<Head>()).cast::<u32>();
        let slots = start.add(layout.slots_at).cast::<Slot>();
        Partition {
            slots: Slots::new(
                &mut (*head).header,
                std::slice::from_raw_parts_mut(buckets, layout.buckets),
                std::slice::from_raw_parts_mut(slots, layout.slots),
            ),
            _held: held,
        }
    }
}

/// Holds the lock of the list of owners until dropped.
pub(super) fn lock_owners() -> Held {
    let base = BASE.load(Ordering::Relaxed);
    // SAFETY: as `header`; the lock was initialised with it.
    unsafe { Held::exclusively(&raw mut (*base).owners_lock) }
}
