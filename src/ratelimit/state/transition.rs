//! What both engines run while they hold a key: measure, and replace.

use phone_crypt_core::ratelimit::{Entry, Verdict};

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// What is to be kept; `None` leaves things as they are.
    pub entry: Option<Entry>,
    /// Whether a hit was denied; `None` if it was none.
    pub denied: Option<bool>,
}

impl Transition {
    /// All stays as it is.
    pub const NONE: Transition = Transition {
        entry: None,
        denied: None,
    };

    /// After a hit.
    pub fn of_hit(entry: Option<Entry>, verdict: &Verdict) -> Transition {
        Transition {
            entry,
            denied: Some(!verdict.decision.allowed),
        }
    }

    /// After something that is no hit.
    pub fn change(entry: Option<Entry>) -> Transition {
        Transition {
            entry,
            denied: None,
        }
    }
}
