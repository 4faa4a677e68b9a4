//! What is observed, of all databases, in shared memory.

use phone_crypt_core::sending::observed::Memory;

use crate::zeroed_lock_static;

zeroed_lock_static! { pub OBSERVED: Memory = c"phone_crypt sends observed"; }

/// Counts as unverified all that is due, with the lock held for some at a time.
pub fn settle(now_s: i64) {
    while OBSERVED.exclusive().book().settle(now_s) {}
}
