//! PostgreSQL's functions that every row needs and that raise no error, called without a guard.
//!
//! pgrx guards each call of a C function, so that an error raised in it becomes a panic in Rust. The guard costs
//! 12 ns, a tenth of what a hash takes beyond its compressions. What stands here raises nothing, so that there
//! is nothing to guard.

use pgrx::{pg_sys, set_varsize_4b};
use std::ffi::{c_int, c_void};

/// The most bytes that `small_text` takes.
const SMALL: usize = 1000;

unsafe extern "C-unwind" {
    /// Raises nothing for a small size and `MCXT_ALLOC_NO_OOM`: out of memory, it returns NULL.
    fn palloc_extended(size: usize, flags: c_int) -> *mut c_void;
    /// Returns a variable.
    fn GetCurrentStatementStartTimestamp() -> pg_sys::TimestampTz;
    /// Returns a variable.
    fn GetOuterUserId() -> pg_sys::Oid;
    /// Returns a variable.
    fn GetSessionUserId() -> pg_sys::Oid;
}

/// A text of a few bytes, in the current memory context. None where there are more, or no memory: PostgreSQL's
/// own function is then the one to say so.
pub fn small_text(bytes: &[u8]) -> Option<*mut pg_sys::varlena> {
    if bytes.len() > SMALL {
        return None;
    }
    let size = pg_sys::VARHDRSZ + bytes.len();
    // SAFETY: whoever calls a function of ours has set a memory context. What is allocated is aligned, and has
    // room for the header and the bytes.
    unsafe {
        let varlena: *mut pg_sys::varlena =
            palloc_extended(size, pg_sys::MCXT_ALLOC_NO_OOM as c_int).cast();
        if varlena.is_null() {
            return None;
        }
        set_varsize_4b(varlena, size as i32);
        let data = varlena.cast::<u8>().add(pg_sys::VARHDRSZ);
        data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        Some(varlena)
    }
}

/// When the client's present statement began.
pub fn statement_start() -> pg_sys::TimestampTz {
    // SAFETY: reads a variable of this process.
    unsafe { GetCurrentStatementStartTimestamp() }
}

/// In whose name the outermost function is called: not that of a SECURITY DEFINER function's owner.
pub fn outer_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this process, which is set in a transaction.
    unsafe { GetOuterUserId() }
}

/// Who logged in, or was made to be by SET SESSION AUTHORIZATION.
pub fn session_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of this process, which is set in a transaction.
    unsafe { GetSessionUserId() }
}
