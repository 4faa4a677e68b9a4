//! Entries of shared memory that a transaction writes to a table later. An entry stays until whoever looks sees the row: so each
//! snapshot has one of the two, and a transaction that is rolled back has taken nothing.
//!
//! An entry is changed by whoever has made it busy, for some nanoseconds. Once its row is committed its place is free for
//! another; it is shown to those whose snapshot is older until the next transaction writes, which is at least a second later.

use pgrx::{
    PgSubXactCallbackEvent, PgXactCallbackEvent, pg_sys, register_subxact_callback,
    register_xact_callback,
};
use std::hint::spin_loop;
use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::transaction;

const FREE: u32 = 0;
const BUSY: u32 = 1;
/// It has something that is written nowhere.
const USED: u32 = 2;
/// A transaction has written it, and is not over.
const HANDED_OVER: u32 = 3;
/// That transaction has committed.
const WRITTEN: u32 = 4;

/// How often a busy entry is asked for before it is left alone.
const TRIES: usize = 200;

/// What of an entry this module looks after.
#[derive(Default)]
pub struct State {
    state: AtomicU32,
    /// Whose it is: `process::with_database` of a table. Read at any time, written by who has made the entry busy.
    owner: AtomicU64,
    /// The (sub)transaction that has written it.
    writer: AtomicU64,
}

/// An entry that lies in shared memory.
pub trait Entry: Sync + RefUnwindSafe + 'static {
    /// What of it is looked after here.
    fn state(&self) -> &State;
}

impl State {
    /// Whose it is. Out of date at once if the entry is not busy.
    pub fn owner(&self) -> u64 {
        self.owner.load(Ordering::Relaxed)
    }

    /// Makes a used entry busy; another one, or one that stays busy, is left alone.
    pub fn hold(&self) -> bool {
        self.hold_as(USED)
    }

    /// Makes an entry busy that has nothing, or nothing that is still to be written, for an owner.
    fn enter(&self, from: u32, owner: u64) -> bool {
        let is_held = self.change(from, BUSY);
        if is_held {
            self.owner.store(owner, Ordering::Relaxed);
        }
        is_held
    }

    /// Ends what `hold`, or `enter`, has begun.
    pub fn release(&self) {
        self.set(USED);
    }

    fn hold_as(&self, state: u32) -> bool {
        (0..TRIES).any(|_| {
            let is_held = self.change(state, BUSY);
            if !is_held {
                spin_loop();
            }
            is_held
        })
    }

    fn change(&self, from: u32, to: u32) -> bool {
        // A look costs less than an exchange that fails: where there is no room many fail.
        self.now() == from
            && (self.state)
                .compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    fn set(&self, state: u32) {
        self.state.store(state, Ordering::Release);
    }

    /// Its writer is over.
    fn end(&self, writer: u64, next: u32) {
        let is_its = || self.writer.load(Ordering::Relaxed) == writer;
        // Whoever looks holds it for a moment only.
        while is_its() && matches!(self.now(), BUSY | HANDED_OVER) {
            if self.change(HANDED_OVER, BUSY) {
                self.set(if is_its() { next } else { HANDED_OVER });
                return;
            }
            spin_loop();
        }
    }

    fn now(&self) -> u32 {
        self.state.load(Ordering::Relaxed)
    }

    /// Makes an entry busy, whatever it has, if it is an owner's and of a state for which `is_meant`. Its state.
    fn hold_if(&self, owner: u64, is_meant: impl Fn(u32) -> bool) -> Option<u32> {
        let state = self.now();
        if self.owner() != owner || !is_meant(state) || !self.hold_as(state) {
            return None;
        }
        // What was read while it was not busy may be out of date.
        if self.owner() == owner {
            return Some(state);
        }
        self.set(state);
        None
    }
}

/// A place for a new entry among those given, busy: `release` it when it is filled in. `None` if there is none.
pub fn enter<E: Entry>(
    mut places: impl Iterator<Item = &'static E> + Clone,
    owner: u64,
) -> Option<&'static E> {
    (places.clone())
        .find(|it| it.state().enter(FREE, owner))
        .or_else(|| places.find(|it| it.state().enter(WRITTEN, owner)))
}

/// What an owner's entries have that the current snapshot does not see in the table.
pub fn unseen<E: Entry, T>(
    entries: &'static [E],
    owner: u64,
    read: impl Fn(&E) -> Option<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for entry in entries {
        let state = entry.state();
        let Some(held) = state.hold_if(owner, |it| matches!(it, USED | HANDED_OVER | WRITTEN))
        else {
            continue;
        };
        let is_seen = held != USED && sees(state.writer.load(Ordering::Relaxed), held == WRITTEN);
        all.extend((!is_seen).then(|| read(entry)).flatten());
        state.set(held);
    }
    all
}

/// Hands an owner's entries over to this transaction, which writes them to the table. If it, or the part of it that has begun
/// last, is rolled back, they are as they were, and `returned` is called.
///
/// Errors: where the transaction is to be prepared, that fails (0A000).
pub fn hand_over<E: Entry, T>(
    entries: &'static [E],
    owner: u64,
    read: impl Fn(&E) -> Option<T>,
    returned: fn(),
) -> Vec<T> {
    let mut all = Vec::new();
    let mut writer = None;
    for entry in entries {
        let state = entry.state();
        let Some(held) = state.hold_if(owner, |it| matches!(it, USED | WRITTEN)) else {
            continue;
        };
        match read(entry) {
            Some(what) if held == USED => {
                all.push(what);
                let writer = *writer.get_or_insert_with(current);
                state.writer.store(writer, Ordering::Relaxed);
                state.set(HANDED_OVER);
            }
            _ => state.set(FREE),
        }
    }
    let Some(writer) = writer else { return all };
    let end = move |next: u32| {
        for entry in entries {
            entry.state().end(writer, next);
        }
    };
    let part = transaction::part();
    register_subxact_callback(PgSubXactCallbackEvent::AbortSub, move |aborted, _| {
        // Whatever has begun after a part has a greater number.
        if part >= aborted {
            end(USED);
            returned();
        }
    });
    register_xact_callback(PgXactCallbackEvent::Abort, move || {
        end(USED);
        returned();
    });
    register_xact_callback(PgXactCallbackEvent::Commit, move || end(WRITTEN));
    // Who commits a prepared transaction later does not know of this.
    transaction::at_commit(|| ());
    all
}

/// Removes an owner's entries for which `is_meant`. How many of them were written nowhere.
pub fn remove<E: Entry>(entries: &'static [E], owner: u64, is_meant: impl Fn(&E) -> bool) -> usize {
    let mut removed = 0;
    for entry in entries {
        let state = entry.state();
        let Some(held) = state.hold_if(owner, |it| matches!(it, USED | HANDED_OVER | WRITTEN))
        else {
            continue;
        };
        let is_meant = is_meant(entry);
        removed += usize::from(is_meant && held == USED);
        state.set(if is_meant { FREE } else { held });
    }
    removed
}

/// Removes all that is written nowhere in a database.
pub fn forget<E: Entry>(entries: &'static [E], database: super::Oid) {
    for owner in owners(entries, database) {
        remove(entries, owner, |_| true);
    }
}

/// The owners in a database that have entries which are written nowhere.
pub fn owners<E: Entry>(entries: &'static [E], database: super::Oid) -> impl Iterator<Item = u64> {
    let database = u64::from(database.to_u32());
    entries
        .iter()
        .map(|entry| entry.state())
        .filter(|state| matches!(state.now(), BUSY | USED | HANDED_OVER))
        .map(State::owner)
        .filter(move |owner| owner >> 32 == database)
}

/// This (sub)transaction, which gets an id.
fn current() -> u64 {
    // SAFETY: in a transaction that writes.
    unsafe { pg_sys::GetCurrentFullTransactionId() }.value
}

/// Whether the current snapshot sees what a transaction has written. `has_committed`: that is known already.
fn sees(writer: u64, has_committed: bool) -> bool {
    /// Ids of 32 bits that are further apart cannot be compared; all such are committed, or gone.
    const FAR: u64 = 1 << 30;
    let xid = pg_sys::TransactionId::from(writer as u32);
    // SAFETY: reads variables of the server; in a transaction, with a snapshot where there is an active one. A transaction that
    // was not over when its entry was read is so recent that its state is still known.
    unsafe {
        if pg_sys::ReadNextFullTransactionId()
            .value
            .saturating_sub(writer)
            > FAR
            || pg_sys::TransactionIdIsCurrentTransactionId(xid)
        {
            return true;
        }
        let is_in_progress = pg_sys::ActiveSnapshotSet()
            && pg_sys::XidInMVCCSnapshot(xid, pg_sys::GetActiveSnapshot());
        !is_in_progress && (has_committed || pg_sys::TransactionIdDidCommit(xid))
    }
}
