//! A flusher's transactions: each holds a lock on the table, and knows that it is still the owner's.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_sys;
use phone_crypt_core::ratelimit::Owner;
use std::panic::AssertUnwindSafe;

use crate::ratelimit::{Place, place};
use crate::tables::RATE_LIMITS;

/// Runs something in a transaction, with the table locked against being dropped or replaced; it is given the
/// table's place. `None` if the table is another one by now, or somebody has a lock on it that does not go with ours:
/// whoever drops the extension is not to be waited for.
pub fn in_table<R>(owner: Owner, run: impl FnOnce(&Place) -> R) -> Option<R> {
    BackgroundWorker::transaction(AssertUnwindSafe(|| {
        let table = pg_sys::Oid::from(owner.table);
        let lock_mode = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
        // SAFETY: in a transaction, whose end releases the lock. The table may be gone: then it is a lock on nothing.
        let is_locked = unsafe { pg_sys::ConditionalLockRelationOid(table, lock_mode) };
        let is_ours = is_locked && RATE_LIMITS.watch() == Some(table);
        is_ours
            .then(|| place().ok())
            .flatten()
            .map(|place| run(&place))
    }))
}
