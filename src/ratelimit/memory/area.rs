//! The area of shared memory: what is done with it when the server starts and stops.

use std::ffi::CStr;

use super::{shmem, shutdown_file};
use crate::pg::shmem::Area;

/// The slots, and what belongs to them.
pub struct Slots;

impl Area for Slots {
    fn name(&self) -> &'static CStr {
        c"phone_crypt rate limits"
    }

    fn size(&self) -> usize {
        shmem::total()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        shmem::attach(start, was_there);
        if !was_there {
            shutdown_file::load();
        }
    }

    fn shutdown(&self) {
        shutdown_file::save();
    }
}
