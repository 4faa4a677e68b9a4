//! What all sessions share of lockdowns, where the library is preloaded.

use std::sync::atomic::{AtomicBool, AtomicU64};

use super::file;
use crate::{shared_lock_static, shared_static};

/// The switch.
pub struct Switch {
    /// Changes when a transaction has committed that changed a table of lockdowns, of whatever database.
    pub changes: AtomicU64,
    /// Whether the whole server is locked down.
    pub is_cluster_locked: AtomicBool,
}

impl Default for Switch {
    /// As it is when the server starts.
    fn default() -> Switch {
        Switch {
            changes: AtomicU64::new(0),
            is_cluster_locked: AtomicBool::new(file::exists()),
        }
    }
}

/// Held by whoever changes the file, so that it and the switch say the same.
#[derive(Default)]
pub struct FileAccess;

shared_static! { pub SWITCH: Switch = c"phone_crypt lockdown"; }
shared_lock_static! { pub FILE_ACCESS: FileAccess = c"phone_crypt lockdown file"; }
