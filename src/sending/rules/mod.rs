//! The rules of a policy, one a file. Their order is in `check/judge.rs`.

use phone_crypt_core::sending::Warnings;

use super::attempt::{Attempt, Refusal};
use super::error::Result;

pub mod consent;
pub mod limits;
pub mod line_type;
pub mod place;
pub mod price;
pub mod quiet_hours;
pub mod suppressed;
pub mod valid;

/// Judges an attempt by what is known of it, and counts nothing: why it is refused, if it is. It may add warnings.
pub type Condition = fn(&Attempt<'_>, &mut Warnings) -> Result<Option<Refusal>>;
