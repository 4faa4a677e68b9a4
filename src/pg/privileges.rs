//! What the current user may execute, remembered until somebody changes it.

use pgrx::pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, PROCOID};
use std::ffi::CStr;

use super::Oid;
use super::catalog;
use super::catalog_changes::CatalogChanges;

static CHANGES: CatalogChanges = CatalogChanges::of(&[PROCOID, AUTHOID, AUTHMEMROLEMEM]);

/// The answer for a user, and until when it holds.
#[derive(Clone, Copy)]
pub struct Remembered {
    user: Oid,
    generation: u64,
    answer: bool,
}

/// Some functions of ours, and a memory for whether the user may execute all of them.
pub struct Functions {
    signatures: &'static [(&'static CStr, &'static [Oid])],
    remembered: std::cell::Cell<Option<Remembered>>,
}

impl Functions {
    /// The functions with these names and argument types.
    pub const fn new(signatures: &'static [(&'static CStr, &'static [Oid])]) -> Functions {
        Functions {
            signatures,
            remembered: std::cell::Cell::new(None),
        }
    }

    /// Whether the current user may execute all of them. `schema` tells where they are, and is asked only where the
    /// answer is not remembered.
    #[inline]
    pub fn all_may_be_executed(&self, schema: impl FnOnce() -> Oid) -> bool {
        let user = super::user::current_user();
        let generation = CHANGES.generation();
        match self.remembered.get() {
            Some(it) if it.user == user && it.generation == generation => it.answer,
            _ => self.look_up(user, schema()),
        }
    }

    #[cold]
    fn look_up(&self, user: Oid, schema: Oid) -> bool {
        // Taken before the look-up: what changes meanwhile is looked up again.
        let generation = CHANGES.generation();
        let answer = self
            .signatures
            .iter()
            .all(|(name, types)| catalog::may_execute_with(schema, name, types));
        self.remembered.set(Some(Remembered {
            user,
            generation,
            answer,
        }));
        answer
    }
}
