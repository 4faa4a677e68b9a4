//! The area of shared memory: what is done with it when the server starts and stops.

use std::ffi::CStr;

use super::area::OBSERVED;
use super::shutdown_file;
use crate::pg::shmem::Area;

/// The area of what is observed.
pub struct ObservedArea;

impl Area for ObservedArea {
    fn name(&self) -> &'static CStr {
        c"phone_crypt sends observed"
    }

    fn size(&self) -> usize {
        OBSERVED.zeroed_size()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        OBSERVED.zeroed_startup(start, was_there);
        if !was_there {
            shutdown_file::load();
        }
    }

    fn shutdown(&self) {
        shutdown_file::save();
    }
}
