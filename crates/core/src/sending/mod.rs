//! Rules of who may be called or texted: pure functions of counts and texts.
//!
//! `conversion.rs` judges codes that were sent against codes that were verified, `consent.rs` what somebody has agreed to,
//! `stop_words.rs` what a person answers; `number_filter.rs` rules out most numbers that are not on a list.

mod consent;
mod conversion;
pub mod number_filter;
mod stop_words;

pub use consent::{ConsentEvent, ConsentState, ConsentStateError, deciding_event};
pub use conversion::{ClientCounts, RegionCounts, Thresholds};
pub use stop_words::{Language, LanguageError, Reply, reply};
