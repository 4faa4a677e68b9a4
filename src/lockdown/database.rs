//! Lockdowns of this database: rows of `phone_crypt.database_lockdowns`, remembered until they change.
//!
//! A session hears of a change in two ways. PostgreSQL's invalidations reach it when it accepts them, which a long statement
//! need not do for minutes. So whoever commits a change also counts in shared memory, after the commit has taken effect and
//! before its client hears of it, and every call looks at that count. Without shared memory, and on a standby, where nobody
//! commits, every call accepts invalidations instead.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::scope::{Scope, Scopes};
use super::shared::SWITCH;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::invalidation::on_relation_change;
use crate::pg::{Oid, process, table_scan, transaction};
use crate::settings::SCHEMA;

static LOCKDOWNS: CachedTable = CachedTable::new(SCHEMA, c"database_lockdowns");
/// The scopes that are locked down, as of the last reading.
static LOCKED: AtomicU8 = AtomicU8::new(0);
/// The count of changes before the last reading.
static SEEN: AtomicU64 = AtomicU64::new(0);
/// Whether this process resets its plans when the table changes.
static RESETS_PLANS: AtomicBool = AtomicBool::new(false);

/// What is locked down in this database.
#[inline]
pub fn scopes() -> Scopes {
    let changes = changes();
    match LOCKDOWNS.is_valid() && SEEN.load(Ordering::Relaxed) == changes {
        true => Scopes::of_bits(LOCKED.load(Ordering::Relaxed)),
        false => read(changes),
    }
}

#[inline]
fn changes() -> u64 {
    match SWITCH.find() {
        Some(switch) if process::is_primary() => switch.changes.load(Ordering::Acquire),
        switch => {
            cached_table::listen();
            switch.map_or(0, |switch| switch.changes.load(Ordering::Acquire))
        }
    }
}

#[cold]
fn read(changes: u64) -> Scopes {
    if !RESETS_PLANS.swap(true, Ordering::Relaxed) {
        on_relation_change(reset_plans);
    }
    // Before the table is read: a change that arrives meanwhile makes it be read again.
    LOCKDOWNS.mark_valid();
    SEEN.store(changes, Ordering::Relaxed);
    let reading = Reading;
    let mut scopes = Scopes::default();
    if let Some(table) = LOCKDOWNS.watch() {
        table_scan::scan_newest(table, |row| {
            let scope: Option<String> = row.get(1);
            let released_at: Option<i64> = row.get(2);
            if let Some(scope) = scope.as_deref().and_then(Scope::of_name)
                && released_at.is_none()
            {
                scopes.add(scope);
            }
        });
    }
    LOCKED.store(scopes.bits(), Ordering::Relaxed);
    drop(reading);
    scopes
}

/// Kept plans hold what was made of literals, and would go on comparing it.
fn reset_plans(relation: Oid) {
    if LOCKDOWNS.is(relation) {
        process::reset_plans();
    }
}

/// The table is being read: what an error interrupts is done anew.
struct Reading;

impl Drop for Reading {
    fn drop(&mut self) {
        if std::thread::panicking() {
            LOCKDOWNS.invalidate();
        }
    }
}

/// This transaction changes the table.
pub fn note_change(table: Oid) {
    cached_table::announce_change(table);
    if SWITCH.find().is_some() {
        transaction::at_commit(count_change);
    }
}

fn count_change() {
    if let Some(switch) = SWITCH.find() {
        switch.changes.fetch_add(1, Ordering::Release);
    }
}
