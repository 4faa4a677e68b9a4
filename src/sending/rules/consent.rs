//! What people have agreed to.

use phone_crypt_core::sending::{ConsentState, Reason, Warnings};

use super::suppressed::confirms_an_opt_out;
use crate::consent::{self, Probes};
use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// Refuses a number that has not agreed to the topic (to all of them, where none is given), if the policy asks for that.
pub fn judge(attempt: &Attempt<'_>, _: &mut Warnings) -> Result<Option<Refusal>> {
    if !attempt.policy.require_consent {
        return Ok(None);
    }
    let probes = Probes::of_e164(attempt.number.e164())?;
    let event = consent::deciding_event(&probes, attempt.topic)?;
    let is_granted = event.is_some_and(|event| event.state == ConsentState::Granted);
    let is_refused = !is_granted && !confirms_an_opt_out(attempt, &probes)?;
    Ok(is_refused.then_some(Refusal::for_good(Reason::Consent)))
}
