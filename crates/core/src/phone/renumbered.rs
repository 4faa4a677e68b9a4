//! Numbers that are still written in a form of an earlier numbering plan.
//!
//! Mexico had a `1` between its calling code and a mobile number until August 2019; the number is
//! the same without it.

use rlibphonenumber::{PhoneNumber, PhoneNumberUtil};

const MEXICO: i32 = 52;

/// The `1` before a Mexican number of ten digits.
const MEXICAN_MOBILE: u64 = 10_000_000_000;

/// `number` in its present form, if it is known to be valid so; else as it is.
pub(super) fn current(library: &PhoneNumberUtil, number: PhoneNumber) -> PhoneNumber {
    let is_former = number.country_code == MEXICO
        && (MEXICAN_MOBILE..2 * MEXICAN_MOBILE).contains(&number.national_number);
    if !is_former {
        return number;
    }
    let mut current = number.clone();
    current.national_number -= MEXICAN_MOBILE;
    match library.is_valid_number(&current) {
        true => current,
        false => number,
    }
}

/// What stood between the calling code and `number` before it was renumbered, where that may be.
pub(super) fn former_prefix(number: &PhoneNumber) -> Option<&'static str> {
    (number.country_code == MEXICO && number.national_number < MEXICAN_MOBILE).then_some("1")
}
