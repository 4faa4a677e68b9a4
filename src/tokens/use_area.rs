//! What tokens are used for, in shared memory: a verification writes to no table. A task of the worker writes it down.
//!
//! Entries are found by open addressing, within a few places of where a token's id leads to. Where a token has two, which happens
//! when two sessions enter it at once, or while one is written down, both count. Without preload there is no such memory, and
//! nothing is counted.

use phone_crypt_core::token::{ID_LEN, TokenId};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};

use super::error::Error;
use super::store;
use crate::pg::unwritten::{self, State};
use crate::pg::{Oid, TimestampTz, process};
use crate::shared_static;

/// Tokens, of all databases, that can be used between two flushes and are counted.
const ENTRIES: usize = 8192;
/// Entries that one may be in.
const REACH: usize = 32;

const NO_ADDRESS: u32 = 0;
const V4: u32 = 4;
const V6: u32 = 6;

/// The uses of one token. All but the state is read and written by whoever has made it busy.
#[derive(Default)]
struct Entry {
    state: State,
    family: AtomicU32,
    /// The id's first eight characters and its last four.
    id: [AtomicU64; 2],
    count: AtomicU64,
    last: AtomicI64,
    address: [AtomicU64; 2],
}

impl unwritten::Entry for Entry {
    fn state(&self) -> &State {
        &self.state
    }
}

pub struct Entries {
    /// Uses that found no room.
    lost: AtomicU64,
    entries: [Entry; ENTRIES],
}

impl Default for Entries {
    fn default() -> Entries {
        Entries {
            lost: AtomicU64::new(0),
            entries: std::array::from_fn(|_| Entry::default()),
        }
    }
}

shared_static! { pub USES: Entries = c"phone_crypt uses of API tokens"; }

/// How a token was used since it was last written down.
#[derive(Clone)]
pub struct Uses {
    /// The token's id.
    pub id: TokenId,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: TimestampTz,
    /// From where last, if that is known.
    pub address: Option<IpAddr>,
}

/// Counts a use of a token, now. True if it is the first since uses were taken out.
///
/// Errors: no table of tokens, 55000.
pub fn note(id: TokenId, client: Option<IpAddr>) -> Result<bool, Error> {
    if USES.find().is_some() {
        let uses = Uses {
            id,
            count: 1,
            last: process::now(),
            address: client.map(|client| client.to_canonical()),
        };
        return Ok(add(own_owner()?, &uses));
    }
    Ok(false)
}

/// Who the tokens of this database are.
///
/// Errors: no table of tokens, 55000.
pub fn own_owner() -> Result<u64, Error> {
    Ok(process::with_database(store::table()?.to_u32()))
}

/// Whether there are uses of a database's tokens that are written nowhere.
pub fn is_used(database: Oid) -> bool {
    unwritten::owners(entries(), database).next().is_some()
}

/// Gives up the uses of a database's tokens.
pub fn forget(database: Oid) {
    unwritten::forget(entries(), database);
}

fn entries() -> &'static [Entry] {
    USES.find().map_or(&[], |area| &area.entries)
}

/// The uses of an owner's tokens that the current snapshot does not see in the table.
pub fn all(owner: u64) -> Vec<Uses> {
    unwritten::unseen(entries(), owner, read)
}

/// Hands the uses of an owner's tokens over to this transaction; `returned` is called if it does not commit.
///
/// Errors: where the transaction is to be prepared, that fails (0A000).
pub fn hand_over(owner: u64, returned: fn()) -> Vec<Uses> {
    unwritten::hand_over(entries(), owner, read, returned)
}

/// Uses that found no room, of all databases, since the server started.
pub fn lost() -> u64 {
    USES.find()
        .map_or(0, |uses| uses.lost.load(Ordering::Relaxed))
}

/// Adds uses. True if they have got an entry that was free.
fn add(owner: u64, uses: &Uses) -> bool {
    let area = USES.get();
    let id = words(uses.id);
    let first = place(owner, id);
    let near = (0..REACH).filter_map(|step| area.entries.get((first + step) % ENTRIES));
    let is_its = |entry: &Entry| {
        entry.state.owner() == owner
            && entry.id[0].load(Ordering::Relaxed) == id[0]
            && entry.id[1].load(Ordering::Relaxed) == id[1]
    };
    // What is read of an entry that is not busy may be out of date, so it is read again once it is.
    for entry in near.clone().filter(|entry| is_its(entry)) {
        if entry.state.hold() {
            let is_still = is_its(entry);
            if is_still {
                merge(entry, uses);
            }
            entry.state.release();
            if is_still {
                return false;
            }
        }
    }
    let Some(entry) = unwritten::enter(near, owner) else {
        area.lost.fetch_add(uses.count, Ordering::Relaxed);
        return false;
    };
    entry.id[0].store(id[0], Ordering::Relaxed);
    entry.id[1].store(id[1], Ordering::Relaxed);
    entry.count.store(0, Ordering::Relaxed);
    entry.last.store(i64::MIN, Ordering::Relaxed);
    entry.family.store(NO_ADDRESS, Ordering::Relaxed);
    merge(entry, uses);
    entry.state.release();
    true
}

/// Adds uses to an entry that is busy.
fn merge(entry: &Entry, uses: &Uses) {
    let count = entry.count.load(Ordering::Relaxed);
    entry
        .count
        .store(count.saturating_add(uses.count), Ordering::Relaxed);
    if uses.last < entry.last.load(Ordering::Relaxed) {
        return;
    }
    entry.last.store(uses.last, Ordering::Relaxed);
    if let Some(address) = uses.address {
        let (family, bits) = match address {
            IpAddr::V4(address) => (V4, u128::from(address.to_bits())),
            IpAddr::V6(address) => (V6, address.to_bits()),
        };
        entry.address[0].store((bits >> 64) as u64, Ordering::Relaxed);
        entry.address[1].store(bits as u64, Ordering::Relaxed);
        entry.family.store(family, Ordering::Relaxed);
    }
}

/// Reads an entry that is busy.
fn read(entry: &Entry) -> Option<Uses> {
    let [first, second] = entry.id.each_ref().map(|word| word.load(Ordering::Relaxed));
    let id = [&first.to_be_bytes()[..], &second.to_be_bytes()[4..]].concat();
    let [high, low] = entry
        .address
        .each_ref()
        .map(|word| word.load(Ordering::Relaxed));
    let bits = u128::from(high) << 64 | u128::from(low);
    let address = match entry.family.load(Ordering::Relaxed) {
        V4 => Some(IpAddr::from((bits as u32).to_be_bytes())),
        V6 => Some(IpAddr::V6(Ipv6Addr::from_bits(bits))),
        _ => None,
    };
    Some(Uses {
        id: TokenId::parse(&id).ok()?,
        count: entry.count.load(Ordering::Relaxed),
        last: entry.last.load(Ordering::Relaxed),
        address,
    })
}

/// An id as two numbers.
fn words(id: TokenId) -> [u64; 2] {
    let mut bytes = [0; 16];
    let text = id.as_str().as_bytes();
    bytes[..8].copy_from_slice(&text[..8]);
    bytes[12..].copy_from_slice(&text[8..ID_LEN]);
    let number = u128::from_be_bytes(bytes);
    [(number >> 64) as u64, number as u64]
}

/// Where the search for an entry begins. Ids are random already: no client chooses one that is counted.
fn place(owner: u64, id: [u64; 2]) -> usize {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = (id[0] ^ id[1].rotate_left(32) ^ owner).wrapping_mul(ODD);
    (mixed >> 32) as usize % ENTRIES
}
