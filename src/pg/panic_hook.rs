//! Backtraces are for panics. pgrx carries PostgreSQL's errors through Rust as panics, too, and would put a backtrace into
//! the DETAIL of each of them, a cancelled statement's as well, where the server's environment has `RUST_BACKTRACE=1`.

use pgrx::pg_sys::panic::{CaughtError, ErrorReport, ErrorReportWithLevel};
use std::any::Any;

/// Keeps errors away from pgrx's panic hook, which captures the backtrace. Once a process, after the library is loaded.
pub fn install() {
    let for_panics = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_error(panic.payload()) {
            for_panics(panic);
        }
    }));
}

/// Whether a panic is how an error of PostgreSQL, or a report of ours, leaves Rust.
fn is_error(payload: &(dyn Any + Send)) -> bool {
    payload.is::<CaughtError>()
        || payload.is::<ErrorReport>()
        || payload.is::<ErrorReportWithLevel>()
}
