//! Which engine keeps the state.

use super::error::{Error, Result};
use crate::pg::preload;
use crate::settings::{self, RatelimitEngine};

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Shared memory: a hit stays whatever becomes of the caller's transaction.
    Memory,
    /// `phone_crypt.rate_limits`: a hit is part of the caller's transaction.
    Table,
}

impl Engine {
    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Memory => "memory",
            Engine::Table => "table",
        }
    }
}

/// The engine for everything but durable policies: one for the whole server, since the setting is not a session's
/// to change and shared memory is had from the start or never.
///
/// Errors: `memory` is asked for and there is none, 55000.
pub fn in_force() -> Result<Engine> {
    match (settings::ratelimit_engine(), preload::is_preloaded()) {
        (RatelimitEngine::Table, _) | (RatelimitEngine::Auto, false) => Ok(Engine::Table),
        (RatelimitEngine::Auto | RatelimitEngine::Memory, true) => Ok(Engine::Memory),
        (RatelimitEngine::Memory, false) => Err(Error::NoSharedMemory),
    }
}

/// Whether this is the engine in force.
pub fn is_in_force(engine: Engine) -> bool {
    in_force().is_ok_and(|in_force| in_force == engine)
}
