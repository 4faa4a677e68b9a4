//! The area of shared memory: what is done with it when the server starts and stops.

use std::ffi::CStr;

use super::queue::QUEUE;
use super::shutdown_file;
use crate::pg::clock::now_us;
use crate::pg::shmem::Area;

/// The queue.
pub struct QueueArea;

impl Area for QueueArea {
    fn name(&self) -> &'static CStr {
        c"phone_crypt audit queue"
    }

    fn size(&self) -> usize {
        QUEUE.zeroed_size()
    }

    fn startup(&self, start: *mut u8, was_there: bool) {
        QUEUE.zeroed_startup(start, was_there);
        if !was_there {
            let mut queue = QUEUE.exclusive();
            // Two runs never begin in the same microsecond.
            queue.begin(now_us() as u64, false);
            shutdown_file::load(&mut queue);
        }
    }

    fn shutdown(&self) {
        shutdown_file::save();
    }
}
