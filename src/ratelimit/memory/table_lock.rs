//! A background task's transactions: each holds a lock on the table, and knows that it is still the owner's.

use pgrx::bgworkers::BackgroundWorker;
use phone_crypt_core::ratelimit::Owner;
use std::panic::AssertUnwindSafe;

use crate::pg::{Oid, relation};
use crate::ratelimit::state::state_table::RATE_LIMITS;
use crate::ratelimit::state::state_table::{StateTable, state_table};

/// Runs something in a transaction, with the table locked against being dropped or replaced; it is given the
/// table. `None` if the table is another one by now, or somebody has a lock on it that does not go with ours:
/// whoever drops the extension is not to be waited for.
pub fn in_table<R>(owner: Owner, run: impl FnOnce(&StateTable) -> R) -> Option<R> {
    BackgroundWorker::transaction(AssertUnwindSafe(|| {
        let oid = Oid::from(owner.table);
        let is_locked = relation::try_lock_for_writing(oid);
        let is_ours = is_locked && RATE_LIMITS.watch() == Some(oid);
        is_ours
            .then(|| state_table().ok())
            .flatten()
            .map(|table| run(&table))
    }))
}
