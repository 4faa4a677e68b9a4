//! Who has agreed to be called or texted, and who must not be: a history of consent that is only added to, and a list of
//! suppressed numbers.
//!
//! Both tables keep numbers as `encrypted_phone`. Rows are found under every configured key, so that a change of the hash key
//! loses nobody before `rekey` has reached them. What is recorded is PL/pgSQL (`sql/consent`); which event decides is in the
//! core. `filter` is the way past the table for most numbers: `filter_words` its bits, `filter_state` whether it is complete,
//! `filter_fill` the background task.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod changes;
pub mod error;
mod events;
mod filter;
mod filter_fill;
mod filter_functions;
mod filter_state;
mod filter_words;
mod functions;
mod import;
mod number;
mod rekey;
mod suppressions;
mod tables;

pub use changes::ChangesAllowed;
pub use events::deciding_event;
pub use filter_fill::FillFilter;
pub use filter_state::{STATES as FILTER_STATES, watch as watch_filter};
pub use filter_words::WORDS as FILTER_WORDS;
pub use number::Probes;
pub use suppressions::{is_confirmable, is_nobody_suppressed, is_suppressed, take_confirmation};
pub use tables::{OWN_TABLES, OwnTable, SUPPRESSED};
