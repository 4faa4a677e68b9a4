//! A budget holds only where it is known what a message costs.

use phone_crypt_core::sending::{Reason, Warnings};

use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// Refuses what nobody knows the price of, if the policy has a budget.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    let is_refused = attempt.policy.has_budget() && attempt.cost.is_none();
    Ok(is_refused.then_some(Refusal::for_good(Reason::NoPrice)))
}
