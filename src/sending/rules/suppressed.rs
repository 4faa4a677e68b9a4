//! Numbers that must be left alone. One message may still confirm an opt-out, if there was one.

use phone_crypt_core::sending::Reason;

use crate::consent::{self, Probes};
use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;

/// The topic of the message that confirms an opt-out.
const CONFIRMATION: &str = "opt_out_confirmation";

/// Refuses a number that is suppressed, but for the confirmation of its opt-out.
pub fn judge(attempt: &Attempt<'_>) -> Result<Option<Refusal>> {
    if consent::is_nobody_suppressed()? {
        return Ok(None);
    }
    let probes = Probes::of_e164(attempt.number.e164())?;
    let is_refused = consent::is_suppressed(&probes)?
        && !(attempt.topic == Some(CONFIRMATION) && consent::is_confirmable(&probes)?);
    Ok(is_refused.then_some(Refusal::for_good(Reason::Suppressed)))
}

/// Whether this is the confirmation of an opt-out. Where another session has sent it meanwhile, [`sent`] refuses it.
pub fn confirms_an_opt_out(attempt: &Attempt<'_>, probes: &Probes) -> Result<bool> {
    Ok(attempt.topic == Some(CONFIRMATION) && consent::is_suppressed(probes)?)
}

/// What all rules have let pass goes out: an opt-out is confirmed by that. Of several at once, one is.
pub fn sent(attempt: &Attempt<'_>) -> Result<Option<Refusal>> {
    if attempt.topic != Some(CONFIRMATION) {
        return Ok(None);
    }
    let probes = Probes::of_e164(attempt.number.e164())?;
    let is_late = consent::is_suppressed(&probes)? && !consent::take_confirmation(&probes)?;
    Ok(is_late.then_some(Refusal::for_good(Reason::Suppressed)))
}
