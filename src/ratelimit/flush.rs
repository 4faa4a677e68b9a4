//! Waiting until what was changed is in the table.

use super::engine::{Engine, in_force};
use super::memory;
use super::place::place;
use crate::error::Result;

/// Waits until what was changed in memory before is in the table. The table engine has nothing to do.
///
/// Errors: a standby, or no launcher, 55000; the flush failed, 58000.
pub fn flush() -> Result<()> {
    let place = place()?;
    if let (Engine::Memory, Some(owner)) = (in_force()?, place.slots) {
        memory::flush_and_wait(owner)?;
    }
    Ok(())
}
