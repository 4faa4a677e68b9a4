//! What is observed, of all databases, in shared memory.

use phone_crypt_core::sending::observed::Memory;
use std::ffi::CStr;

use crate::pg::shmem::Area;
use crate::zeroed_lock_static;

zeroed_lock_static! { pub OBSERVED: Memory = c"phone_crypt sends observed"; }

/// The area of it.
pub struct ObservedArea;

impl Area for ObservedArea {
    fn name(&self) -> &'static CStr {
        c"phone_crypt sends observed"
    }

    fn size(&self) -> usize {
        OBSERVED.zeroed_size()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        OBSERVED.zeroed_startup(start, was_there);
    }
}

/// Counts as unverified all that is due, with the lock held for some at a time.
pub fn settle(now_s: i64) {
    while OBSERVED.exclusive().book().settle(now_s) {}
}
