//! The ways into this module: normalise, parse, and the two questions that never fail.

use super::e164::E164;
use super::error::{MAX_INPUT_BYTES, PhoneError};
use super::parsed::ParsedPhone;
use super::region::Region;
use super::regions::Regions;
use super::{fast_path, library, reading};

/// The E.164 form of the phone number in `input`; an extension is dropped.
///
/// A number with `+` is read as it is. Without one, `00` before a valid number stands for it, unless
/// an exit code of one of `regions` makes another number of the digits; else the first of `regions`
/// that makes it valid wins, else a calling code of theirs at the beginning, else the first that
/// makes it possible.
///
/// # Errors
/// [`PhoneError`] where there is no possible number in `input`, or may be something else.
pub fn normalize(input: &str, regions: &Regions) -> Result<E164, PhoneError> {
    check_length(input)?;
    match fast_path::read(input) {
        Some(number) => Ok(number),
        None => Ok(parse(input, regions)?.e164()),
    }
}

/// As [`normalize`], and whether `input` says more than the number: an extension (`x123`), or words around it, which
/// may be all there is to say whose it is.
///
/// # Errors
/// [`PhoneError`] where there is no possible number in `input`.
pub fn normalize_noting_more(input: &str, regions: &Regions) -> Result<(E164, bool), PhoneError> {
    check_length(input)?;
    if let Some(number) = fast_path::read(input) {
        return Ok((number, false));
    }
    let phone = parse(input, regions)?;
    let says_more = phone.has_extension() || input.chars().any(char::is_alphabetic);
    Ok((phone.e164(), says_more))
}

/// The phone number in `input` with all that is known of it, by the same rule as [`normalize`].
///
/// # Errors
/// [`PhoneError`] where there is no possible number in `input`, or may be something else.
pub fn parse(input: &str, regions: &Regions) -> Result<ParsedPhone, PhoneError> {
    check(input)?;
    library::call(|library| Some(reading::read(library, input, regions)))?
}

/// libphonenumber's own answer for `input` under one default region: the number may be impossible
/// (see [`ParsedPhone::is_possible`]). For comparison with other ports; not for what is stored.
///
/// # Errors
/// [`PhoneError`] where `input` cannot be parsed.
pub fn parse_one(input: &str, region: Option<Region>) -> Result<ParsedPhone, PhoneError> {
    check(input)?;
    library::call(|library| ParsedPhone::new(library, library::read_in(library, input, region)?))
}

/// Whether `input` is a number that its numbering plan assigns. Never fails.
pub fn is_valid(input: &str, regions: &Regions) -> bool {
    parse(input, regions).is_ok_and(|phone| phone.is_valid())
}

/// Whether [`normalize`] takes `input` for a phone number. Never fails.
pub fn is_possible(input: &str, regions: &Regions) -> bool {
    normalize(input, regions).is_ok()
}

fn check(input: &str) -> Result<(), PhoneError> {
    check_length(input)?;
    match library::breaks_parser(input) {
        true => Err(PhoneError::NotAPhoneNumber),
        false => Ok(()),
    }
}

fn check_length(input: &str) -> Result<(), PhoneError> {
    match input.len() <= MAX_INPUT_BYTES {
        true => Ok(()),
        false => Err(PhoneError::TooLong),
    }
}
