//! What became of a send.

/// What an application reports of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider has taken it.
    Sent,
    /// It has arrived.
    Delivered,
    /// Its code was typed in.
    Verified,
    /// It did not go out: it counts nowhere.
    Failed,
}

/// No outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an outcome is one of: sent, delivered, verified, failed")]
pub struct OutcomeError;

impl Outcome {
    /// The outcome of this name.
    ///
    /// # Errors
    /// [`OutcomeError`] for any other.
    pub fn parse(name: &str) -> Result<Outcome, OutcomeError> {
        match name {
            "sent" => Ok(Outcome::Sent),
            "delivered" => Ok(Outcome::Delivered),
            "verified" => Ok(Outcome::Verified),
            "failed" => Ok(Outcome::Failed),
            _ => Err(OutcomeError),
        }
    }
}
