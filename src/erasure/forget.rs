//! Forgetting a number or an address, wherever it is.

use super::number::Number;
use super::outcome::Outcome;
use super::wanted::Address;
use super::{columns, consent, limits, sends};
use crate::erasure::error::Result;
use crate::keys::with_ring;

/// Removes every trace of the number, as far as can be. What stands in the way at one object does not keep the others
/// from being done. Rate limits and records in shared memory come last: what is forgotten there stays forgotten whatever becomes of
/// the transaction.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn forget(number: &Number, keep_suppression: bool) -> Result<Vec<Outcome>> {
    with_ring(|_| Result::Ok(()))?;
    let mut outcomes = columns::forget(number)?;
    outcomes.extend(consent::forget(number, keep_suppression)?);
    outcomes.extend(limits::forget(number));
    outcomes.extend(sends::forget(number));
    Ok(outcomes)
}

/// Removes an address from every column of type `encrypted_email`. What stands in the way at one does not keep the others from
/// being done.
///
/// Errors: no key, or a ring that differs from the pin, 55000.
pub fn forget_address(address: &Address) -> Result<Vec<Outcome>> {
    with_ring(|_| Result::Ok(()))?;
    columns::forget(address)
}
