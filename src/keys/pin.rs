//! The pin: which keys this database was written with.
//!
//! A server started with the wrong key would look up nothing and write mixed data without a word. Once
//! `phone_crypt_pin_keys()` has recorded the keys, any other ring is refused before anything is read or
//! written. The pin is read once a backend and ring, straight from the table (no privileges are needed
//! for that, and no SPI), and again when PostgreSQL says that the table has changed.

use pgrx::{FromDatum, pg_guard, pg_sys};
use phone_crypt_core::crypto::{KeyId, Keyring};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use crate::error::{Error, Result};
use crate::unguarded;

const SCHEMA: &CStr = c"phone_crypt";
const TABLE: &CStr = c"pinned_keys";

/// Whether the present ring has passed the check against the present pin.
static CHECKED: AtomicBool = AtomicBool::new(false);
/// The statement (by its start) at which this process last asked for news from others.
static LISTENED_AT: AtomicI64 = AtomicI64::new(0);
static WATCHED_TABLE: AtomicU32 = AtomicU32::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// One row of `phone_crypt.pinned_keys`.
struct Pin {
    role: String,
    key_id: String,
    hash_scheme: String,
}

/// Makes the next call check again; for a ring that has just changed.
pub fn forget_check() {
    CHECKED.store(false, Ordering::Relaxed);
}

/// Refuses a ring that this database is not pinned to.
///
/// Errors (55000): another primary key, hash key or hash scheme; a pinned key that is not in the ring.
pub fn check(ring: &Keyring) -> Result<()> {
    listen_once_a_statement();
    if CHECKED.load(Ordering::Relaxed) {
        return Ok(());
    }
    compare(ring, &read_pins())?;
    CHECKED.store(true, Ordering::Relaxed);
    Ok(())
}

/// PostgreSQL hears of changes when it takes a lock on a table. A prepared call of a function takes none, so
/// without this a transaction that is already open would never hear of a new pin.
fn listen_once_a_statement() {
    let statement = unguarded::statement_start();
    if LISTENED_AT.load(Ordering::Relaxed) != statement {
        LISTENED_AT.store(statement, Ordering::Relaxed);
        // SAFETY: accepting invalidations is what opening any table does first.
        unsafe { pg_sys::AcceptInvalidationMessages() };
    }
}

fn compare(ring: &Keyring, pins: &[Pin]) -> Result<()> {
    let primary = ring.primary().id().to_string();
    let may_be_primary = |pin: &&Pin| matches!(pin.role.as_str(), "primary" | "next");
    let allowed: Vec<&Pin> = pins.iter().filter(may_be_primary).collect();
    if !allowed.is_empty() && !allowed.iter().any(|pin| pin.key_id == primary) {
        return Err(mismatch("key", &allowed[0].key_id, primary));
    }
    for pin in pins {
        let id: Option<KeyId> = pin.key_id.parse().ok();
        if let Some(missing) = id.filter(|id| ring.find(*id).is_none()) {
            return Err(Error::PinnedKeyMissing(missing));
        }
        if pin.role == "hash" {
            compare_hash(ring, pin)?;
        }
    }
    Ok(())
}

fn compare_hash(ring: &Keyring, pin: &Pin) -> Result<()> {
    let found = ring.hash_key().id().to_string();
    if found != pin.key_id {
        return Err(mismatch("hash key", &pin.key_id, found));
    }
    let scheme = ring.schemes().as_str();
    if scheme != pin.hash_scheme {
        return Err(mismatch("hash scheme", &pin.hash_scheme, scheme.to_owned()));
    }
    Ok(())
}

fn mismatch(what: &'static str, pinned: &str, found: String) -> Error {
    Error::PinMismatch {
        what,
        pinned: pinned.to_owned(),
        found,
    }
}

/// Tells every backend to check again. Called by the table's trigger, so that COPY from a dump counts too.
pub fn announce_change(table: pg_sys::Oid) {
    // SAFETY: queues an invalidation that is sent when the transaction commits.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(table) };
}

#[pg_guard]
unsafe extern "C-unwind" fn on_invalidation(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    let table = WATCHED_TABLE.load(Ordering::Relaxed);
    // Invalid means "anything may have changed".
    if relation == pg_sys::InvalidOid || relation.to_u32() == table {
        CHECKED.store(false, Ordering::Relaxed);
    }
}

fn watch(table: pg_sys::Oid) {
    WATCHED_TABLE.store(table.to_u32(), Ordering::Relaxed);
    if !WATCHING.swap(true, Ordering::Relaxed) {
        // SAFETY: the callback lives as long as the process; it is registered once.
        unsafe {
            pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), pg_sys::Datum::null())
        };
    }
}

fn read_pins() -> Vec<Pin> {
    // SAFETY: a catalogue look-up inside a transaction; the names are NUL-terminated constants.
    let table = unsafe {
        let schema = pg_sys::get_namespace_oid(SCHEMA.as_ptr(), true);
        pg_sys::get_relname_relid(TABLE.as_ptr(), schema)
    };
    if table == pg_sys::InvalidOid {
        return Vec::new();
    }
    // Watch first: a change that commits while the table is being read must not be missed.
    watch(table);
    // SAFETY: the relation stays open and locked while its tuples are read.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as i32);
        let pins = scan(relation);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
        pins
    }
}

/// # Safety
/// `relation` must be the open table `phone_crypt.pinned_keys`.
unsafe fn scan(relation: pg_sys::Relation) -> Vec<Pin> {
    let mut pins = Vec::new();
    // SAFETY: the snapshot is registered for the length of the scan. It is the newest one, since an old
    // REPEATABLE READ snapshot must not hide a pin; parallel workers may not take one and share the leader's.
    unsafe {
        let snapshot = if pg_sys::IsInParallelMode() {
            pg_sys::GetActiveSnapshot()
        } else {
            pg_sys::GetLatestSnapshot()
        };
        let snapshot = pg_sys::RegisterSnapshot(snapshot);
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::InvalidOid,
            false,
            snapshot,
            0,
            std::ptr::null_mut(),
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            pins.push(Pin {
                role: column(tuple, relation, 1),
                key_id: column(tuple, relation, 2),
                hash_scheme: column(tuple, relation, 3),
            });
        }
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
    }
    pins
}

/// A text column of the pin table; empty where it is NULL.
///
/// # Safety
/// `tuple` must be of `relation`, and the column of type text.
unsafe fn column(tuple: pg_sys::HeapTuple, relation: pg_sys::Relation, number: i32) -> String {
    let mut is_null = false;
    // SAFETY: the caller's promise; the text is copied while the tuple is still there.
    unsafe {
        let datum = pg_sys::heap_getattr(tuple, number, (*relation).rd_att, &mut is_null);
        String::from_datum(datum, is_null).unwrap_or_default()
    }
}
