//! Whether a number is on the list of those that must not be called or texted.

use super::filter;
use super::number::Probes;
use super::tables::SUPPRESSED;
use crate::consent::error::Result;

/// Whether the number is suppressed, as of now: a suppression that another session has committed counts, whatever snapshot
/// the transaction has.
///
/// Errors: no such table, 55000.
pub fn is_suppressed(probes: &Probes) -> Result<bool> {
    let key = SUPPRESSED.key()?;
    if filter::rules_out(key.table(), probes) {
        return Ok(false);
    }
    let mut is_there = false;
    for probe in probes.iter() {
        key.scan(probe, |_| {
            is_there = true;
            false
        });
        if is_there {
            break;
        }
    }
    Ok(is_there)
}
