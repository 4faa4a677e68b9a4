//! The transaction that this backend is in.

use pgrx::{PgSqlErrorCode, ereport, pg_guard, pg_sys};
use std::cell::{Cell, RefCell};

thread_local! {
    static AT_COMMIT: RefCell<Vec<fn()>> = const { RefCell::new(Vec::new()) };
    static AT_EVERY_END: RefCell<Vec<fn(Ending)>> = const { RefCell::new(Vec::new()) };
    static IS_REGISTERED: Cell<bool> = const { Cell::new(false) };
}

/// How far a transaction is at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// About to commit or to be prepared: statements can still be run, and an error still ends it.
    Before,
    /// Committed, prepared or rolled back: nothing can be looked up, and nothing may fail.
    Over,
}

/// Whether it has a transaction id, so that it may have written something that only it can see.
pub fn has_written() -> bool {
    // SAFETY: reads a variable of this process; parallel workers have their leader's.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

/// Whether a row can be written now that another transaction may have written since this one began: it is not read-only, and
/// sees what was committed meanwhile.
pub fn may_write_at_once() -> bool {
    // SAFETY: reads variables of this process, and the server's state.
    unsafe {
        !pg_sys::XactReadOnly
            && pg_sys::XactIsoLevel <= pg_sys::XACT_READ_COMMITTED as i32
            && !pg_sys::IsInParallelMode()
            && !pg_sys::RecoveryInProgress()
    }
}

/// The number of the innermost subtransaction, or of the transaction itself. Later ones have greater numbers.
pub fn part() -> u32 {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

/// Whether the transaction sees the same rows however often it looks: REPEATABLE READ, or SERIALIZABLE.
pub fn has_one_snapshot() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 }
}

/// Calls `work` once when this transaction has committed, before its client hears of it. It must raise no error.
///
/// Errors: where the transaction is to be prepared instead, that fails (0A000).
pub fn at_commit(work: fn()) {
    AT_COMMIT.with_borrow_mut(|all| {
        if !all.iter().any(|other| std::ptr::fn_addr_eq(*other, work)) {
            all.push(work);
        }
    });
    register();
}

/// Calls `work` at the end of this transaction and of every later one, in parallel workers too. Those that were added first
/// are called first. Called by `_PG_init`.
pub fn at_every_end(work: fn(Ending)) {
    AT_EVERY_END.with_borrow_mut(|all| all.push(work));
    register();
}

fn register() {
    if !IS_REGISTERED.replace(true) {
        // SAFETY: the callback lives as long as the process; it is registered once.
        unsafe { pg_sys::RegisterXactCallback(Some(at_end), std::ptr::null_mut()) };
    }
}

/// Whether rows can be written at all: it is not read-only, not a parallel worker's, and the server is no standby.
pub fn may_write() -> bool {
    // SAFETY: reads variables of this process, and the server's state.
    unsafe { !pg_sys::XactReadOnly && !pg_sys::IsInParallelMode() && !pg_sys::RecoveryInProgress() }
}

/// Runs statements where no statement of the client's is being run any more: before a commit. An error ends the transaction.
pub fn with_snapshot<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: in a transaction; the snapshot is popped again, or goes with the transaction that an error aborts.
    unsafe {
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        let result = work();
        pg_sys::PopActiveSnapshot();
        result
    }
}

/// Whether there is a transaction in which something can be looked up.
pub fn is_in_progress() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::IsTransactionState() }
}

#[pg_guard]
unsafe extern "C-unwind" fn at_end(
    event: pg_sys::XactEvent::Type,
    _argument: *mut std::ffi::c_void,
) {
    use pg_sys::XactEvent::*;
    let ending = match event {
        XACT_EVENT_PRE_COMMIT | XACT_EVENT_PARALLEL_PRE_COMMIT | XACT_EVENT_PRE_PREPARE => {
            Ending::Before
        }
        _ => Ending::Over,
    };
    // Nothing is borrowed while one is called.
    let nth = |index: usize| AT_EVERY_END.with_borrow(|all| all.get(index).copied());
    for work in (0..).map_while(nth) {
        work(ending);
    }
    match event {
        XACT_EVENT_COMMIT => {
            for work in AT_COMMIT.take() {
                work();
            }
        }
        XACT_EVENT_ABORT => AT_COMMIT.set(Vec::new()),
        // Who commits it later would not know what to do.
        XACT_EVENT_PRE_PREPARE if AT_COMMIT.with_borrow(|all| !all.is_empty()) => {
            ereport!(
                ERROR,
                PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED,
                "cannot PREPARE a transaction that has changed the pins, lockdowns, read budgets or watches of a phone_crypt \
                 database, or written down what its shared memory counted"
            );
        }
        _ => {}
    }
}

/// Whether the client has a transaction block open: then a procedure cannot COMMIT. Within a subtransaction it always says so.
pub fn is_in_block() -> bool {
    // SAFETY: reads the state of this backend's transaction.
    unsafe { pg_sys::IsTransactionBlock() }
}
