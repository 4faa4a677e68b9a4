//! Which rules an algorithm has.

use super::algorithm::Algorithm;
use super::rules::Rules;
use super::{calendar, fixed_window, sliding_window, token_bucket};

/// The registry: a new algorithm is a file, a name in [`Algorithm`] and a line here.
pub(super) fn rules_of(algorithm: Algorithm) -> &'static Rules {
    match algorithm {
        Algorithm::FixedWindow => &fixed_window::RULES,
        Algorithm::SlidingWindow => &sliding_window::RULES,
        Algorithm::TokenBucket => &token_bucket::RULES,
        Algorithm::Calendar => &calendar::RULES,
    }
}
