//! Rules of who may be called or texted: pure functions of counts and texts.
//!
//! `conversion.rs` judges codes that were sent against codes that were verified, `stop_words.rs` what a person answers.

mod conversion;
pub mod observed;
mod stop_words;

pub use conversion::{ClientCounts, RegionCounts, Thresholds};
pub use stop_words::{Language, LanguageError, Reply, reply};
