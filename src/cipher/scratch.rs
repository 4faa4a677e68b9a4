//! A buffer that each backend reuses, so that a call allocates nothing but its result.

use std::cell::Cell;
use zeroize::optimization_barrier;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// More than this is given back after the call.
const KEEP_BYTES: usize = 4096;

/// Calls `use_buffer` with an empty buffer, and wipes it afterwards: it may have held a number.
pub fn with_scratch<T>(use_buffer: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    // Taken out for the call, so that an error or a nested call finds an empty one and not a borrowed one.
    let mut buffer = BUFFER.take();
    let result = use_buffer(&mut buffer);
    // A barrier instead of Zeroize, which writes byte by byte: the compiler may not drop the wipe either way.
    buffer.fill(0);
    optimization_barrier(buffer.as_slice());
    buffer.clear();
    if buffer.capacity() <= KEEP_BYTES {
        BUFFER.set(buffer);
    }
    result
}
