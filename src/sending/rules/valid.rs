//! Nobody has a number that no numbering plan assigns.

use phone_crypt_core::sending::{Reason, Warnings};

use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// Refuses a number that is not valid, unless the policy takes those.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    let is_refused = attempt.policy.refuse_invalid && !attempt.number.is_valid;
    Ok(is_refused.then_some(Refusal::for_good(Reason::NotValid)))
}
