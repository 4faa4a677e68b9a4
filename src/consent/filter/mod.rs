//! A filter in shared memory before the list of suppressed numbers: most numbers are not on it, and for them no table is read.
//!
//! It must never rule a number out that is on the list:
//! * bits are only set, and before the row that they stand for is committed (a trigger does it, whatever writes). A row that is
//!   rolled back or deleted leaves bits behind, which cost a look into the table;
//! * it is asked only while it is complete for the database: `fill` reads the whole table after everybody who was writing when it
//!   began has ended, prepared transactions too;
//! * whoever changes the table itself, or switches its trigger off, makes it incomplete (`state::watch`), and it is filled again
//!   only while the trigger is on;
//! * a standby, where no trigger fires, does not ask it; after a crash or a start it is empty, and not complete.

mod fill;
pub mod functions;
mod state;

use phone_crypt_core::crypto::encrypted_phone::{TAG, compared};
use phone_crypt_core::sending::number_filter;

use super::number::Probes;
use crate::pg::shared_words::SharedWords;
use crate::pg::{Oid, process};
use crate::settings;
use crate::worker::note_work;

pub use fill::FillFilter;
pub use state::{STATES as FILTER_STATES, watch};

/// The bits, of all databases.
pub static FILTER_WORDS: SharedWords = SharedWords::new(c"phone_crypt suppression filter", || {
    number_filter::words_for(settings::suppression_filter_size())
});

/// The tag of a value, or of the front of one.
fn tag(value: &[u8]) -> Option<[u8; TAG]> {
    compared(value).last_chunk().copied()
}

/// Enters a value.
fn add(value: &[u8]) {
    if let Some(tag) = tag(value) {
        number_filter::add(FILTER_WORDS.get(), tag);
    }
}

/// Whether the number is certainly not in the table. Where that cannot be told yet, has the filter filled.
pub fn rules_out(table: Oid, probes: &Probes) -> bool {
    let words = FILTER_WORDS.get();
    if words.is_empty() || process::is_recovering() {
        return false;
    }
    if !state::is_complete(table) {
        note_work(&FillFilter);
        return false;
    }
    probes
        .iter()
        .all(|probe| tag(probe).is_some_and(|tag| !number_filter::may_have(words, tag)))
}
