//! What background workers need beyond pgrx's own.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_guard, pg_sys};
use std::ffi::{CStr, c_int};
use std::panic::AssertUnwindSafe;

use super::table_scan::scan;
use super::{Datum, Oid};

/// The connection limit of a database that is half dropped (`DATCONNLIMIT_INVALID_DB`).
const INVALID_DATABASE: i32 = -2;

unsafe extern "C-unwind" {
    /// PostgreSQL's handler, without pgrx's guard: a signal handler raises no error.
    fn die(signal: c_int);
}

/// Connects this worker to shared memory and to no database.
pub fn connect_to_none() {
    connect(Oid::INVALID, 0);
}

/// Connects this worker to a database, as the superuser that made the cluster, also where connections are not
/// allowed. Ends the process where the database is gone.
pub fn connect_to(database: Oid) {
    connect(database, pg_sys::BGWORKER_BYPASS_ALLOWCONN);
}

fn connect(database: Oid, flags: u32) {
    // SAFETY: a worker that asked for a connection and has none yet.
    unsafe {
        pg_sys::BackgroundWorkerInitializeConnectionByOid(database, Oid::INVALID, flags);
    }
}

/// Whatever this worker waits for, SIGTERM ends it, as it ends a session. To be called first: signals are blocked until
/// then.
pub fn end_at_sigterm() {
    // SAFETY: the handler is PostgreSQL's own; signals are blocked until here.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(pg_sys::SIGTERM as i32, Some(die));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(pg_sys::SIGTERM as i32, Some(die));
        pg_sys::BackgroundWorkerUnblockSignals();
    }
}

/// Whether [`end_at_sigterm`] is about to end it.
pub fn is_told_to_end() -> bool {
    // SAFETY: reads a variable that signal handlers of this process set.
    unsafe { pg_sys::ProcDiePending != 0 }
}

thread_local! {
    static AT_EXIT: std::cell::Cell<Option<fn(usize)>> = const { std::cell::Cell::new(None) };
}

/// Calls `work` with `argument` at the end of this worker, whatever it is. It must raise no error. There is room for one.
pub fn at_exit(work: fn(usize), argument: usize) {
    AT_EXIT.set(Some(work));
    // SAFETY: the callback lives as long as the process.
    unsafe { pg_sys::on_shmem_exit(Some(on_exit), Datum::from(argument)) };
}

#[pg_guard]
unsafe extern "C-unwind" fn on_exit(_code: c_int, argument: Datum) {
    if let Some(work) = AT_EXIT.take() {
        work(argument.value());
    }
}

/// Sets settings for the rest of this worker's life.
pub fn set_settings(settings: &[(&CStr, &CStr)]) {
    for (name, value) in settings {
        // SAFETY: NUL-terminated names and values.
        unsafe {
            pg_sys::SetConfigOption(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_SUSET,
                pg_sys::GucSource::PGC_S_SESSION,
            );
        }
    }
}

/// Reads the server's configuration again. For a worker's main loop.
pub fn reload_configuration() {
    // SAFETY: the main loop of a process is where settings are read again.
    unsafe { pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP) };
}

/// Ends this worker so that the postmaster starts it again: after exit code 0 it would not.
pub fn exit_for_restart() {
    // SAFETY: no transaction is open, and nothing of the caller is left to be dropped.
    unsafe { pg_sys::proc_exit(1) }
}

/// The databases there are, without those whose DROP was broken off: nobody can connect to them. `None` if somebody has
/// `pg_database` locked. In a transaction.
pub fn databases() -> Option<Vec<Oid>> {
    let mode = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: in a transaction, whose end releases the lock.
    if !unsafe { pg_sys::ConditionalLockRelationOid(pg_sys::DatabaseRelationId, mode) } {
        return None;
    }
    let mut databases = Vec::new();
    scan(pg_sys::DatabaseRelationId, |row| {
        let oid: Option<Oid> = row.get(pg_sys::Anum_pg_database_oid as i32);
        let connections: Option<i32> = row.get(pg_sys::Anum_pg_database_datconnlimit as i32);
        if connections != Some(INVALID_DATABASE) {
            databases.extend(oid);
        }
    });
    Some(databases)
}

/// Whether a database can be connected to: not while it is being dropped or copied. The lock is the one that
/// connecting takes. It is not kept: a worker would wait behind whoever waits for it.
pub fn can_connect(database: Oid) -> bool {
    let mode = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let tag = pg_sys::LOCKTAG {
        locktag_field1: 0,
        locktag_field2: pg_sys::DatabaseRelationId.to_u32(),
        locktag_field3: database.to_u32(),
        locktag_field4: 0,
        locktag_type: pg_sys::LockTagType::LOCKTAG_OBJECT as u8,
        locktag_lockmethodid: pg_sys::DEFAULT_LOCKMETHOD as u8,
    };
    // SAFETY: in a transaction; what is acquired is released with the same tag and mode.
    BackgroundWorker::transaction(move || unsafe {
        let acquired = pg_sys::LockAcquire(&tag, mode, false, true);
        let can_connect = acquired != pg_sys::LockAcquireResult::LOCKACQUIRE_NOT_AVAIL;
        if can_connect {
            pg_sys::LockRelease(&tag, mode, false);
        }
        can_connect
    })
}

/// Runs something that begins and ends a transaction of its own. An error aborts it, and is given as its SQLSTATE:
/// what else it says may show a key.
pub fn attempt<R>(transaction: impl FnOnce() -> R) -> Result<R, PgSqlErrorCode> {
    PgTryBuilder::new(AssertUnwindSafe(|| Ok(transaction())))
        .catch_others(|cause| {
            let code = match &cause {
                CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
                    report.sql_error_code()
                }
                CaughtError::RustPanic { .. } => cause.rethrow(),
            };
            // SAFETY: what a worker's main loop does after an error; nothing of the transaction is used any more.
            unsafe {
                pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
                pg_sys::AbortCurrentTransaction();
            }
            Err(code)
        })
        .execute()
}
