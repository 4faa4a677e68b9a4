//! The spaces that policies keep their state in, as far as this process knows them.

use std::cell::RefCell;
use std::collections::HashSet;

use super::memory;
use super::storage::storage;
use crate::pg::transaction::has_written;

/// The spaces of policies that have been known, until these are gone for good.
#[derive(Debug, Default)]
pub struct Spaces(RefCell<HashSet<i32>>);

impl Spaces {
    /// These are the spaces of all policies now. Gives up what memory holds of policies that are gone for good, and not only for
    /// this transaction. What no process hears of expires by itself.
    pub fn settle(&self, present: HashSet<i32>) {
        let mut seen = self.0.borrow_mut();
        if has_written() {
            seen.extend(&present);
            return;
        }
        let gone: Vec<i32> = seen.difference(&present).copied().collect();
        *seen = present;
        drop(seen);
        if let (false, Ok(Some(owner))) = (gone.is_empty(), storage().map(|it| it.slots)) {
            memory::forget_spaces(owner, &gone);
        }
    }
}
