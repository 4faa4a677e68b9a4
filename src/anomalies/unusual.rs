//! What a look has found.

use phone_crypt_core::anomaly::Judgement;

use super::counts::Subject;

/// A window that is unusual.
pub struct Unusual<'a> {
    /// Whose it is.
    pub subject: &'a Subject,
    /// How much was counted, as much as there would be in a whole window.
    pub count: f64,
    /// How unusual that is.
    pub judgement: Judgement,
    /// The end of the window, in microseconds since 1970.
    pub at_us: i64,
}
