//! Decisions in shared memory, until they are written down.
//!
//! Each takes the next free entry of a ring, or one of the few after that; where there is none it is lost, and counted as that.

use phone_crypt_core::sending::{LineType, Reason, Warnings};
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

use super::record::{Block, Record};
use crate::pg::unwritten::{self, State};
use crate::pg::{Oid, TimestampTz, process};
use crate::ratelimit;
use crate::sending::error::Result;
use crate::shared_static;

/// Decisions, of all databases, that can be made between two flushes and are recorded.
const ENTRIES: usize = 8192;
/// Entries that one may be in.
const REACH: u64 = 32;

const HAS_HASH: u32 = 1 << 16;
const HAS_BLOCK: u32 = 1 << 17;
const HAS_REGION: u32 = 1 << 18;
const HAS_TYPE: u32 = 1 << 19;
const RECORDS_ONLY: u32 = 1 << 20;
const ALLOWED: u32 = 1 << 21;

/// One decision. All but the state is read and written by whoever has made it busy.
#[derive(Default)]
struct Entry {
    state: State,
    /// The reason, the type, and what there is.
    facts: AtomicU32,
    at: AtomicI64,
    space: AtomicI32,
    warnings: AtomicU32,
    region: AtomicU32,
    hash: [AtomicU64; 4],
    block: [AtomicU64; 2],
}

impl unwritten::Entry for Entry {
    fn state(&self) -> &State {
        &self.state
    }
}

pub struct Entries {
    /// Decisions that found no room.
    lost: AtomicU64,
    /// Where the search for a free entry begins.
    next: AtomicU64,
    entries: [Entry; ENTRIES],
}

impl Default for Entries {
    fn default() -> Entries {
        Entries {
            lost: AtomicU64::new(0),
            next: AtomicU64::new(0),
            entries: std::array::from_fn(|_| Entry::default()),
        }
    }
}

shared_static! { pub DECISIONS: Entries = c"phone_crypt decisions about sends"; }

/// Who the decisions of this database are.
///
/// Errors: no table of rate limits, 55000.
pub fn own_owner() -> Result<u64> {
    let table = ratelimit::storage()?.oid;
    Ok(process::with_database(table.to_u32()))
}

/// Keeps a decision, if there is room.
pub fn add(owner: u64, record: &Record) {
    let area = DECISIONS.get();
    let first = area.next.fetch_add(1, Ordering::Relaxed);
    let near = (0..REACH)
        .map(|step| first.wrapping_add(step) as usize % ENTRIES)
        .filter_map(|index| area.entries.get(index));
    match unwritten::enter(near, owner) {
        Some(entry) => {
            write(entry, record);
            entry.state.release();
        }
        None => {
            area.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The decisions of an owner that the current snapshot does not see in the table.
pub fn all(owner: u64) -> Vec<Record> {
    unwritten::unseen(entries(), owner, read)
}

/// Hands the decisions of an owner over to this transaction; `returned` is called if it does not commit.
///
/// Errors: where the transaction is to be prepared, that fails (0A000).
pub fn hand_over(owner: u64, returned: fn()) -> Vec<Record> {
    unwritten::hand_over(entries(), owner, read, returned)
}

/// Removes the decisions about numbers of these hashes. How many were written nowhere.
pub fn remove(owner: u64, hashes: &[[u8; 32]]) -> usize {
    let hash = |entry: &Entry| read(entry).and_then(|record| record.hash);
    unwritten::remove(entries(), owner, |entry| {
        hash(entry).is_some_and(|hash| hashes.contains(&hash))
    })
}

/// Decisions that found no room, of all databases, since the server started.
pub fn lost() -> u64 {
    DECISIONS
        .find()
        .map_or(0, |area| area.lost.load(Ordering::Relaxed))
}

/// Whether there are decisions of a database that are written nowhere.
pub fn is_used(database: Oid) -> bool {
    unwritten::owners(entries(), database).next().is_some()
}

/// Gives up the decisions of a database.
pub fn forget(database: Oid) {
    unwritten::forget(entries(), database);
}

fn entries() -> &'static [Entry] {
    DECISIONS.find().map_or(&[], |area| &area.entries)
}

/// Fills in an entry that is busy.
fn write(entry: &Entry, record: &Record) {
    let has = |is_there: bool, bit: u32| if is_there { bit } else { 0 };
    let facts = u32::from(record.reason.number())
        | u32::from(record.line_type.map_or(0, LineType::number)) << 8
        | has(record.hash.is_some(), HAS_HASH)
        | has(record.block.is_some(), HAS_BLOCK)
        | has(record.region.is_some(), HAS_REGION)
        | has(record.line_type.is_some(), HAS_TYPE)
        | has(record.records_only, RECORDS_ONLY)
        | has(record.allowed, ALLOWED);
    let [a, b, c] = record.region.unwrap_or_default();
    entry.facts.store(facts, Ordering::Relaxed);
    entry.at.store(record.at, Ordering::Relaxed);
    entry.space.store(record.space, Ordering::Relaxed);
    entry
        .warnings
        .store(record.warnings.bits(), Ordering::Relaxed);
    entry
        .region
        .store(u32::from_be_bytes([0, a, b, c]), Ordering::Relaxed);
    store(&entry.hash, &record.hash.unwrap_or_default());
    store(&entry.block, &record.block.unwrap_or_default());
}

/// Reads an entry that is busy.
fn read(entry: &Entry) -> Option<Record> {
    let facts = entry.facts.load(Ordering::Relaxed);
    let [_, a, b, c] = entry.region.load(Ordering::Relaxed).to_be_bytes();
    let has = |bit: u32| facts & bit != 0;
    let at: TimestampTz = entry.at.load(Ordering::Relaxed);
    let block: Block = load(&entry.block);
    Some(Record {
        at,
        space: entry.space.load(Ordering::Relaxed),
        hash: has(HAS_HASH).then(|| load(&entry.hash)),
        block: has(HAS_BLOCK).then_some(block),
        region: has(HAS_REGION).then_some([a, b, c]),
        line_type: LineType::of_number((facts >> 8) as u8).filter(|_| has(HAS_TYPE)),
        reason: Reason::of_number(facts as u8)?,
        warnings: Warnings::of_bits(entry.warnings.load(Ordering::Relaxed)),
        records_only: has(RECORDS_ONLY),
        allowed: has(ALLOWED),
    })
}

fn store(words: &[AtomicU64], bytes: &[u8]) {
    for (word, bytes) in words.iter().zip(bytes.as_chunks::<8>().0) {
        word.store(u64::from_be_bytes(*bytes), Ordering::Relaxed);
    }
}

fn load<const N: usize>(words: &[AtomicU64]) -> [u8; N] {
    let mut bytes = [0; N];
    for (word, place) in words.iter().zip(bytes.as_chunks_mut::<8>().0) {
        *place = word.load(Ordering::Relaxed).to_be_bytes();
    }
    bytes
}
