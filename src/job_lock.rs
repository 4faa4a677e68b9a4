//! One run a table: a session's advisory lock, which outlives the run's COMMITs.
//!
//! A run that fails would leave such a lock with its session, and the table closed to every other one. So a
//! callback gives it back when a transaction of the run is aborted.

use pgrx::{pg_guard, pg_sys};
use std::cell::{Cell, RefCell};

/// The first number of the advisory lock: "PHCR" in ASCII. The second is the table's oid.
const CLASS: u32 = 0x5048_4352;

thread_local! {
    static HELD: RefCell<Vec<pg_sys::Oid>> = const { RefCell::new(Vec::new()) };
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// Takes the lock; false if another session has it.
pub fn take(table: pg_sys::Oid) -> bool {
    if HELD.with_borrow(|held| held.contains(&table)) {
        return true;
    }
    if !REGISTERED.replace(true) {
        // SAFETY: the callback lives as long as the process; it is registered once.
        unsafe { pg_sys::RegisterXactCallback(Some(at_end), std::ptr::null_mut()) };
    }
    // SAFETY: a well-formed tag of an advisory lock of this database.
    let result =
        unsafe { pg_sys::LockAcquire(&tag(table), pg_sys::ExclusiveLock as i32, true, true) };
    let taken = result != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL;
    if taken {
        HELD.with_borrow_mut(|held| held.push(table));
    }
    taken
}

/// Gives the lock back, if this session has it.
pub fn give_back(table: pg_sys::Oid) {
    let had = HELD.with_borrow_mut(|held| {
        let place = held.iter().position(|held| *held == table);
        place.map(|place| held.swap_remove(place))
    });
    if had.is_some() {
        release(table);
    }
}

fn release(table: pg_sys::Oid) {
    // SAFETY: a lock that this session holds.
    unsafe { pg_sys::LockRelease(&tag(table), pg_sys::ExclusiveLock as i32, true) };
}

/// As `SET_LOCKTAG_ADVISORY` fills it in; 2 says that there are two numbers of 32 bits.
fn tag(table: pg_sys::Oid) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: set once a backend is connected to its database.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: CLASS,
        locktag_field3: table.to_u32(),
        locktag_field4: 2,
        locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_end(
    event: pg_sys::XactEvent::Type,
    _argument: *mut std::ffi::c_void,
) {
    if event == pg_sys::XactEvent::XACT_EVENT_ABORT {
        for table in HELD.take() {
            release(table);
        }
    }
}
