//! The pins of databases in shared memory, so that a new backend need not open the table.
//!
//! A backend stores what it has read, and the next one takes it from there. Whoever commits a change of the table
//! drops what is stored after the commit has taken effect and before its client hears of it. What somebody began to
//! read before that is not stored. A transaction that has written something, which may be the pins, neither uses the
//! cache nor stores anything; nor does a standby, where nobody commits.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::pg::invalidation::on_relation_change;
use crate::pg::{Oid, preload, process, relation, transaction};
use crate::{shared_lock_static, shared_static};

/// The table of pins.
const TABLE: &str = "pinned_keys";
/// Databases with an entry. More than that take turns, and lose time.
const ENTRIES: usize = 32;
/// Bytes of an entry. Pins that need more (under a hundred regions do not) are not stored.
const ROOM: usize = 512;

/// Which entry is whose: `database << 32 | table`, 0 where it is nobody's. Changes under the lock of the entries.
#[derive(Default)]
pub struct Owners([AtomicU64; ENTRIES]);

/// The entries, and the next one to be given to another database.
#[derive(Default)]
pub struct Entries {
    entries: [Entry; ENTRIES],
    next: usize,
}

/// What a database is pinned to, as [`super::pin`] writes it down.
#[derive(Clone, Copy)]
struct Entry {
    /// Changes with whatever makes what was read before obsolete.
    version: u64,
    /// The length of the text; None where it is not known.
    length: Option<usize>,
    bytes: [u8; ROOM],
}

impl Default for Entry {
    fn default() -> Entry {
        Entry {
            version: 0,
            length: None,
            bytes: [0; ROOM],
        }
    }
}

impl Entry {
    fn forget(&mut self) {
        self.version += 1;
        self.length = None;
    }
}

shared_static! { pub OWNERS: Owners = c"phone_crypt pin cache owners"; }
shared_lock_static! { pub CACHE: Entries = c"phone_crypt pin cache"; }

/// Starts watching tables. Called by `_PG_init`; without preload there is no cache.
pub fn init() {
    if preload::in_progress() {
        on_relation_change(forget);
    }
}

/// The right to store what is read from now on.
pub struct Ticket {
    index: usize,
    version: u64,
}

/// To be called before the table is read. None where nothing is to be stored.
pub fn begin(table: Oid) -> Option<Ticket> {
    if !is_usable() {
        return None;
    }
    let owner = owner(table);
    let mut cache = CACHE.exclusive();
    let index = match position(|other| other == owner) {
        Some(index) => index,
        None => {
            let index = position(|other| database_of(other) == database_of(owner))
                .unwrap_or(cache.next % ENTRIES);
            cache.next = cache.next.wrapping_add(1);
            cache.entries[index].forget();
            OWNERS.get().0[index].store(owner, Ordering::Release);
            index
        }
    };
    let version = cache.entries[index].version;
    Some(Ticket { index, version })
}

/// Stores what the table says.
pub fn store(ticket: &Ticket, text: &str) {
    let mut cache = CACHE.exclusive();
    let entry = &mut cache.entries[ticket.index];
    if entry.version == ticket.version
        && let Some(room) = entry.bytes.get_mut(..text.len())
    {
        room.copy_from_slice(text.as_bytes());
        entry.length = Some(text.len());
    }
}

/// Calls `read` with this database's table and what it says, if that is known.
pub fn find<T>(read: impl FnOnce(Oid, &str) -> T) -> Option<T> {
    if !is_usable() {
        return None;
    }
    let cache = CACHE.share();
    let index = position(|other| database_of(other) == process::database().to_u32())?;
    let entry = cache.entries.get(index)?;
    let text = std::str::from_utf8(entry.bytes.get(..entry.length?)?).ok()?;
    let table = OWNERS.get().0[index].load(Ordering::Acquire) as u32;
    Some(read(Oid::from(table), text))
}

/// Other databases, and what their tables say, as far as that is known.
pub fn others() -> Vec<(Oid, String)> {
    if !preload::is_preloaded() || process::is_recovering() {
        return Vec::new();
    }
    let own = process::database().to_u32();
    let cache = CACHE.share();
    let owners = OWNERS.get().0.iter().zip(&cache.entries);
    let others = owners.filter_map(|(owner, entry)| {
        let database = database_of(owner.load(Ordering::Acquire));
        let text = std::str::from_utf8(entry.bytes.get(..entry.length?)?).ok()?;
        (database != 0 && database != own).then(|| (Oid::from(database), text.to_owned()))
    });
    others.collect()
}

/// Called for every relation that changes, so it takes no lock but for a table of pins. Within the transaction that
/// changes one it is too early: others still read what was there before.
fn forget(relation: Oid) {
    let owner = owner(relation);
    if position(|other| other == owner).is_some() {
        forget_own();
        if transaction::has_written() {
            transaction::at_commit(forget_own);
        }
    }
}

/// This transaction changes one of the extension's tables.
pub fn note_change(table: Oid) {
    let is_pins = || relation::schema_and_name(table).is_some_and(|(_, name)| name == TABLE);
    if preload::is_preloaded() && is_pins() {
        transaction::at_commit(forget_own);
    }
}

fn forget_own() {
    let mut cache = CACHE.exclusive();
    if let Some(index) = position(|other| database_of(other) == process::database().to_u32()) {
        cache.entries[index].forget();
    }
}

fn is_usable() -> bool {
    preload::is_preloaded() && !process::is_recovering() && !transaction::has_written()
}

fn owner(table: Oid) -> u64 {
    process::with_database(table.to_u32())
}

fn database_of(owner: u64) -> u32 {
    (owner >> 32) as u32
}

fn position(is_wanted: impl Fn(u64) -> bool) -> Option<usize> {
    let mut owners = OWNERS.get().0.iter();
    owners.position(|owner| is_wanted(owner.load(Ordering::Acquire)))
}
