//! What somebody has agreed to: which of the recorded events decides for a topic.

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentState {
    /// Agreed.
    Granted,
    /// Asked, and did not agree.
    Denied,
    /// Had agreed, and does no longer.
    Withdrawn,
}

/// A state that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown consent state; known are: granted, denied, withdrawn")]
pub struct ConsentStateError;

impl ConsentState {
    /// The state of this name.
    ///
    /// # Errors
    /// [`ConsentStateError`] for any other text.
    pub fn parse(name: &str) -> Result<ConsentState, ConsentStateError> {
        match name {
            "granted" => Ok(ConsentState::Granted),
            "denied" => Ok(ConsentState::Denied),
            "withdrawn" => Ok(ConsentState::Withdrawn),
            _ => Err(ConsentStateError),
        }
    }

    /// `granted`, `denied` or `withdrawn`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConsentState::Granted => "granted",
            ConsentState::Denied => "denied",
            ConsentState::Withdrawn => "withdrawn",
        }
    }
}

/// One event of a number's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEvent {
    /// What it is about; none: everything.
    pub topic: Option<String>,
    /// What it says.
    pub state: ConsentState,
    /// When it happened, in microseconds since any fixed moment.
    pub at_us: i64,
    /// Its number in the order of arrival.
    pub arrival: i64,
}

impl ConsentEvent {
    /// Whether it says something about a topic. What is about everything is about each topic; what is about one says nothing
    /// about everything.
    #[must_use]
    pub fn is_about(&self, topic: Option<&str>) -> bool {
        self.topic.is_none() || self.topic.as_deref() == topic
    }
}

/// The event that decides for a topic: of those that are about it the one that happened last; of several that happened at
/// one time, the one that arrived last. None where nothing is known.
#[must_use]
pub fn deciding_event(
    events: impl IntoIterator<Item = ConsentEvent>,
    topic: Option<&str>,
) -> Option<ConsentEvent> {
    events
        .into_iter()
        .filter(|event| event.is_about(topic))
        .max_by_key(|event| (event.at_us, event.arrival))
}
