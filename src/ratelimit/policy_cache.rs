//! Policies of any kind, as a backend remembers them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::spaces::Spaces;
use crate::pg::cached_rows::CachedRows;
use crate::pg::cached_table::CachedTable;
use crate::pg::table_row::TableRow;

/// A row of a table of policies.
pub trait StoredPolicy: Sized + 'static {
    /// The policy of a row; None where this version knows none of that kind.
    fn of_row(row: &TableRow) -> Option<Self>;

    /// Its name, by which it is looked up.
    fn name(&self) -> &str;

    /// Every space that it has: where it enforces, and while it only watches that of the trial.
    fn spaces(&self) -> impl Iterator<Item = i32>;
}

type ByName<P> = HashMap<String, Rc<P>>;

/// The policies of one table, and the spaces of those that go.
pub struct PolicyCache<P> {
    rows: CachedRows<ByName<P>>,
    spaces: Spaces,
}

impl<P: StoredPolicy> PolicyCache<P> {
    /// The policies of this table.
    pub fn new(table: &'static CachedTable) -> PolicyCache<P> {
        PolicyCache {
            rows: CachedRows::new(table, |all, row| {
                all.extend(
                    P::of_row(row).map(|policy| (policy.name().to_owned(), Rc::new(policy))),
                );
            }),
            spaces: Spaces::default(),
        }
    }

    /// The policy of this name.
    pub fn find(&self, name: &str) -> Option<Rc<P>> {
        self.with(|known| known.get(name).cloned())
    }

    /// Every policy.
    pub fn all(&self) -> Vec<Rc<P>> {
        self.with(|known| known.values().cloned().collect())
    }

    fn with<R>(&self, look: impl FnOnce(&ByName<P>) -> R) -> R {
        if self.rows.refresh() {
            self.spaces.settle(self.rows.with_known(spaces_of));
        }
        self.rows.with_known(look)
    }
}

fn spaces_of<P: StoredPolicy>(known: &ByName<P>) -> HashSet<i32> {
    known.values().flat_map(|policy| policy.spaces()).collect()
}
