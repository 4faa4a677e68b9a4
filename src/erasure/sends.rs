//! Forgetting a number in what sending policies keep.

use super::number::Number;
use super::outcome::{Outcome, attempt};
use crate::erasure::error::Result;
use crate::sending;

const RECORDS: &str = "phone_crypt.send_records";

/// Takes the number out of records of decisions and off the list of those that are exempt. What stands in the way is an outcome,
/// too.
pub fn forget(number: &Number) -> Vec<Outcome> {
    let result = attempt(RECORDS, || forget_everywhere(number));
    result.unwrap_or_else(|failure| vec![Outcome::failed(RECORDS, failure)])
}

fn forget_everywhere(number: &Number) -> Result<Vec<Outcome>> {
    let forgotten = sending::forget_number(&number.hashes("")?)?;
    let outcome = |object: &str, rows| Outcome::done(object, "deleted", rows);
    Ok(vec![
        outcome("phone_crypt.send_exempt", forgotten.exempt),
        outcome(RECORDS, forgotten.records),
    ])
}
