//! Whether a number is on the list of those that must not be called or texted.

use super::filter;
use super::number::Probes;
use super::tables::SUPPRESSED;
use crate::consent::error::{Error, Result};
use crate::encrypted_type as typed;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::user::UserSwitch;
use crate::pg::{relation, statement};

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

/// Whether no number is suppressed, as far as that can be told without a look into the table.
///
/// Errors: as [`is_suppressed`].
pub fn is_nobody_suppressed() -> Result<bool> {
    Ok(filter::rules_out_all(SUPPRESSED.key()?.table()))
}

/// Whether the number's opt-out may still be confirmed. The column is the third.
///
/// Errors: as [`is_suppressed`].
pub fn is_confirmable(probes: &Probes) -> Result<bool> {
    let key = SUPPRESSED.key()?;
    let mut is_confirmable = false;
    for probe in probes.iter() {
        key.scan(probe, |row| {
            is_confirmable |= row.get(3).unwrap_or(false);
            true
        });
    }
    Ok(is_confirmable)
}

/// Confirms the number's opt-out: true once.
///
/// Errors: as [`is_suppressed`].
pub fn take_confirmation(probes: &Probes) -> Result<bool> {
    let key = SUPPRESSED.key()?;
    let (owner, _) = relation::owner_and_name(key.table());
    let _in_their_name = UserSwitch::to(owner);
    let _settings = BatchSettings::for_any_rows();
    let wanted = typed::array(key.the_type(), probes.iter());
    let (array_type, wanted) = wanted.ok_or(Error::NoTable(SUPPRESSED.name()))?;
    let sql = "UPDATE phone_crypt.suppressed_phones AS s SET is_confirmable = false \
                WHERE s.phone = ANY ($1) AND s.is_confirmable";
    Ok(statement::run(sql, &[(array_type, Some(wanted))], |_| ()) > 0)
}
