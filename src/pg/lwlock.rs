//! PostgreSQL's lightweight locks, taken without pgrx's guard: nothing here raises an error.

use pgrx::pg_sys;

pub use pgrx::pg_sys::LWLock;
use std::ffi::c_int;

unsafe extern "C-unwind" {
    /// Raises an error only when this process holds 200 locks already.
    fn LWLockAcquire(lock: *mut LWLock, mode: c_int) -> bool;
    /// As `LWLockAcquire`, without waiting.
    fn LWLockConditionalAcquire(lock: *mut LWLock, mode: c_int) -> bool;
    fn LWLockRelease(lock: *mut LWLock);
}

/// A lock that is held until dropped. Interrupts wait meanwhile.
pub struct Held(*mut LWLock);

impl Held {
    /// Waits for the lock, and holds it alone.
    ///
    /// # Safety
    /// `lock` must be an initialised lock in shared memory that this process does not hold, and at most a few
    /// dozen others may be held with it.
    pub unsafe fn exclusively(lock: *mut LWLock) -> Held {
        // SAFETY: the caller's promise.
        unsafe { LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE as c_int) };
        Held(lock)
    }

    /// Waits for the lock, and holds it with others who only read.
    ///
    /// # Safety
    /// As `exclusively`.
    pub unsafe fn shared(lock: *mut LWLock) -> Held {
        // SAFETY: the caller's promise.
        unsafe { LWLockAcquire(lock, pg_sys::LWLockMode::LW_SHARED as c_int) };
        Held(lock)
    }

    /// Holds the lock alone, if nobody has it.
    ///
    /// # Safety
    /// As `exclusively`.
    pub unsafe fn if_free(lock: *mut LWLock) -> Option<Held> {
        // SAFETY: the caller's promise.
        let is_held =
            unsafe { LWLockConditionalAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE as c_int) };
        is_held.then_some(Held(lock))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: this process took the lock, and lets it go once. After an error PostgreSQL has set the count of
        // holders to zero, and releases all locks itself when it aborts the transaction.
        unsafe {
            if pg_sys::InterruptHoldoffCount > 0 {
                LWLockRelease(self.0);
            }
        }
    }
}

/// A new kind of lock, under a name that `pg_stat_activity.wait_event` shows of whoever waits for one.
pub fn new_tranche(wait_event: &'static std::ffi::CStr) -> i32 {
    // SAFETY: called by the postmaster at start; the name is static.
    unsafe {
        let tranche = pg_sys::LWLockNewTrancheId();
        pg_sys::LWLockRegisterTranche(tranche, wait_event.as_ptr());
        tranche
    }
}

/// Makes a lock of that kind.
///
/// # Safety
/// `lock` must lie in shared memory, and nobody use it yet.
pub unsafe fn initialize(lock: *mut LWLock, tranche: i32) {
    // SAFETY: the caller's promise.
    unsafe { pg_sys::LWLockInitialize(lock, tranche) };
}
