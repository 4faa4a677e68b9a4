//! How much of each budget is used: in shared memory, so that a ROLLBACK does not free it. Without preload each session counts
//! for itself.

use phone_crypt_core::read_budget::{Budget, Window};
use std::cell::RefCell;

use super::applied::Pair;
use super::error::{Error, Result};
use crate::pg::clock::now_us;
use crate::pg::saved_state::take;
use crate::pg::{Oid, process};
use crate::shared_lock_static;

/// Pairs of readers and budgets, of all databases, whose windows may run at once.
const ENTRIES: usize = 1024;

/// All windows.
pub struct Counts {
    /// Entries from here on have never been used.
    touched: usize,
    /// Whether they are others than those that were saved last.
    is_changed: bool,
    entries: [Entry; ENTRIES],
}

#[derive(Clone, Copy, Default)]
struct Entry {
    database: u32,
    owner: u32,
    reader: u32,
    window: Window,
    /// When the window is over, by the budget that it was last held to.
    ends_us: i64,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            touched: 0,
            is_changed: false,
            entries: [Entry::default(); ENTRIES],
        }
    }
}

shared_lock_static! { pub COUNTS: Counts = c"phone_crypt read budgets"; }

thread_local! {
    static OWN: RefCell<Counts> = RefCell::default();
}

fn with_counts<T>(work: impl FnOnce(&mut Counts) -> T) -> T {
    match COUNTS.is_there() {
        true => work(&mut COUNTS.exclusive()),
        false => OWN.with_borrow_mut(work),
    }
}

/// Some reads that were reserved, and the beginning of the window that they are of.
#[derive(Debug, Clone, Copy)]
pub struct Reserved {
    /// How many.
    pub count: u64,
    /// Microseconds since 1970.
    pub began_us: i64,
}

/// Reserves at most `wanted` reads, and at least one.
///
/// Errors: none is left, 42501; no room to count, 53400.
pub fn reserve(pair: Pair, budget: Budget, wanted: u64) -> Result<Reserved> {
    let database = process::database().to_u32();
    let now_us = now_us();
    let reserved = with_counts(|counts| {
        counts.set_changed();
        let entry = counts.enter(database, pair, now_us)?;
        let count = entry.window.reserve(budget, now_us, wanted);
        let began_us = entry.window.began_us;
        entry.ends_us = budget.end_us(began_us);
        Some(Reserved { count, began_us })
    });
    match reserved {
        None => Err(Error::NoRoom),
        Some(Reserved { count: 0, .. }) => Err(Error::UsedUp),
        Some(reserved) => Ok(reserved),
    }
}

/// Gives back what was reserved and not read.
pub fn give_back(pair: Pair, reserved: Reserved) {
    let database = process::database().to_u32();
    with_counts(|counts| {
        counts.set_changed();
        if let Some(entry) = counts.find(database, pair) {
            entry.window.give_back(reserved.began_us, reserved.count);
        }
    });
}

/// The windows of this database that are not over.
pub fn running() -> Vec<(Pair, Window)> {
    let database = process::database().to_u32();
    let now_us = now_us();
    with_counts(|counts| {
        let entries = counts.used().iter();
        entries
            .filter(|entry| entry.database == database && entry.ends_us > now_us)
            .map(|entry| (entry.pair(), entry.window))
            .collect()
    })
}

impl Entry {
    fn pair(&self) -> Pair {
        Pair {
            owner: Oid::from(self.owner),
            reader: Oid::from(self.reader),
        }
    }

    fn is_of(&self, database: u32, pair: Pair) -> bool {
        self.database == database
            && self.reader == pair.reader.to_u32()
            && self.owner == pair.owner.to_u32()
    }
}

impl Counts {
    /// What is to be saved, where that is another than what was asked for last.
    pub fn take_changed(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.is_changed).then(|| self.to_saved())
    }

    /// There is something to save.
    pub fn set_changed(&mut self) {
        self.is_changed = true;
    }

    /// The entries, as they outlive a restart.
    fn to_saved(&self) -> Vec<u8> {
        let entries = self.entries[..self.touched].iter();
        let numbers = entries.flat_map(|entry| {
            [
                u64::from(entry.database),
                u64::from(entry.owner),
                u64::from(entry.reader),
                entry.window.began_us.cast_unsigned(),
                entry.window.used,
                entry.window.refused,
                entry.ends_us.cast_unsigned(),
            ]
        });
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    /// What [`Counts::to_saved`] gave; None for anything else.
    pub fn of_saved(mut saved: &[u8]) -> Option<Counts> {
        let rest = &mut saved;
        let mut counts = Counts::default();
        while !rest.is_empty() {
            let mut oid = || u32::try_from(take(rest)?).ok();
            let (database, owner, reader) = (oid()?, oid()?, oid()?);
            let window = Window {
                began_us: take(rest)?.cast_signed(),
                used: take(rest)?,
                refused: take(rest)?,
            };
            *counts.entries.get_mut(counts.touched)? = Entry {
                database,
                owner,
                reader,
                window,
                ends_us: take(rest)?.cast_signed(),
            };
            counts.touched += 1;
        }
        Some(counts)
    }

    fn used(&mut self) -> &mut [Entry] {
        &mut self.entries[..self.touched]
    }

    fn find(&mut self, database: u32, pair: Pair) -> Option<&mut Entry> {
        let mut used = self.used().iter_mut();
        used.find(|entry| entry.is_of(database, pair))
    }

    /// The entry of a pair: its own, one that was never used, or one whose window is over.
    fn enter(&mut self, database: u32, pair: Pair, now_us: i64) -> Option<&mut Entry> {
        let known = |entry: &Entry| entry.is_of(database, pair);
        let found = self.used().iter().position(known);
        let index = match found {
            Some(index) => index,
            None => {
                let index = match self.touched < ENTRIES {
                    true => {
                        self.touched += 1;
                        self.touched - 1
                    }
                    false => {
                        let mut used = self.entries.iter();
                        used.position(|entry| entry.ends_us <= now_us)?
                    }
                };
                self.entries[index] = Entry {
                    database,
                    owner: pair.owner.to_u32(),
                    reader: pair.reader.to_u32(),
                    ..Entry::default()
                };
                index
            }
        };
        self.entries.get_mut(index)
    }
}
