//! Waking the launcher, and waiting for a flush.

use pgrx::check_for_interrupts;
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;

use super::owners::entry;
use super::shmem::header;
use crate::error::{Error, Result};
use crate::pg::latch;
use crate::pg::process::is_recovering;

/// How often whoever waits for a flush looks whether it is done.
const LOOK_AGAIN_MS: i64 = 5;

/// Makes the launcher look at once. Nothing happens while there is none.
pub fn wake_launcher() {
    header().wakes.fetch_add(1, Ordering::AcqRel);
    let latch = header().launcher.load(Ordering::Acquire);
    // SAFETY: null, or the launcher's latch in shared memory, which stays for the server's life.
    unsafe { latch::set(latch) };
}

/// Waits until everything that was changed before is in the table.
///
/// Errors: a standby, or no launcher, 55000; the flush failed, 58000.
pub fn flush_and_wait(owner: Owner) -> Result<()> {
    if is_recovering() {
        return Err(Error::FlushOnStandby);
    }
    let entry = entry(owner);
    let failures = entry.failures.load(Ordering::Relaxed);
    let ticket = entry.wanted.fetch_add(1, Ordering::AcqRel) + 1;
    wake_launcher();
    while entry.done.load(Ordering::Acquire) < ticket {
        if header().launcher.load(Ordering::Acquire).is_null() {
            return Err(Error::NoLauncher);
        }
        if entry.failures.load(Ordering::Relaxed) != failures {
            return Err(Error::FlushFailed);
        }
        latch::wait(LOOK_AGAIN_MS);
        check_for_interrupts!();
    }
    Ok(())
}
