//! The names of the algorithms.

/// How hits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// A window that begins with the first hit. The default.
    #[default]
    FixedWindow,
    /// Two aligned windows, the previous one weighted by how much of it still overlaps.
    SlidingWindow,
    /// A bucket that refills steadily (the generic cell rate algorithm, ITU-T I.371).
    TokenBucket,
    /// Windows of a calendar. Those of a policy only: they need a time zone.
    Calendar,
}

/// A name that is no algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm: use fixed_window, sliding_window or token_bucket")]
pub struct AlgorithmError;

impl Algorithm {
    /// Those that a call can name.
    pub const ALL: [Algorithm; 3] = [
        Algorithm::FixedWindow,
        Algorithm::SlidingWindow,
        Algorithm::TokenBucket,
    ];

    /// By its name in SQL.
    ///
    /// # Errors
    /// [`AlgorithmError`] for any other name.
    pub fn parse(name: &str) -> Result<Algorithm, AlgorithmError> {
        let named = |algorithm: &Algorithm| algorithm.as_str() == name;
        Algorithm::ALL.into_iter().find(named).ok_or(AlgorithmError)
    }

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::FixedWindow => "fixed_window",
            Algorithm::SlidingWindow => "sliding_window",
            Algorithm::TokenBucket => "token_bucket",
            Algorithm::Calendar => "calendar",
        }
    }
}
