//! What a check hook may say, and how it remembers where a value came from.

use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_void};

/// Where a setting's present value came from, as PostgreSQL numbers it (`GucSource`).
pub type Source = pg_sys::GucSource::Type;

/// Refuses a value with a message and a hint of our own.
///
/// Setting the message matters beyond politeness: PostgreSQL's default message for a refused value
/// quotes the value, to the client and to the log.
pub fn refuse(message: &str, hint: &str) -> bool {
    // SAFETY: PostgreSQL reads these pointers right after the hook returns, and frees them with the
    // error context they are allocated in.
    unsafe {
        pg_sys::GUC_check_errmsg_string = in_error_context(message);
        pg_sys::GUC_check_errhint_string = in_error_context(hint);
    }
    false
}

unsafe fn in_error_context(text: &str) -> *mut std::ffi::c_char {
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: copies a NUL-terminated string into a context that outlives the hook.
    unsafe { pg_sys::MemoryContextStrdup(pg_sys::ErrorContext, text.as_ptr()) }
}

/// Stores the source as the setting's "extra", which PostgreSQL hands to the assign hook and keeps in
/// step through RESET, ROLLBACK and function exits.
///
/// # Safety
/// `extra` must be the pointer that PostgreSQL passed to the check hook.
pub unsafe fn remember(extra: *mut *mut c_void, source: Source) -> bool {
    // SAFETY: PostgreSQL releases "extra" with the counterpart of the allocator used here.
    unsafe {
        let memory = allocate(size_of::<Source>());
        if memory.is_null() {
            return false;
        }
        memory.cast::<Source>().write(source);
        *extra = memory;
    }
    true
}

/// The source that `remember` stored; the default where there is none.
///
/// # Safety
/// `extra` must be the pointer that PostgreSQL passed to the assign hook.
pub unsafe fn remembered(extra: *const c_void) -> Source {
    if extra.is_null() {
        return pg_sys::GucSource::PGC_S_DEFAULT;
    }
    // SAFETY: not null, so it is what `remember` wrote.
    unsafe { extra.cast::<Source>().read() }
}

#[cfg(not(any(feature = "pg14", feature = "pg15")))]
unsafe fn allocate(size: usize) -> *mut c_void {
    // SAFETY: allocates in the settings' own memory context; LOG level returns NULL when it cannot.
    unsafe { pg_sys::guc_malloc(pg_sys::LOG as i32, size) }
}

/// Before version 16 PostgreSQL releases "extra" with the C library's `free`.
#[cfg(any(feature = "pg14", feature = "pg15"))]
unsafe fn allocate(size: usize) -> *mut c_void {
    // SAFETY: any size will do.
    unsafe { libc::malloc(size) }
}

/// Turns a mistyped setting of this prefix into an error instead of a silent placeholder. To be called when all
/// settings are defined.
pub fn reserve_prefix(prefix: &'static CStr) {
    // SAFETY: a NUL-terminated static string.
    unsafe {
        #[cfg(feature = "pg14")]
        pg_sys::EmitWarningsOnPlaceholders(prefix.as_ptr());
        #[cfg(not(feature = "pg14"))]
        pg_sys::MarkGUCPrefixReserved(prefix.as_ptr());
    }
}
