//! What a backend makes of the rows of a table, and makes anew after a change.

use std::cell::RefCell;

use super::cached_table::{self, CachedTable};
use super::table_row::TableRow;
use super::table_scan;

/// The rows of a table of our own, taken into a `T`. One that is empty stands for a table that is empty, or does not exist.
pub struct CachedRows<T> {
    table: &'static CachedTable,
    add: fn(&mut T, &TableRow),
    known: RefCell<T>,
}

impl<T: Default> CachedRows<T> {
    /// `add` takes one row in.
    pub fn new(table: &'static CachedTable, add: fn(&mut T, &TableRow)) -> CachedRows<T> {
        CachedRows {
            table,
            add,
            known: RefCell::default(),
        }
    }

    /// What `look` finds in the rows that are there now.
    pub fn with<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        self.refresh();
        self.with_known(look)
    }

    /// Reads the table where it has changed; whether it had to be read.
    pub fn refresh(&self) -> bool {
        cached_table::listen_once_a_statement();
        let is_stale = !self.table.is_valid();
        if is_stale {
            let all = self.read();
            // What was known is dropped only when nothing is borrowed any more.
            drop(self.known.replace(all));
        }
        is_stale
    }

    /// What `look` finds in the rows of the last refresh.
    pub fn with_known<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.known.borrow())
    }

    fn read(&self) -> T {
        let mut all = T::default();
        if let Some(table) = self.table.watch() {
            // Before it is read: a change that arrives meanwhile makes it be read again.
            self.table.mark_valid();
            table_scan::scan(table, |row| (self.add)(&mut all, row));
        }
        all
    }
}
