//! One run a table: a session's lock, which outlives the run's COMMITs.
//!
//! No SQL can take, await or release it. It is a lock of PostgreSQL's own lock table, of the kind that was set aside for
//! user locks before there were advisory locks, and nothing else uses that kind. Since it belongs to the default
//! lock method, PostgreSQL releases it when a transaction of the session is aborted, and neither
//! `pg_advisory_unlock_all()` nor `DISCARD ALL` does. `pg_locks` shows it with `locktype = 'userlock'`, `objid` the
//! table.

use pgrx::{pg_guard, pg_sys};
use std::cell::Cell;

/// The first number of the lock: "PHCR" in ASCII. The second is the table's oid.
const CLASS: u32 = 0x5048_4352;
const MODE: pg_sys::LOCKMODE = pg_sys::ExclusiveLock as pg_sys::LOCKMODE;

thread_local! {
    static IS_REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// Takes the lock; false if another session has it. A session that has it keeps it.
pub fn take(table: pg_sys::Oid) -> bool {
    let tag = tag(table);
    if is_held(&tag) {
        return true;
    }
    if !IS_REGISTERED.replace(true) {
        // SAFETY: the callback lives as long as the process; it is registered once.
        unsafe { pg_sys::on_shmem_exit(Some(at_exit), pg_sys::Datum::null()) };
    }
    // SAFETY: a well-formed tag; the call does not wait.
    let result = unsafe { pg_sys::LockAcquire(&tag, MODE, true, true) };
    result != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL
}

/// Gives the lock back, if this session has it.
pub fn give_back(table: pg_sys::Oid) {
    let tag = tag(table);
    if is_held(&tag) {
        // SAFETY: a lock that this session holds.
        unsafe { pg_sys::LockRelease(&tag, MODE, true) };
    }
}

fn is_held(tag: &pg_sys::LOCKTAG) -> bool {
    // SAFETY: a well-formed tag; looks into this process's own table of locks.
    unsafe {
        #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
        return pg_sys::LockHeldByMe(tag, MODE);
        #[cfg(not(any(feature = "pg14", feature = "pg15", feature = "pg16")))]
        return pg_sys::LockHeldByMe(tag, MODE, false);
    }
}

fn tag(table: pg_sys::Oid) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: set once a backend is connected to its database.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: CLASS,
        locktag_field3: table.to_u32(),
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_USERLOCK as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    }
}

/// A session that ends between two transactions aborts none, so nobody else would release what it holds.
#[pg_guard]
unsafe extern "C-unwind" fn at_exit(_code: i32, _argument: pg_sys::Datum) {
    // SAFETY: the last transaction has ended, and the process still has its place in the lock table.
    unsafe { pg_sys::LockReleaseAll(pg_sys::DEFAULT_LOCKMETHOD as u16, true) };
}
