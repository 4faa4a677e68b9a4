//! The counts in shared memory when the server starts and stops, and in between: a file has them, as they were a second ago at
//! most. So what was read stays read after a crash, too, but for what was read since. A file that is older than that, say that of
//! a base backup, frees or holds back what its windows had, until they end.

use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::counts::{COUNTS, Counts};
use crate::pg::saved_state::Snapshot;
use crate::pg::shmem::Area;
use crate::worker::ServerTask;

const FILE: Snapshot = Snapshot {
    file: "pg_stat/phone_crypt_read_budgets.saved",
    unfinished: "pg_stat/phone_crypt_read_budgets.unfinished",
    magic: b"PCRDBG02",
    what: "the counts of read budgets",
};

/// How often the file is written, while somebody reads.
const INTERVAL: Duration = Duration::from_secs(1);

/// The area.
pub struct CountsArea;

impl Area for CountsArea {
    fn name(&self) -> &'static CStr {
        Area::name(&COUNTS)
    }

    fn size(&self) -> usize {
        Area::size(&COUNTS)
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        COUNTS.startup(start, was_there);
        if !was_there {
            FILE.load(|saved| {
                *COUNTS.exclusive() = Counts::of_saved(saved)?;
                Some(())
            });
        }
    }

    fn shutdown(&self) {
        // Whoever was killed while he had the lock may have left half of a change: then the file stays as it is.
        match COUNTS.exclusive_if_free() {
            Some(mut counts) => {
                if let Some(changed) = counts.take_changed() {
                    FILE.save(&changed, true);
                }
            }
            None => pgrx::log!("phone_crypt: the counts of read budgets could not be saved"),
        }
    }
}

/// Writes the file where the counts have changed.
pub struct SaveCounts;

/// Whether the last time failed: it is said once.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

impl ServerTask for SaveCounts {
    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self) {
        let changed = COUNTS.exclusive().take_changed();
        let Some(changed) = changed else { return };
        let is_written = FILE.save(&changed, !HAS_FAILED.load(Ordering::Relaxed));
        HAS_FAILED.store(!is_written, Ordering::Relaxed);
        if !is_written {
            COUNTS.exclusive().set_changed();
        }
    }
}
