//! Forgetting a number in what sending policies keep.

use super::number::Number;
use super::outcome::{Outcome, attempt};
use crate::erasure::error::Result;
use crate::sending;

const RECORDS: &str = "phone_crypt.send_records";

/// Takes the number out of records of decisions, off the list of those that are exempt, and out of what became of messages. What stands in the way is an outcome,
/// too.
pub fn forget(number: &Number) -> Vec<Outcome> {
    let result = attempt(RECORDS, || forget_everywhere(number));
    result.unwrap_or_else(|failure| vec![Outcome::failed(RECORDS, failure)])
}

fn forget_everywhere(number: &Number) -> Result<Vec<Outcome>> {
    let forgotten = sending::forget_number(&number.hashes("")?)?;
    let observed = sending::forget_observed(&number.every_hash()?)?;
    let outcome = |object: &str, rows| Outcome::done(object, "deleted", rows);
    Ok(vec![
        outcome("phone_crypt.send_exempt", forgotten.exempt),
        outcome(RECORDS, forgotten.records),
        outcome("phone_crypt.send_verified", observed),
    ])
}
