//! Waking the launcher, and waiting for a flush.

use pgrx::{check_for_interrupts, pg_sys};
use phone_crypt_core::ratelimit::Owner;
use std::sync::atomic::Ordering;

use super::owners::entry;
use super::recovery::is_recovering;
use super::shmem::header;
use crate::error::{Error, Result};

/// How often whoever waits for a flush looks whether it is done.
const LOOK_AGAIN_MS: i64 = 5;

/// Makes the launcher look at once. Nothing happens while there is none.
pub fn wake_launcher() {
    header().wakes.fetch_add(1, Ordering::AcqRel);
    let latch = header().launcher.load(Ordering::Acquire);
    if !latch.is_null() {
        // SAFETY: a latch in shared memory, which stays for the server's life.
        unsafe { pg_sys::SetLatch(latch) };
    }
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
        wait_a_little();
        check_for_interrupts!();
    }
    Ok(())
}

fn wait_a_little() {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: waits on this process's own latch; what woke it is looked at by the caller.
    unsafe {
        pg_sys::WaitLatch(
            pg_sys::MyLatch,
            events as i32,
            LOOK_AGAIN_MS,
            pg_sys::PG_WAIT_EXTENSION,
        );
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
}
