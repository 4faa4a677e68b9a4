//! What a transaction has read.

use std::cell::Cell;

use super::area;
use crate::pg::transaction::{self, Ending};
use crate::pg::{Oid, process, unguarded};

thread_local! {
    /// Who has read, and how many numbers that are not added up yet.
    static OPEN: Cell<(Oid, u64)> = const { Cell::new((Oid::INVALID, 0)) };
    /// Where the last role's entry was.
    static HINT: Cell<usize> = const { Cell::new(0) };
}

/// Has what a transaction has read added up at its end. Called once, by `_PG_init`.
pub fn listen() {
    transaction::at_every_end(|ending| {
        if ending == Ending::Over {
            add_up();
        }
    });
}

/// A number was read by the role in whose name the outermost function is called.
#[inline]
pub fn opened() {
    let role = unguarded::outer_user();
    let (reader, count) = OPEN.get();
    if reader != role {
        add_up();
        OPEN.set((role, 1));
    } else {
        OPEN.set((role, count + 1));
    }
}

fn add_up() {
    let (role, count) = OPEN.get();
    if count > 0 {
        let mut hint = HINT.get();
        area::add(process::database(), role, count, &mut hint);
        HINT.set(hint);
        OPEN.set((role, 0));
    }
}
