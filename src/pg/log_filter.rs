//! Keeps PostgreSQL itself from logging a secret: a reload reports each setting that it changed, with the value.
//! And suppresses the error when a worker's database was dropped before the worker connected.

use pgrx::{PgSqlErrorCode, pg_guard, pg_sys};
use std::ffi::{CStr, CString};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The report's format, as `ErrorData` keeps it before translation.
const REPORT: &CStr = c"parameter \"%s\" changed to \"%s\"";

/// Whether this process may find its database gone.
static DATABASE_MAY_BE_GONE: AtomicBool = AtomicBool::new(false);

/// Finds the secret setting that is named in a message.
static SECRET_NAMED_IN: OnceLock<fn(&str) -> Option<String>> = OnceLock::new();

static PREVIOUS: OnceLock<pg_sys::emit_log_hook_type> = OnceLock::new();

/// Between the start of a worker and its connection, its database may be dropped. That is no fault to be logged.
pub fn database_may_be_gone(may_be: bool) {
    DATABASE_MAY_BE_GONE.store(may_be, Ordering::Relaxed);
}

/// Starts watching. To be called by the postmaster: it reports changes, and every process inherits the hook.
/// `secret_named_in` gives the secret setting whose name is in a message.
pub fn install(secret_named_in: fn(&str) -> Option<String>) {
    let _ = SECRET_NAMED_IN.set(secret_named_in);
    // SAFETY: the postmaster is single-threaded while it loads its libraries; the hook lives as long as the
    // library, and calls the one that was there before.
    unsafe {
        let _ = PREVIOUS.set(pg_sys::emit_log_hook);
        pg_sys::emit_log_hook = Some(on_log);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn on_log(report: *mut pg_sys::ErrorData) {
    // SAFETY: PostgreSQL passes the message that it is about to log; its strings are NUL-terminated or null.
    unsafe {
        if !(*report).message_id.is_null() && CStr::from_ptr((*report).message_id) == REPORT {
            hide_value(report);
        }
        let is_gone = (*report).sqlerrcode == PgSqlErrorCode::ERRCODE_INVALID_CATALOG_NAME as i32;
        if is_gone && DATABASE_MAY_BE_GONE.load(Ordering::Relaxed) {
            (*report).output_to_server = false;
        }
        if let Some(Some(previous)) = PREVIOUS.get() {
            previous(report);
        }
    }
}

/// # Safety
/// `report` must be a report of a changed setting that is being logged.
unsafe fn hide_value(report: *mut pg_sys::ErrorData) {
    // SAFETY: the caller's promise. The message belongs to PostgreSQL, which frees whatever is there when it
    // has logged it; the new one comes from the same memory context.
    unsafe {
        if (*report).message.is_null() {
            return;
        }
        let message = CStr::from_ptr((*report).message).to_string_lossy();
        let Some(name) = SECRET_NAMED_IN.get().and_then(|find| find(&message)) else {
            return;
        };
        let without_value =
            CString::new(format!("parameter \"{name}\" changed")).unwrap_or_default();
        let replacement =
            pg_sys::MemoryContextStrdup((*report).assoc_context, without_value.as_ptr());
        pg_sys::pfree((*report).message.cast());
        (*report).message = replacement;
    }
}
