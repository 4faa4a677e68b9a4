//! What becomes of the digits that somebody typed to call abroad.
//!
//! After an exit code come the calling code and the national number, and nothing else. People do
//! write the zero of national calls between them (`0044 020 …`); whatever else the parser would
//! have to drop there shows that the digits were meant in some other way.

use super::region::Region;
use super::renumbered;
use super::typed;
use rlibphonenumber::interfaces::AsOriginal;
use rlibphonenumber::{CountryCodeSource, PhoneNumber, PhoneNumberFormat, PhoneNumberUtil};

/// What was dropped between the calling code and the national number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dropped {
    Nothing,
    /// One zero.
    Zero,
    Other,
}

/// A text read as an exit code of a region and a number abroad.
pub(super) struct Call {
    pub(super) exit_code_length: usize,
    pub(super) dropped: Dropped,
}

/// What the parser dropped of the digits of `text`, which begins with a calling code (or a `+`
/// before it), to get `number`. `None` where it cannot be told.
pub(super) fn dropped(
    library: &PhoneNumberUtil,
    text: &str,
    number: &PhoneNumber,
) -> Option<Dropped> {
    let digits = typed::digits(library, text, number)?;
    Some(dropped_of(library, &digits, number))
}

/// How `text` is read as an exit code of `region` and then `number`; `None` where it is not.
pub(super) fn after_exit_code(
    library: &PhoneNumberUtil,
    text: &str,
    number: &PhoneNumber,
    region: Region,
) -> Option<Call> {
    let digits = typed::digits(library, text, number)?;
    let inner = library.as_original();
    let metadata = inner.get_metadata_for_region(region.code())?;
    let rest = inner
        .maybe_strip_international_prefix_and_normalize(
            &digits,
            Some(metadata.international_prefix()),
        )
        .ok()
        .filter(|rest| rest.country_code_source == CountryCodeSource::FromNumberWithIdd)?;
    Some(Call {
        exit_code_length: digits.len().checked_sub(rest.phone_number.len())?,
        dropped: dropped_of(library, &rest.phone_number, number),
    })
}

/// A number that was renumbered since counts as typed in its former form too.
fn dropped_of(library: &PhoneNumberUtil, digits: &str, number: &PhoneNumber) -> Dropped {
    let e164 = library.format(number, PhoneNumberFormat::E164);
    let wanted = e164.strip_prefix('+').unwrap_or_default();
    let code = number.country_code.to_string();
    let national = wanted.strip_prefix(&code).unwrap_or_default();
    let follows_code = |prefix: &str| {
        let rest = digits.strip_prefix(&code);
        rest.and_then(|rest| rest.strip_prefix(prefix)) == Some(national)
    };
    if follows_code("") || renumbered::former_prefix(number).is_some_and(follows_code) {
        Dropped::Nothing
    } else if follows_code("0") {
        Dropped::Zero
    } else {
        Dropped::Other
    }
}
