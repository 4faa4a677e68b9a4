//! To what sort of number.

use phone_crypt_core::sending::{Reason, Warnings};

use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// Refuses numbers of the policy's refused types.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    let is_refused = attempt
        .policy
        .refused_types
        .contain(attempt.number.line_type);
    Ok(is_refused.then_some(Refusal::for_good(Reason::Type)))
}
