//! Numbers of the legacy web application, whose normalisation was naive: it put `+1` before whatever had no `+`.
//!
//! An Australian `0401148075` became `+10401148075`. No area code of the North American plan begins
//! with 0, so what stands after such a `+1` is what somebody typed, and can be read again.

use super::e164::E164;
use super::normalize::{normalize, parse};
use super::regions::Regions;

/// What a number of the legacy application turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsPrefixRepair {
    /// The number as it stood.
    Number(E164),
    /// The number that `+1` had been glued to.
    Repaired(E164),
}

impl UsPrefixRepair {
    /// The number, repaired or not.
    pub fn e164(&self) -> E164 {
        match *self {
            UsPrefixRepair::Number(number) | UsPrefixRepair::Repaired(number) => number,
        }
    }
}

/// Why a number of the legacy application cannot be used. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsPrefixError {
    /// Nothing in the text is a possible number.
    #[error("not a phone number")]
    NotAPhoneNumber,
    /// `+1` before something that begins with 0 and is no valid number in any of the regions.
    #[error("+1 before what is no valid number")]
    Unrepairable,
}

/// The number in a text that the legacy application stored.
///
/// As [`normalize`](super::normalize), except for what begins with `+10`: the rest after `+1` is read
/// as national input under `regions`, and must be a valid number.
///
/// # Errors
/// [`UsPrefixError::Unrepairable`] where that rest is not valid; [`UsPrefixError::NotAPhoneNumber`] for
/// whatever else is no possible number.
pub fn repair_us_prefix(input: &str, regions: &Regions) -> Result<UsPrefixRepair, UsPrefixError> {
    if let Some(rest) = after_plus_one(input) {
        return repair(rest, regions);
    }
    let number = normalize(input, regions).map_err(|_| UsPrefixError::NotAPhoneNumber)?;
    match number.as_str().strip_prefix("+1") {
        Some(rest) if rest.starts_with('0') => repair(rest, regions),
        _ => Ok(UsPrefixRepair::Number(number)),
    }
}

fn repair(national: &str, regions: &Regions) -> Result<UsPrefixRepair, UsPrefixError> {
    match parse(national, regions) {
        Ok(phone) if phone.is_valid() => Ok(UsPrefixRepair::Repaired(phone.e164())),
        _ => Err(UsPrefixError::Unrepairable),
    }
}

/// What follows a `+1` at the start, if that begins with 0. Punctuation and spaces do not matter.
fn after_plus_one(input: &str) -> Option<&str> {
    let text = without_formatting(input);
    let text = text.strip_prefix(['+', '\u{ff0b}'])?;
    let rest = without_formatting(text).strip_prefix('1')?;
    without_formatting(rest).starts_with('0').then_some(rest)
}

fn without_formatting(text: &str) -> &str {
    text.trim_start_matches(|character: char| {
        !character.is_alphanumeric() && !matches!(character, '+' | '\u{ff0b}')
    })
}
