//! Random bytes for initialisation vectors.

use phone_crypt_core::crypto::Random;
use std::cell::RefCell;

use crate::cipher::error::Result;
use crate::pg::process;

thread_local! {
    static GENERATOR: RefCell<Random> = const { RefCell::new(Random::new()) };
}

/// Sixteen fresh random bytes.
///
/// The generator is told this process's id, and seeds itself anew when that has changed: two backends
/// forked from one parent never share a stream.
///
/// Errors: the system gives no randomness, 58000.
pub fn random_bytes() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    GENERATOR.with_borrow_mut(|generator| generator.fill(process::id(), &mut bytes))?;
    Ok(bytes)
}
