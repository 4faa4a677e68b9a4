//! SQLSTATEs that pgrx has no name for, such as a trigger's own `ERRCODE = 'U0001'`: pgrx makes XX000 of them. A callback
//! that PostgreSQL calls for the context of each error sees the code, and another puts it into the error that is raised
//! in the end.

use pgrx::{PgSqlErrorCode, pg_sys};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicI32, Ordering};

unsafe extern "C-unwind" {
    /// Raises nothing within a callback.
    fn geterrcode() -> c_int;
    /// Raises nothing within a callback.
    fn errcode(code: c_int) -> c_int;
}

/// The code of the last message of any kind.
static SEEN: AtomicI32 = AtomicI32::new(0);
/// The code of the error that is about to be raised; 0 where it keeps its own.
static NEXT: AtomicI32 = AtomicI32::new(0);

/// A callback that may stay behind on PostgreSQL's stack of them until whoever catches the error resets that.
struct Lasting(UnsafeCell<pg_sys::ErrorContextCallback>);

// SAFETY: a backend has one thread.
unsafe impl Sync for Lasting {}

static PUT_NEXT: Lasting = Lasting(UnsafeCell::new(pg_sys::ErrorContextCallback {
    previous: std::ptr::null_mut(),
    callback: Some(put_next),
    arg: std::ptr::null_mut(),
}));

unsafe extern "C-unwind" fn see(_argument: *mut c_void) {
    // SAFETY: called by PostgreSQL while it finishes an error.
    SEEN.store(unsafe { geterrcode() }, Ordering::Relaxed);
}

unsafe extern "C-unwind" fn put_next(_argument: *mut c_void) {
    let code = NEXT.swap(0, Ordering::Relaxed);
    if code != 0 {
        // SAFETY: as above.
        unsafe { errcode(code) };
    }
}

/// Runs `work`, which catches its errors, and gives the number of its last error's SQLSTATE as well.
pub fn seeing<R>(work: impl FnOnce() -> R) -> (R, i32) {
    SEEN.store(0, Ordering::Relaxed);
    // SAFETY: the callback is taken off again before it goes out of scope: an error of `work` does not pass here.
    unsafe {
        let previous = pg_sys::error_context_stack;
        let mut callback = pg_sys::ErrorContextCallback {
            previous,
            callback: Some(see),
            arg: std::ptr::null_mut(),
        };
        pg_sys::error_context_stack = &mut callback;
        let result = work();
        pg_sys::error_context_stack = previous;
        (result, SEEN.load(Ordering::Relaxed))
    }
}

/// The number that a code of pgrx's stands for, where `seen` tells more.
pub fn number_of(code: PgSqlErrorCode, seen: i32) -> i32 {
    match code {
        PgSqlErrorCode::ERRCODE_INTERNAL_ERROR if seen != 0 => seen,
        code => code as i32,
    }
}

/// Gives the error that is raised next, which is all that happens from here on, this SQLSTATE.
pub fn raise_next_under(number: i32) {
    NEXT.store(number, Ordering::Relaxed);
    // SAFETY: whoever catches the error resets the stack to what it was before; the callback lasts as long as the process.
    unsafe {
        let callback = PUT_NEXT.0.get();
        if pg_sys::error_context_stack != callback {
            (*callback).previous = pg_sys::error_context_stack;
            pg_sys::error_context_stack = callback;
        }
    }
}

/// Runs `work`, which catches its errors: one that was to be raised under another SQLSTATE is not raised.
pub fn catching<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: what `work` has left behind on the stack is taken off.
    unsafe {
        let previous = pg_sys::error_context_stack;
        let result = work();
        pg_sys::error_context_stack = previous;
        result
    }
}

/// The number of the SQLSTATE of an error that was caught, given pgrx's code for it.
pub fn caught_number(code: PgSqlErrorCode) -> i32 {
    number_of(code, NEXT.swap(0, Ordering::Relaxed))
}

/// The five characters of a SQLSTATE, six bits each in PostgreSQL's number for it.
pub fn text(number: i32) -> String {
    let character = |place: u32| char::from(b'0' + (number >> (6 * place) & 0x3f) as u8);
    (0..5).map(character).collect()
}
