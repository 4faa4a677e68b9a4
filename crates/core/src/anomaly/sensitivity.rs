//! From which score on a window is unusual.

/// How easily a window is unusual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensitivity {
    /// 12 deviations above the mean.
    Low,
    /// 8 deviations.
    Medium,
    /// 5 deviations.
    High,
}

/// No sensitivity has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sensitivity must be low, medium or high")]
pub struct SensitivityError;

impl Sensitivity {
    /// The one of this name.
    ///
    /// # Errors
    /// [`SensitivityError`] for any other name.
    pub fn parse(name: &str) -> Result<Sensitivity, SensitivityError> {
        match name {
            "low" => Ok(Sensitivity::Low),
            "medium" => Ok(Sensitivity::Medium),
            "high" => Ok(Sensitivity::High),
            _ => Err(SensitivityError),
        }
    }

    /// The score from which on a window is unusual.
    #[must_use]
    pub fn threshold(self) -> f64 {
        match self {
            Sensitivity::Low => 12.0,
            Sensitivity::Medium => 8.0,
            Sensitivity::High => 5.0,
        }
    }
}
