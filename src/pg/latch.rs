//! Latches: how processes wake each other.

use pgrx::pg_sys::{self, Latch};
use std::sync::atomic::{AtomicPtr, Ordering};

/// The latch of whoever does something for others, in shared memory.
#[derive(Default)]
pub struct SharedLatch(AtomicPtr<Latch>);

impl SharedLatch {
    /// This process is the one from now on.
    pub fn set_own(&self) {
        // SAFETY: a variable that is set when the process starts.
        self.0.store(unsafe { pg_sys::MyLatch }, Ordering::Release);
    }

    /// Nobody is.
    pub fn clear(&self) {
        self.0.store(std::ptr::null_mut(), Ordering::Release);
    }

    /// Whether somebody is.
    pub fn is_set(&self) -> bool {
        !self.0.load(Ordering::Acquire).is_null()
    }

    /// Wakes that process, if there is one.
    pub fn wake(&self) {
        let latch = self.0.load(Ordering::Acquire);
        if !latch.is_null() {
            // SAFETY: a process's latch in shared memory, which stays for the server's life.
            unsafe { pg_sys::SetLatch(latch) };
        }
    }
}

/// Waits for this process's own latch, at most so many milliseconds. What woke it is the caller's to look at.
pub fn wait(timeout_ms: i64) {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: waits on this process's own latch.
    unsafe {
        pg_sys::WaitLatch(
            pg_sys::MyLatch,
            events as i32,
            timeout_ms,
            pg_sys::PG_WAIT_EXTENSION,
        );
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
}
