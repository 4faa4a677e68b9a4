//! Random bytes for initialisation vectors.

use pgrx::pg_sys;
use phone_crypt_core::crypto::Random;
use std::cell::RefCell;

use crate::error::Result;

thread_local! {
    static GENERATOR: RefCell<Random> = const { RefCell::new(Random::new()) };
}

/// Sixteen fresh random bytes.
///
/// The generator is told this process's id, and seeds itself anew when that has changed: two backends
/// forked from one parent never share a stream.
///
/// Errors: the system gives no randomness, 58000.
pub fn iv() -> Result<[u8; 16]> {
    // SAFETY: reads this process's id, which PostgreSQL sets first thing after a fork.
    let process = unsafe { pg_sys::MyProcPid } as u32;
    let mut iv = [0; 16];
    GENERATOR.with_borrow_mut(|generator| generator.fill(process, &mut iv))?;
    Ok(iv)
}
