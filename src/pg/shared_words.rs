//! Words of 64 bits in shared memory, as many as a setting says.

use std::ffi::CStr;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use super::shmem::Area;

/// The words, which all processes share. They begin as zeros.
pub struct SharedWords {
    name: &'static CStr,
    wanted: fn() -> usize,
    start: AtomicPtr<AtomicU64>,
    count: AtomicUsize,
}

impl SharedWords {
    /// Not there yet. `wanted`: how many there are to be; asked when the server starts.
    pub const fn new(name: &'static CStr, wanted: fn() -> usize) -> SharedWords {
        SharedWords {
            name,
            wanted,
            start: AtomicPtr::new(std::ptr::null_mut()),
            count: AtomicUsize::new(0),
        }
    }

    /// The words; none where the postmaster did not load the library.
    pub fn get(&self) -> &[AtomicU64] {
        let start = self.start.load(Ordering::Relaxed);
        if start.is_null() {
            return &[];
        }
        // SAFETY: `startup` has put the start of so many words there, which stay for the server's life; any bytes are words.
        unsafe { std::slice::from_raw_parts(start, self.count.load(Ordering::Relaxed)) }
    }
}

impl Area for SharedWords {
    fn name(&self) -> &'static CStr {
        self.name
    }

    fn size(&self) -> usize {
        // PostgreSQL has no area without any bytes.
        size_of::<AtomicU64>() * (self.wanted)().max(1)
    }

    fn startup(&self, start: *mut u8, _was_there: bool) {
        self.count.store((self.wanted)(), Ordering::Relaxed);
        self.start.store(start.cast(), Ordering::Relaxed);
    }
}
