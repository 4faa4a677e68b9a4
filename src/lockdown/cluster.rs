//! A lockdown of the whole server.
//!
//! Where the library is preloaded, the file is looked for when the server starts, before anybody connects, and a flag in shared
//! memory says the same from then on. Without shared memory each session looks for the file once a statement.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::file::{self, Note};
use super::shared::{FILE_ACCESS, SWITCH};
use crate::pg::unguarded;

/// The statement (by its start) at which this process last looked for the file.
static LOOKED_AT: AtomicI64 = AtomicI64::new(0);
static WAS_THERE: AtomicBool = AtomicBool::new(false);

/// Whether the server is locked down.
#[inline]
pub fn is_on() -> bool {
    match SWITCH.find() {
        Some(switch) => switch.is_cluster_locked.load(Ordering::Acquire),
        None => has_file_in_this_statement(),
    }
}

fn has_file_in_this_statement() -> bool {
    let statement = unguarded::statement_start();
    if LOOKED_AT.load(Ordering::Relaxed) != statement {
        WAS_THERE.store(file::exists(), Ordering::Relaxed);
        LOOKED_AT.store(statement, Ordering::Relaxed);
    }
    WAS_THERE.load(Ordering::Relaxed)
}

/// Locks the server down, and writes the file. Where there is shared memory the lockdown is in force also if the file cannot be
/// written: until the server stops.
pub fn lock(note: &Note) -> io::Result<()> {
    let _access = SWITCH.find().map(|_| FILE_ACCESS.exclusive());
    set(true);
    file::write(note)
}

/// Releases the server. Whether it was locked down.
pub fn release() -> io::Result<bool> {
    let _access = SWITCH.find().map(|_| FILE_ACCESS.exclusive());
    let was_there = file::remove()?;
    Ok(set(false) || was_there)
}

/// The former state, where there is shared memory.
fn set(is_locked: bool) -> bool {
    LOOKED_AT.store(0, Ordering::Relaxed);
    SWITCH
        .find()
        .is_some_and(|switch| switch.is_cluster_locked.swap(is_locked, Ordering::AcqRel))
}
