//! The budgets of this database: rows of `phone_crypt.role_read_budgets`, remembered until they change.
//!
//! Whoever commits a change counts in shared memory, so that a statement that runs for long sees it, too. Without shared
//! memory and on a standby PostgreSQL's invalidations tell: a session has accepted them just before, when it was asked for
//! lockdowns.

use pgrx::datum::Interval;
use phone_crypt_core::read_budget::Budget;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::pg::cached_table::{self, CachedTable};
use crate::pg::interval::span_us;
use crate::pg::{Oid, table_scan, transaction};
use crate::settings::SCHEMA;
use crate::shared_static;

/// How often a change of a table of budgets has been committed, of whatever database.
#[derive(Default)]
pub struct Changes(AtomicU64);

shared_static! { pub CHANGES: Changes = c"phone_crypt changes of read budgets"; }

static BUDGETS: CachedTable = CachedTable::new(SCHEMA, c"role_read_budgets");
/// The count of changes before the last reading.
static SEEN: AtomicU64 = AtomicU64::new(0);
/// How often this process has read the table.
static READINGS: AtomicU64 = AtomicU64::new(0);
static IS_EMPTY: AtomicBool = AtomicBool::new(false);

thread_local! {
    static KNOWN: RefCell<Vec<RoleBudget>> = const { RefCell::new(Vec::new()) };
}

/// A role's budget. There need not be such a role.
#[derive(Debug, Clone)]
pub struct RoleBudget {
    /// The role's name.
    pub role: String,
    /// Its budget.
    pub budget: Budget,
}

/// The number of the reading that is in force; None where there are no budgets.
#[inline]
pub fn reading() -> Option<u64> {
    let changes = changes();
    if !BUDGETS.is_valid() || SEEN.load(Ordering::Relaxed) != changes {
        read(changes);
    }
    match IS_EMPTY.load(Ordering::Relaxed) {
        true => None,
        false => Some(READINGS.load(Ordering::Relaxed)),
    }
}

/// All budgets, as of the last reading.
pub fn all() -> Vec<RoleBudget> {
    KNOWN.with_borrow(Vec::clone)
}

#[inline]
fn changes() -> u64 {
    CHANGES
        .find()
        .map_or(0, |changes| changes.0.load(Ordering::Acquire))
}

#[cold]
fn read(changes: u64) {
    // Before the table is read: a change that arrives meanwhile makes it be read again, and so does an error.
    BUDGETS.mark_valid();
    SEEN.store(changes, Ordering::Relaxed);
    let mut all = Vec::new();
    if let Some(table) = BUDGETS.watch() {
        table_scan::scan_newest(table, |row| {
            let role = row.string(1);
            let (count, window): (Option<i64>, Option<Interval>) = (row.get(2), row.get(3));
            // The table's CHECKs let no other rows in.
            if let (Some(role), Some(count), Some(window)) = (role, count, window)
                && let Some(budget) = Budget::new(count, span_us(&window))
            {
                all.push(RoleBudget { role, budget });
            }
        });
    }
    IS_EMPTY.store(all.is_empty(), Ordering::Relaxed);
    KNOWN.set(all);
    READINGS.fetch_add(1, Ordering::Relaxed);
}

/// This transaction changes the table.
pub fn note_change(table: Oid) {
    cached_table::announce_change(table);
    if CHANGES.find().is_some() {
        transaction::at_commit(count_change);
    }
}

fn count_change() {
    if let Some(changes) = CHANGES.find() {
        changes.0.fetch_add(1, Ordering::Release);
    }
}
