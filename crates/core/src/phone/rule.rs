//! What a text means as a phone number, under an ordered list of default regions.
//!
//! With a `+` the number says for itself where it belongs. Without one, what is valid is better
//! evidence than what is only possible, and what leaves every digit where it was typed is better
//! than what drops some. The order of readings and its reasons: docs/decisions/0014-order-of-readings.md.

use super::dialled::{self, Dropped};
use super::e164::E164;
use super::fast_path;
use super::international::{self, International};
use super::library::read_in;
use super::parsed::ParsedPhone;
use super::region::Region;
use super::regions::Regions;
use super::renumbered;
use super::typed::{self, Beginning};
use rlibphonenumber::{
    CountryCodeSource, NumberLengthType, PhoneNumber, PhoneNumberType, PhoneNumberUtil,
};

/// The number in `input`: always one of a length that can be dialled from abroad, and one whose
/// E.164 form means itself.
pub(super) fn read(
    library: &PhoneNumberUtil,
    input: &str,
    regions: &Regions,
) -> Option<ParsedPhone> {
    let number = match typed::beginning(library, input) {
        Beginning::Plus => international::read(library, input)?.number,
        Beginning::PlusZeros(rest) => read_zeros(library, rest, regions)?,
        Beginning::Zeros(rest) if !regions.is_empty() => read_zeros(library, rest, regions)?,
        Beginning::Digits(text) => read_national(library, text, regions)?,
        Beginning::Zeros(_) | Beginning::Nothing => return None,
    };
    ParsedPhone::new(library, number).filter(|phone| stands_by_itself(library, phone.e164()))
}

/// Whether `number` can be dialled from abroad and, read again, is still the same number.
///
/// A number that lacks its area code is another one in each area. And of the zeros in `+61 00 3…`
/// the parser drops one as a national prefix; reading what it gives would drop the other. Were that
/// stored, it would be found under one number and decrypted as another.
fn stands_by_itself(library: &PhoneNumberUtil, number: E164) -> bool {
    let is_whole_and_same = |again: PhoneNumber| {
        let is_whole = !lacks_area_code(library, &again) || library.is_valid_number(&again);
        is_whole
            && has_full_length(library, &again, PhoneNumberType::Unknown)
            && ParsedPhone::new(library, again).is_some_and(|phone| phone.e164() == number)
    };
    fast_path::read(number.as_str()) == Some(number)
        || read_in(library, number.as_str(), None).is_some_and(is_whole_and_same)
}

/// The least number of twelve digits. Some plans set no end to a number's length, and to them a
/// mobile with its calling code (`49 160 2229999`) is a valid national number too. Nobody has a
/// line that long.
const LONG_AT_HOME: u64 = 100_000_000_000;

/// Digits that begin with something other than `00`: steps 2, 3 and 5 of the rule.
fn read_national(library: &PhoneNumberUtil, text: &str, regions: &Regions) -> Option<PhoneNumber> {
    let mut plausible = None;
    for region in regions.iter() {
        let Some(number) = read_at_home(library, text, region) else {
            continue;
        };
        if library.is_valid_number(&number) {
            let is_long = number.national_number >= LONG_AT_HOME;
            let abroad = is_long.then(|| read_own_calling_code(library, text, region));
            return abroad.flatten().or(Some(number));
        }
        if plausible.is_none() && is_plausible(library, &number) {
            plausible = Some(number);
        }
    }
    regions
        .iter()
        .find_map(|region| read_own_calling_code(library, text, region))
        .or(plausible)
}

/// What follows `00` or `+00`: steps 1, 2 and 4 of the rule. It is never merely possible.
///
/// `00` is the exit code of most of the world, whatever the list of regions says. Of the regions
/// in the list some have an exit code that begins with the same zeros (`001`, `0011`, `009`): where
/// one of them makes another number of the same digits, nobody can tell which was meant.
fn read_zeros(library: &PhoneNumberUtil, rest: &str, regions: &Regions) -> Option<PhoneNumber> {
    let (with_plus, at_home) = (format!("+{rest}"), format!("00{rest}"));
    let abroad = international::read(library, &with_plus)
        .filter(|found| library.is_valid_number(&found.number));
    if let Some(found) = abroad.as_ref().filter(|found| is_exact(library, found)) {
        let is_ambiguous = regions
            .iter()
            .any(|region| has_another_reading(library, &at_home, region, &found.number, regions));
        return (!is_ambiguous).then(|| found.number.clone());
    }
    let valid_at_home = |region| {
        read_at_home(library, &at_home, region).filter(|number| library.is_valid_number(number))
    };
    regions.iter().find_map(valid_at_home).or_else(|| {
        let found = abroad?;
        let dropped = dialled::dropped(library, &found.text, &found.number)?;
        (dropped <= Dropped::Zero).then_some(found.number)
    })
}

fn is_exact(library: &PhoneNumberUtil, found: &International<'_>) -> bool {
    dialled::dropped(library, &found.text, &found.number) == Some(Dropped::Nothing)
}

/// Whether an exit code of `region` longer than `00` makes a number other than `number` of exactly
/// the digits typed: a valid one, or a possible one where `number` is of another region in the
/// list. Who lives there writes it without `00`, so that it was dialled in `region` is likelier.
fn has_another_reading(
    library: &PhoneNumberUtil,
    text: &str,
    region: Region,
    number: &PhoneNumber,
    regions: &Regions,
) -> bool {
    let is_of = |region: Region| code_of(library, region) == Some(number.country_code);
    let Some(other) = read_at_home(library, text, region) else {
        return false;
    };
    let is_another = (other.country_code, other.national_number)
        != (number.country_code, number.national_number);
    let is_exact = || {
        dialled::after_exit_code(library, text, &other, region)
            .is_some_and(|call| call.exit_code_length > 2 && call.dropped == Dropped::Nothing)
    };
    let may_be_meant = || {
        library.is_valid_number(&other)
            || (!is_of(region) && regions.iter().any(is_of) && is_plausible(library, &other))
    };
    is_another && is_exact() && may_be_meant()
}

/// The number that `text` dials in `region`, unless that is a call abroad which drops more of the
/// digits than one zero after the calling code.
fn read_at_home(library: &PhoneNumberUtil, text: &str, region: Region) -> Option<PhoneNumber> {
    let mut number = library
        .parse_and_keep_raw_input(text, Some(region.code()))
        .ok()?;
    let source = number.country_code_source();
    // Kept only to learn the source: formatting would look at them.
    (number.raw_input, number.preferred_domestic_carrier_code) = (None, None);
    if source == CountryCodeSource::FromDefaultCountry {
        return Some(number);
    }
    let number = renumbered::current(library, number);
    if source != CountryCodeSource::FromNumberWithIdd {
        return Some(number);
    }
    let call = dialled::after_exit_code(library, text, &number, region)?;
    (call.dropped <= Dropped::Zero).then_some(number)
}

/// Step 3: digits that begin with the calling code of `region`, and are a valid number as they
/// stand.
fn read_own_calling_code(
    library: &PhoneNumberUtil,
    text: &str,
    region: Region,
) -> Option<PhoneNumber> {
    let code = code_of(library, region)?;
    if !typed::begins_with(library, text, code) {
        return None;
    }
    international::read(library, &format!("+{text}"))
        .filter(|found| library.is_valid_number(&found.number) && is_exact(library, found))
        .map(|found| found.number)
}

fn code_of(library: &PhoneNumberUtil, region: Region) -> Option<i32> {
    library.get_country_code_for_region(region.code())
}

/// Whether a number that is not valid may still be taken for a subscriber's: of a full length for
/// a fixed line or a mobile (numbering plans grow before metadata does), and without a leading
/// zero, which is a prefix that belongs to some other region's plan.
fn is_plausible(library: &PhoneNumberUtil, number: &PhoneNumber) -> bool {
    !number.italian_leading_zero() && has_subscribers_length(library, number)
}

/// Whether a number is as long as a subscriber's without its area code, and not as long as one
/// with it. It may have a full length all the same: numbers of some services are that short.
fn lacks_area_code(library: &PhoneNumberUtil, number: &PhoneNumber) -> bool {
    let is_local = |kind| {
        let length = library.is_possible_number_for_type_with_reason(number, kind);
        length == Ok(NumberLengthType::IsPossibleLocalOnly)
    };
    SUBSCRIBERS.into_iter().any(is_local) && !has_subscribers_length(library, number)
}

const SUBSCRIBERS: [PhoneNumberType; 2] = [PhoneNumberType::FixedLine, PhoneNumberType::Mobile];

fn has_subscribers_length(library: &PhoneNumberUtil, number: &PhoneNumber) -> bool {
    SUBSCRIBERS
        .into_iter()
        .any(|kind| has_full_length(library, number, kind))
}

fn has_full_length(library: &PhoneNumberUtil, number: &PhoneNumber, kind: PhoneNumberType) -> bool {
    let length = library.is_possible_number_for_type_with_reason(number, kind);
    length == Ok(NumberLengthType::IsPossible)
}
