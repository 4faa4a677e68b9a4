//! This process, as PostgreSQL knows it.

use pgrx::pg_sys;
use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::TimestampTz;

/// The major version that the library was built for.
pub const MAJOR: u32 = pg_sys::PG_VERSION_NUM / 10_000;

/// The operating system's process id.
pub fn id() -> u32 {
    // SAFETY: a variable that PostgreSQL sets first thing after a fork.
    unsafe { pg_sys::MyProcPid as u32 }
}

/// The index in PostgreSQL's process array, which no other process has while this one lives; None for a
/// process outside of it.
pub fn number() -> Option<usize> {
    #[cfg(not(any(feature = "pg14", feature = "pg15", feature = "pg16")))]
    // SAFETY: a variable of this process, set before a query can run.
    let number = unsafe { pg_sys::MyProcNumber };
    #[cfg(any(feature = "pg14", feature = "pg15", feature = "pg16"))]
    // SAFETY: a field of this process's own entry, set before a query can run.
    let number = unsafe { (*pg_sys::MyProc).pgprocno };
    usize::try_from(number).ok()
}

/// The database that this backend is connected to.
pub fn database() -> pg_sys::Oid {
    // SAFETY: a variable that is set once a backend is connected.
    unsafe { pg_sys::MyDatabaseId }
}

/// A number of this database (an oid, an id) and the database in one: `database << 32 | number`, by which things of many databases
/// are told apart in shared memory. Never 0, which no database has.
pub fn with_database(number: u32) -> u64 {
    u64::from(database().to_u32()) << 32 | u64::from(number)
}

/// Whether this process is the postmaster, and not one of its children.
pub fn is_postmaster() -> bool {
    // SAFETY: two flags that are set before any library is loaded.
    unsafe { pg_sys::IsPostmasterEnvironment && !pg_sys::IsUnderPostmaster }
}

/// True until the server may write: it recovers, or is a standby. Raises nothing, so that it can be asked with a
/// lock held.
pub fn is_recovering() -> bool {
    // SAFETY: reads the server's state.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Whether the server takes writes. As [`is_recovering`], without a call once it does.
#[inline]
pub fn is_primary() -> bool {
    static IS_PRIMARY: AtomicBool = AtomicBool::new(false);
    IS_PRIMARY.load(Ordering::Relaxed) || {
        let is_primary = !is_recovering();
        IS_PRIMARY.store(is_primary, Ordering::Relaxed);
        is_primary
    }
}

/// Whether pg_upgrade moves a cluster here.
pub fn is_binary_upgrade() -> bool {
    // SAFETY: a variable that is set when the server starts.
    unsafe { pg_sys::IsBinaryUpgrade }
}

/// Whether this process applies the changes of a logical replication subscription.
pub fn applies_changes() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::IsLogicalWorker() }
}

/// Has cached plans be made anew: they keep what was made of literals, and of functions of them, under settings or keys
/// that are others by now.
pub fn reset_plans() {
    // SAFETY: marks the plans of this process, whether there are any or not, in a transaction or not.
    unsafe { pg_sys::ResetPlanCache() };
}

/// When this process last read its configuration.
pub fn reload_time() -> TimestampTz {
    // SAFETY: a variable that this process sets when it reloads.
    unsafe { pg_sys::PgReloadTime }
}

/// The server's clock, in microseconds since PostgreSQL's epoch.
pub fn now() -> TimestampTz {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// Removes a variable from the environment of this process and of those it starts later. For the postmaster
/// while it loads its libraries.
pub fn remove_environment_variable(name: impl AsRef<OsStr>) {
    debug_assert!(super::preload::in_progress());
    // SAFETY: the postmaster is single-threaded while it loads its libraries.
    unsafe { std::env::remove_var(name) };
}
