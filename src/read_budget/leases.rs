//! What this transaction has reserved. It begins with one read and doubles, so that a transaction of a single read gives
//! nothing back, and one of many seldom asks.

use phone_crypt_core::read_budget::Budget;
use std::cell::{Cell, RefCell};

use super::applied::{Basis, Pair};
use super::counts::{self, Reserved};
use super::error::Result;
use crate::pg::transaction::{self, Ending};

/// Some reads of a budget.
struct Lease {
    pair: Pair,
    budget: Budget,
    left: Reserved,
    /// How many to ask for next.
    next: u64,
}

thread_local! {
    /// What the leases were made for. They are kept from one transaction to the next, what is left in them is not.
    static BASIS: Cell<Option<Basis>> = const { Cell::new(None) };
    static LEASES: RefCell<Vec<Lease>> = const { RefCell::new(Vec::new()) };
    /// Reads that every lease had room for when it was last looked at, and how many of them are still to come.
    static ROOM: Cell<u64> = const { Cell::new(0) };
    static LEFT: Cell<u64> = const { Cell::new(0) };
    /// Whether something is reserved.
    static IS_HOLDING: Cell<bool> = const { Cell::new(false) };
}

/// Has what is left given back at the end of each transaction. Called once, by `_PG_init`.
pub fn listen() {
    transaction::at_every_end(|ending| {
        if ending == Ending::Over && IS_HOLDING.get() {
            give_back();
        }
    });
}

/// Whether one more number may be read. To be asked after lockdowns.
///
/// Errors: a budget is used up, 42501; no room to count, 53400.
#[inline]
pub fn check() -> Result<()> {
    let Some(basis) = Basis::present() else {
        return Ok(());
    };
    match BASIS.get() == Some(basis) && LEFT.get() > 0 {
        true => Ok(()),
        false => reserve(basis),
    }
}

/// A number was read.
#[inline]
pub fn opened() {
    LEFT.set(LEFT.get().saturating_sub(1));
}

#[cold]
fn reserve(basis: Basis) -> Result<()> {
    if BASIS.get() != Some(basis) {
        give_back();
        BASIS.set(None);
        // Looked up while nothing is borrowed.
        let leases = basis.budgets().into_iter().map(Lease::new).collect();
        LEASES.set(leases);
        BASIS.set(Some(basis));
    }
    LEASES.with_borrow_mut(|leases| {
        settle(leases);
        for lease in leases.iter_mut() {
            lease.refill()?;
        }
        // Where no budget applies, nothing runs out.
        let room = leases.iter().map(|lease| lease.left.count).min();
        ROOM.set(room.unwrap_or(u64::MAX));
        LEFT.set(ROOM.get());
        Ok(())
    })
}

/// Takes what was read out of the leases.
fn settle(leases: &mut [Lease]) {
    let read = ROOM.take() - LEFT.take();
    for lease in leases {
        lease.left.count = lease.left.count.saturating_sub(read);
    }
}

fn give_back() {
    IS_HOLDING.set(false);
    LEASES.with_borrow_mut(|leases| {
        settle(leases);
        for lease in leases.iter_mut() {
            lease.next = 1;
            if lease.left.count > 0 {
                counts::give_back(lease.pair, lease.left);
                lease.left.count = 0;
            }
        }
    });
}

impl Lease {
    fn new((pair, budget): (Pair, Budget)) -> Lease {
        Lease {
            pair,
            budget,
            left: Reserved {
                count: 0,
                began_us: 0,
            },
            next: 1,
        }
    }

    /// Reserves some reads, where none is left.
    fn refill(&mut self) -> Result<()> {
        if self.left.count == 0 {
            self.left = counts::reserve(self.pair, self.budget, self.next)?;
            self.next = self.next.saturating_mul(2);
            IS_HOLDING.set(true);
        }
        Ok(())
    }
}
