//! Rate limiting: pure functions from a state and a time to a decision.
//!
//! Nothing here knows a clock or a store. A store hands [`decide`] the state it has under its lock and keeps
//! the one it gets back, so one algorithm serves a row lock and a shared-memory lock alike.
//!
//! Times are microseconds since any fixed epoch, within [`MAX_TIME_US`]; intermediate products are taken in
//! 128 bits, so nothing here overflows.

mod address;
mod address_key;
mod algorithm;
mod calendar;
mod check;
mod decide;
mod decision;
mod entry;
mod fixed_window;
mod headers;
mod legacy;
mod lists;
mod merge;
mod network;
mod penalty;
mod prefixes;
mod quota;
mod registry;
mod row;
mod rules;
mod sliding_window;
mod slots;
mod state;
mod state_by_rules;
mod token_bucket;

pub use address::address_of_key;
pub use address_key::{AddressPrefixError, address_key};
pub use algorithm::{Algorithm, AlgorithmError};
pub use calendar::{Calendar, CalendarError, CalendarUnit};
pub use check::{Limit, Part, Reason, Verdict, hit, hit_all, look};
pub use decide::{decide, more_after_us, peek};
pub use decision::Decision;
pub use entry::Entry;
pub use headers::{HeaderFacts, HeaderName, HeaderNameError, headers};
pub use legacy::{LegacyRow, MergeRule};
pub use lists::{Listing, ListingError, Lists};
pub use merge::absorb;
pub use network::{Network, NetworkError};
pub use penalty::{Penalties, PenaltiesError, Violations};
pub use quota::{MAX_SPAN_US, MAX_TIME_US, Quota, QuotaError};
pub use row::Row;
pub use slots::{
    Found, Full, KeyKind, KeyName, MAX_KEY, MAX_OWNERS, MAX_POLICY_NAME, Owner, OwnerCounts,
    PartitionHeader, Slot, SlotKey, Slots, Snapshot,
};
pub use state::State;
