//! What a backend remembers of a table, and whether it is still so.

use pgrx::pg_sys;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Oid;
use super::invalidation::on_relation_change;
use super::unguarded;

/// A table of our own, of which this process remembers something.
pub struct CachedTable {
    schema: &'static CStr,
    name: &'static CStr,
    table: AtomicU32,
    is_valid: AtomicBool,
    is_watched: AtomicBool,
}

/// Those that are watched.
static WATCHED: Mutex<Vec<&'static CachedTable>> = Mutex::new(Vec::new());
/// The statement (by its start) at which this process last asked for news from others.
static LISTENED_AT: AtomicI64 = AtomicI64::new(0);

impl CachedTable {
    /// The table of this schema and name.
    pub const fn new(schema: &'static CStr, name: &'static CStr) -> CachedTable {
        CachedTable {
            schema,
            name,
            table: AtomicU32::new(0),
            is_valid: AtomicBool::new(false),
            is_watched: AtomicBool::new(false),
        }
    }

    /// Whether nobody has changed the table since `mark_valid`.
    pub fn is_valid(&self) -> bool {
        self.is_valid.load(Ordering::Relaxed)
    }

    /// What is remembered of the table is what is there now. To be called before it is read: a change that arrives
    /// meanwhile makes it be read again.
    pub fn mark_valid(&self) {
        self.is_valid.store(true, Ordering::Relaxed);
    }

    /// Makes the next use read again.
    pub fn invalidate(&self) {
        self.is_valid.store(false, Ordering::Relaxed);
    }

    /// The table's oid, as far as is known; `Oid::INVALID` where it is not.
    pub fn oid(&self) -> Oid {
        Oid::from(self.table.load(Ordering::Relaxed))
    }

    /// Whether it is this relation, as far as is known.
    pub fn is(&self, relation: Oid) -> bool {
        relation.to_u32() == self.table.load(Ordering::Relaxed)
    }

    /// The table's oid; `None` if it does not exist. From now on this process hears of changes: one that commits while
    /// the table is being read is not missed.
    pub fn watch(&'static self) -> Option<Oid> {
        // SAFETY: catalogue look-ups inside a transaction; the names are NUL-terminated constants.
        let table = unsafe {
            let schema = pg_sys::get_namespace_oid(self.schema.as_ptr(), true);
            pg_sys::get_relname_relid(self.name.as_ptr(), schema)
        };
        self.watch_known(table);
        (table != Oid::INVALID).then_some(table)
    }

    /// As [`CachedTable::watch`], where the table's oid is known.
    pub fn watch_known(&'static self, table: Oid) {
        self.table.store(table.to_u32(), Ordering::Relaxed);
        if !self.is_watched.swap(true, Ordering::Relaxed) {
            let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
            watched.push(self);
            if watched.len() == 1 {
                on_relation_change(invalidate_changed);
            }
        }
    }
}

fn invalidate_changed(relation: Oid) {
    let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    for cached in watched.iter() {
        // Invalid means "anything may have changed".
        if relation == Oid::INVALID || cached.is(relation) {
            cached.invalidate();
        }
    }
}

/// Makes everything be read again, after an error in the middle of reading.
pub fn invalidate_all() {
    invalidate_changed(Oid::INVALID);
}

/// PostgreSQL hears of changes when it takes a lock on a table. A prepared call of a function takes none, so
/// without this a transaction that is already open would never hear of one.
pub fn listen_once_a_statement() {
    let statement = unguarded::statement_start();
    if LISTENED_AT.load(Ordering::Relaxed) != statement {
        LISTENED_AT.store(statement, Ordering::Relaxed);
        listen();
    }
}

/// Hears of what others have committed so far.
pub fn listen() {
    // SAFETY: accepting invalidations is what opening any table does first.
    unsafe { pg_sys::AcceptInvalidationMessages() };
}

/// Tells every backend to read the table again, once this transaction commits. Called by the tables' triggers, so
/// that COPY from a dump counts too.
pub fn announce_change(table: Oid) {
    // SAFETY: queues an invalidation that is sent when the transaction commits.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(table) };
}
