//! The extension's own tables, read directly: no SPI, no privileges, no search_path, and the newest rows whatever
//! snapshot the transaction has. And whether what a backend remembers of them is still so.

use pgrx::{IntoDatum, pg_guard, pg_sys};
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

pub use crate::table_row::TableRow;
use crate::table_row::{attribute, check_type};
use crate::unguarded;

const SCHEMA: &CStr = c"phone_crypt";

/// What this process remembers of a table, and whether it still holds.
pub struct Memory {
    name: &'static CStr,
    table: AtomicU32,
    holds: AtomicBool,
}

/// The keys that the database is pinned to.
pub static PINNED_KEYS: Memory = Memory::of(c"pinned_keys");
/// The state of rate limits: only its place is remembered, never its rows.
pub static RATE_LIMITS: Memory = Memory::of(c"rate_limits");
/// The policies of rate limits.
pub static POLICIES: Memory = Memory::of(c"ratelimit_policies");
/// The allow and deny lists.
pub static LISTS: Memory = Memory::of(c"ratelimit_lists");

/// The registry of encrypted columns.
pub static COLUMNS: Memory = Memory::of(c"columns");

static ALL: [&Memory; 5] = [&PINNED_KEYS, &RATE_LIMITS, &POLICIES, &LISTS, &COLUMNS];
static WATCHING: AtomicBool = AtomicBool::new(false);
/// The statement (by its start) at which this process last asked for news from others.
static LISTENED_AT: AtomicI64 = AtomicI64::new(0);

impl Memory {
    const fn of(name: &'static CStr) -> Memory {
        Memory {
            name,
            table: AtomicU32::new(0),
            holds: AtomicBool::new(false),
        }
    }

    /// Whether nobody has changed the table since `remember`.
    pub fn holds(&self) -> bool {
        self.holds.load(Ordering::Relaxed)
    }

    /// What is remembered of the table is what is there now.
    pub fn remember(&self) {
        self.holds.store(true, Ordering::Relaxed);
    }

    /// Makes the next use read again.
    pub fn forget(&self) {
        self.holds.store(false, Ordering::Relaxed);
    }

    /// The table's oid; `None` if it is not there. From now on changes of it are heard of: a change that commits
    /// while the table is being read is not missed.
    pub fn watch(&self) -> Option<pg_sys::Oid> {
        // SAFETY: catalogue look-ups inside a transaction; the names are NUL-terminated constants.
        let table = unsafe {
            let schema = pg_sys::get_namespace_oid(SCHEMA.as_ptr(), true);
            pg_sys::get_relname_relid(self.name.as_ptr(), schema)
        };
        self.table.store(table.to_u32(), Ordering::Relaxed);
        if !WATCHING.swap(true, Ordering::Relaxed) {
            // SAFETY: the callback lives as long as the process; it is registered once.
            unsafe {
                pg_sys::CacheRegisterRelcacheCallback(Some(on_invalidation), pg_sys::Datum::null())
            };
        }
        (table != pg_sys::InvalidOid).then_some(table)
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_invalidation(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    for memory in ALL {
        let table = memory.table.load(Ordering::Relaxed);
        // Invalid means "anything may have changed".
        if relation == pg_sys::InvalidOid || relation.to_u32() == table {
            memory.forget();
        }
    }
}

/// PostgreSQL hears of changes when it takes a lock on a table. A prepared call of a function takes none, so
/// without this a transaction that is already open would never hear of one.
pub fn listen_once_a_statement() {
    let statement = unguarded::statement_start();
    if LISTENED_AT.load(Ordering::Relaxed) != statement {
        LISTENED_AT.store(statement, Ordering::Relaxed);
        // SAFETY: accepting invalidations is what opening any table does first.
        unsafe { pg_sys::AcceptInvalidationMessages() };
    }
}

/// Tells every backend to read the table again, once this transaction commits. Called by the tables' triggers, so
/// that COPY from a dump counts too.
pub fn announce_change(table: pg_sys::Oid) {
    // SAFETY: queues an invalidation that is sent when the transaction commits.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(table) };
}

/// Reads all rows of a table.
pub fn scan(table: pg_sys::Oid, each: impl FnMut(&TableRow)) {
    read(table, pg_sys::InvalidOid, None, each);
}

/// Reads the row of `table` whose text key is this, through its primary key. The key's collation is C.
pub fn scan_key(table: pg_sys::Oid, index: pg_sys::Oid, key: &[u8], each: impl FnMut(&TableRow)) {
    read(table, index, Some(key), each);
}

fn read(
    table: pg_sys::Oid,
    index: pg_sys::Oid,
    key: Option<&[u8]>,
    mut each: impl FnMut(&TableRow),
) {
    let _guard = ForgetAfterError;
    // SAFETY: the relation stays open and locked, and the snapshot registered, for the length of the scan. It is
    // the newest snapshot, since that of an old REPEATABLE READ transaction must not hide a change; parallel
    // workers may not take one and share the leader's.
    unsafe {
        let relation = pg_sys::table_open(table, pg_sys::AccessShareLock as i32);
        let snapshot = if pg_sys::IsInParallelMode() {
            pg_sys::GetActiveSnapshot()
        } else {
            pg_sys::GetLatestSnapshot()
        };
        let snapshot = pg_sys::RegisterSnapshot(snapshot);
        if key.is_some() {
            check_type((*attribute((*relation).rd_att, 0)).atttypid, &KEY_TYPES);
        }
        let mut condition = key.map(equals_first_column);
        let scan = pg_sys::systable_beginscan(
            relation,
            index,
            index != pg_sys::InvalidOid,
            snapshot,
            i32::from(condition.is_some()),
            condition.as_mut().map_or(std::ptr::null_mut(), |key| key),
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            each(&TableRow::of(tuple, (*relation).rd_att));
        }
        pg_sys::systable_endscan(scan);
        pg_sys::UnregisterSnapshot(snapshot);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as i32);
    }
}

/// Whoever reads a table says beforehand that its memory holds. After an error, or a cancel, it does not.
struct ForgetAfterError;

impl Drop for ForgetAfterError {
    fn drop(&mut self) {
        if std::thread::panicking() {
            ALL.iter().for_each(|memory| memory.forget());
        }
    }
}

/// Types whose values `texteq` compares.
const KEY_TYPES: [pg_sys::Oid; 2] = [pg_sys::TEXTOID, pg_sys::VARCHAROID];

/// "The first column, a text of collation C, is this."
fn equals_first_column(key: &[u8]) -> pg_sys::ScanKeyData {
    let mut condition = pg_sys::ScanKeyData::default();
    let text = unguarded::small_text(key).map(pg_sys::Datum::from);
    let text = text.or_else(|| key.into_datum());
    // SAFETY: the condition is filled in whole; ScanKeyInit compares under collation C.
    unsafe {
        pg_sys::ScanKeyInit(
            &mut condition,
            1,
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::Oid::from(pg_sys::F_TEXTEQ),
            text.unwrap_or(pg_sys::Datum::null()),
        );
    }
    condition
}
