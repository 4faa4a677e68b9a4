//! Where to.

use phone_crypt_core::sending::{Places, Reason, Warnings};

use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// Refuses what is in none of the policy's regions, or in one that it denies.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    let (policy, number) = (attempt.policy, attempt.number);
    let is_in = |places: &Places| places.contain(number.digits(), number.region);
    let is_refused = !is_in(&policy.regions) || is_in(&policy.denied);
    Ok(is_refused.then_some(Refusal::for_good(Reason::Region)))
}
