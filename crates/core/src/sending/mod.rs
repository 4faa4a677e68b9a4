//! Rules of who may be called or texted: pure functions of counts, numbers and texts.
//!
//! `places.rs`: where to; `line_type.rs`: to what sort of number; `rate.rs`: how often; `block.rs`: numbers next to each other;
//! `money.rs`: prices and budgets; `answer.rs`: what comes of it. `conversion.rs` judges codes that were sent against codes that
//! were verified, `consent.rs` what somebody has agreed to, `stop_words.rs` what a person answers; `number_filter.rs` rules out
//! most numbers that are not on a list. `observed`: what became of the codes that were sent, and the rules that look at it.

mod answer;
mod block;
mod consent;
mod conversion;
mod line_type;
mod money;
pub mod number_filter;
pub mod observed;
mod places;
mod rate;
mod stop_words;

pub use answer::{Reason, Warning, Warnings};
pub use block::Blocks;
pub use consent::{ConsentEvent, ConsentState, ConsentStateError, deciding_event};
pub use conversion::{ClientCounts, RegionCounts, Thresholds};
pub use line_type::{LineType, LineTypeError, LineTypes};
pub use money::{AmountError, Prices, UNIT, amount, is_near, to_decimal};
pub use places::{Places, PlacesError};
pub use rate::{MAX_RATES, Rate, RateError};
pub use stop_words::{Language, LanguageError, Reply, reply};
