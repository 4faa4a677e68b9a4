//! What a text means as a phone number, under an ordered list of default regions.
//!
//! With a `+` the number says for itself where it belongs. Without one, a region that makes it
//! valid is better evidence than one that only makes it possible, wherever they stand in the list.

use super::e164::E164;
use super::fast_path;
use super::parsed::ParsedPhone;
use super::region::Region;
use super::regions::Regions;
use rlibphonenumber::{NumberLengthType, PhoneNumber, PhoneNumberType, PhoneNumberUtil};

/// The number in `input`: always a possible one, and one whose E.164 form means itself.
pub(super) fn read(
    library: &PhoneNumberUtil,
    input: &str,
    regions: &Regions,
) -> Option<ParsedPhone> {
    let number = if has_plus(input) {
        read_in(library, input, None)
    } else {
        read_by_region(library, input, regions).or_else(|| read_dialled(library, input, regions))
    }?;
    let possible = library.is_possible_number(&number);
    let phone = ParsedPhone::new(library, number)?;
    (possible && means_itself(library, phone.e164())).then_some(phone)
}

/// Whether `number`, read again, is still the same number.
///
/// Of the zeros in `+61 00 3…` the parser drops one as a national prefix; reading what it gives
/// would drop the other. Were that stored, it would be found under one number and decrypted as
/// another.
fn means_itself(library: &PhoneNumberUtil, number: E164) -> bool {
    let read_again = || {
        let again = read_in(library, number.as_str(), None)?;
        ParsedPhone::new(library, again).map(|phone| phone.e164())
    };
    fast_path::read(number.as_str()).or_else(read_again) == Some(number)
}

/// libphonenumber's own answer under one default region, or none.
pub(super) fn read_in(
    library: &PhoneNumberUtil,
    input: &str,
    region: Option<Region>,
) -> Option<PhoneNumber> {
    library.parse(input, region.map(Region::code)).ok()
}

/// Also the fullwidth plus, which the parser takes for the same.
fn has_plus(input: &str) -> bool {
    input.contains(['+', '\u{ff0b}'])
}

/// The first region that makes the number valid, else the first that makes it plausible.
fn read_by_region(
    library: &PhoneNumberUtil,
    input: &str,
    regions: &Regions,
) -> Option<PhoneNumber> {
    let mut plausible = None;
    for region in regions.iter() {
        let Some(number) = read_in(library, input, Some(region)) else {
            continue;
        };
        if library.is_valid_number(&number) {
            return Some(number);
        }
        if plausible.is_none() && is_plausible(library, &number) {
            plausible = Some(number);
        }
    }
    plausible
}

/// Whether a number that is not valid may still be taken for a subscriber's: of a full length for
/// a fixed line or a mobile (numbering plans grow before metadata does), and without a leading
/// zero, which is a prefix that belongs to some other region's plan.
fn is_plausible(library: &PhoneNumberUtil, number: &PhoneNumber) -> bool {
    let has_full_length = |kind| {
        let length = library.is_possible_number_for_type_with_reason(number, kind);
        length == Ok(NumberLengthType::IsPossible)
    };
    !number.italian_leading_zero()
        && (has_full_length(PhoneNumberType::FixedLine) || has_full_length(PhoneNumberType::Mobile))
}

/// A number dialled with `00`, the international prefix of most regions, as if it had a `+`.
///
/// Not where the list is empty: that says that only numbers with `+` are to be understood.
fn read_dialled(library: &PhoneNumberUtil, input: &str, regions: &Regions) -> Option<PhoneNumber> {
    if regions.is_empty() {
        return None;
    }
    let rest = input.trim_start().strip_prefix("00")?;
    let number = read_in(library, &format!("+{rest}"), None)?;
    library.is_valid_number(&number).then_some(number)
}
