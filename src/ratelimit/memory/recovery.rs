//! Whether this server is a standby, or still recovering.

use pgrx::pg_sys;

/// True until the server may write. Raises nothing, so that it can be asked with a lock held.
pub fn is_recovering() -> bool {
    // SAFETY: reads the server's state.
    unsafe { pg_sys::RecoveryInProgress() }
}
