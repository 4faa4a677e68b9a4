//! Latches: how processes wake each other.

use pgrx::pg_sys;

pub use pgrx::pg_sys::Latch;

/// This process's own latch, in shared memory.
pub fn own() -> *mut Latch {
    // SAFETY: a variable that is set when the process starts.
    unsafe { pg_sys::MyLatch }
}

/// Wakes the process whose latch this is; nothing where it is null.
///
/// # Safety
/// `latch` must be null or a latch in shared memory, which stays for the server's life.
pub unsafe fn set(latch: *mut Latch) {
    if !latch.is_null() {
        // SAFETY: the caller's promise.
        unsafe { pg_sys::SetLatch(latch) };
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
