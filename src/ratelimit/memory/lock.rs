//! PostgreSQL's lightweight locks, taken without pgrx's guard: nothing here raises an error.

use pgrx::pg_sys;
use std::ffi::c_int;

unsafe extern "C-unwind" {
    /// Raises an error only when this process holds 200 locks already.
    fn LWLockAcquire(lock: *mut pg_sys::LWLock, mode: c_int) -> bool;
    /// As `LWLockAcquire`, without waiting.
    fn LWLockConditionalAcquire(lock: *mut pg_sys::LWLock, mode: c_int) -> bool;
    fn LWLockRelease(lock: *mut pg_sys::LWLock);
}

/// A lock that is held until dropped. Interrupts wait meanwhile.
pub struct Held(*mut pg_sys::LWLock);

impl Held {
    /// Waits for the lock, and holds it alone.
    ///
    /// # Safety
    /// `lock` must be an initialised lock in shared memory that this process does not hold, and at most a few
    /// dozen others may be held with it.
    pub unsafe fn exclusively(lock: *mut pg_sys::LWLock) -> Held {
        // SAFETY: the caller's promise.
        unsafe { LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE as c_int) };
        Held(lock)
    }

    /// Holds the lock alone, if nobody has it.
    ///
    /// # Safety
    /// As `exclusively`.
    pub unsafe fn if_free(lock: *mut pg_sys::LWLock) -> Option<Held> {
        // SAFETY: the caller's promise.
        let is_held =
            unsafe { LWLockConditionalAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE as c_int) };
        is_held.then_some(Held(lock))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: this process took the lock, and lets it go once.
        unsafe { LWLockRelease(self.0) };
    }
}
