//! The counts in shared memory when the server starts and stops. What was read stays read over an orderly restart; after a crash
//! new windows begin.

use std::ffi::CStr;

use super::counts::{COUNTS, Counts};
use crate::pg::saved_state::SavedState;
use crate::pg::shmem::Area;

const FILE: SavedState = SavedState {
    file: "pg_stat/phone_crypt_read_budgets.saved",
    unfinished: "pg_stat/phone_crypt_read_budgets.unfinished",
    magic: b"PCRDBG01",
    what: "the counts of read budgets",
};

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
        match COUNTS.exclusive_if_free() {
            Some(counts) => FILE.save(&counts.to_saved()),
            None => pgrx::log!("phone_crypt: the counts of read budgets could not be saved"),
        }
    }
}
