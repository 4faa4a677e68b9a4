//! Waiting until what was changed is in the table.

use super::memory::{Cleanup, Flush};
use super::state::engine::{Engine, in_force};
use super::storage::storage;
use crate::ratelimit::error::{Error, Result};
use crate::worker::{self, NotRun};

/// Waits until what was changed in memory before is in the table, and expired rows are deleted. The table engine has
/// nothing to do.
///
/// Errors: a standby, or no launcher, 55000; the flush failed, 58000.
pub fn flush() -> Result<()> {
    let storage = storage()?;
    if in_force()? == Engine::Table || storage.slots.is_none() {
        return Ok(());
    }
    worker::run_and_wait(&[&Flush, &Cleanup]).map_err(|why| match why {
        NotRun::OnStandby => Error::FlushOnStandby,
        NotRun::NoLauncher => Error::NoLauncher,
        NotRun::Failed => Error::FlushFailed,
    })
}

/// What became of the flushes of this database.
pub fn flush_counts() -> worker::Counts {
    worker::counts(&Flush)
}
