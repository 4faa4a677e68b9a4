//! A filter in shared memory before the list of suppressed numbers: most numbers are not on it, and for them no table is read.
//!
//! It must never rule a number out that is on the list:
//! * bits are only set, and before the row that they stand for is committed (a trigger does it, whatever writes). A row that is
//!   rolled back or deleted leaves bits behind, which cost a look into the table;
//! * it is asked only while it is complete for the database: `filter_fill` reads the whole table after everybody who was writing when it
//!   began has ended, prepared transactions too;
//! * whoever changes the table itself, or switches its trigger off, makes it incomplete (`filter_state::watch`), and it is filled again
//!   only while the trigger is on;
//! * a standby, where no trigger fires, does not ask it; after a crash or a start it is empty, and not complete.

use super::filter_fill::FillFilter;
use super::number::Probes;
use super::{filter_state, filter_words};
use crate::pg::{Oid, process};
use crate::worker::note_work;

/// Whether the number is certainly not in the table. Where that cannot be told yet, has the filter filled.
pub fn rules_out(table: Oid, probes: &Probes) -> bool {
    is_to_be_asked(table) && !probes.iter().any(filter_words::may_have)
}

/// Whether certainly no number is.
pub fn rules_out_all(table: Oid) -> bool {
    is_to_be_asked(table) && filter_words::are_empty()
}

fn is_to_be_asked(table: Oid) -> bool {
    if !filter_words::exist() || process::is_recovering() {
        return false;
    }
    let is_complete = filter_state::is_complete(table);
    if !is_complete {
        note_work(&FillFilter);
    }
    is_complete
}
