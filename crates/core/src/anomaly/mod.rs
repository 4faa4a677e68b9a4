//! What is unusual: a count of a window held against what was usual before.
//!
//! Each key has a [`Baseline`]: an exponentially weighted mean of its counts for each hour of the day, those of weekends apart,
//! and a deviation. The score of a window is its distance from the mean in deviations; from a threshold on ([`Sensitivity`]) it
//! is unusual. Pure arithmetic: whoever calls knows the time and counts.

mod baseline;
mod penalty;
mod sensitivity;
mod stored;
mod window;

pub use baseline::{Baseline, Judgement, WARM_UP};
pub use penalty::throttle_us;
pub use sensitivity::{Sensitivity, SensitivityError};
pub use stored::STORED_LEN;
pub use window::{MAX_LENGTH_US, MIN_LENGTH_US, Window};
