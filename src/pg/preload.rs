//! Whether the library was loaded by the postmaster (`shared_preload_libraries`).

use pgrx::pg_sys;
use std::sync::atomic::{AtomicBool, Ordering};

static PRELOADED: AtomicBool = AtomicBool::new(false);

/// Whether the postmaster is loading its libraries right now.
pub fn in_progress() -> bool {
    // SAFETY: reads a flag that only the main thread writes.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}

/// Remembers how the library was loaded; backends inherit it by fork.
pub fn note() {
    PRELOADED.store(in_progress(), Ordering::Relaxed);
}

/// Whether the postmaster loaded the library.
pub fn is_preloaded() -> bool {
    PRELOADED.load(Ordering::Relaxed)
}
