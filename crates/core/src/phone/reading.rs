//! From a text to the one number in it: what `screen/` says of the text, then what `rule.rs` makes of the digits that are left.

use super::error::{MAX_INPUT_BYTES, PhoneError};
use super::parsed::ParsedPhone;
use super::phone_type::PhoneType;
use super::regions::Regions;
use super::screen::links::{self, Link};
use super::screen::pieces::{self, Reading};
use super::screen::plain::is_plain;
use super::screen::written::{self, Demand, Fault};
use super::screen::{characters, floats, labels, parameters, placeholders};
use super::{library, rule};
use rlibphonenumber::PhoneNumberUtil;
use std::ops::Range;

/// Luxembourg's numbers have from four digits to eleven, so one number may be the beginning of
/// another.
const CODES_WITHOUT_LENGTH: [&str; 1] = ["+352"];

/// The number in `input`.
pub(super) fn read(
    library: &PhoneNumberUtil,
    input: &str,
    regions: &Regions,
) -> Result<ParsedPhone, PhoneError> {
    if is_plain(input.as_bytes()) {
        return rule::read(library, input, regions).ok_or(PhoneError::NotAPhoneNumber);
    }
    let text = characters::simplify(library, input);
    read_simple(library, &text, regions, true)
}

/// The pieces of a text that holds several numbers, as they are written, without the blanks around
/// them: `0401 148 075; 0401 148 076` gives two. One piece where there is one number, or none;
/// no piece where there is nothing but blanks.
pub fn split(text: &str, regions: &Regions) -> Vec<String> {
    let pieces = library::call(|library| Some(pieces_of(library, text, regions)));
    pieces
        .unwrap_or_else(|_| vec![text])
        .into_iter()
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The most bytes of a text in which the first of its numbers is looked for.
const WINDOW: usize = 2 * MAX_INPUT_BYTES;

fn pieces_of<'a>(library: &PhoneNumberUtil, text: &'a str, regions: &Regions) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((piece, after)) = first_piece(library, rest, regions) {
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// What is before and after the first boundary between two numbers.
fn first_piece<'a>(
    library: &PhoneNumberUtil,
    text: &'a str,
    regions: &Regions,
) -> Option<(&'a str, &'a str)> {
    let window = text.get(..text.floor_char_boundary(WINDOW))?;
    let simple = characters::simplify(library, window);
    if matches!(links::read(&simple), Link::Number(_)) {
        return None;
    }
    let boundary = boundary(library, &simple, regions)?;
    let start = offset(library, text, boundary.start);
    let end = offset(library, text, boundary.end);
    Some((text.get(..start)?, text.get(end..)?))
}

/// Where in `text` the byte `at` of its simplified form comes from.
fn offset(library: &PhoneNumberUtil, text: &str, at: usize) -> usize {
    let mut simple_length = 0;
    for (start, character) in text.char_indices() {
        if simple_length >= at {
            return start;
        }
        let simple = characters::simple(library, character);
        simple_length += simple.map_or(0, char::len_utf8);
    }
    text.len()
}

fn boundary(library: &PhoneNumberUtil, text: &str, regions: &Regions) -> Option<Range<usize>> {
    pieces::boundary(text, |piece| {
        match read_simple(library, piece, regions, false) {
            Err(_) => Reading::Nothing,
            Ok(phone) if !phone.is_valid() => Reading::Possible,
            Ok(phone) => {
                let has_code = |code| phone.e164().as_str().starts_with(code);
                match CODES_WITHOUT_LENGTH.into_iter().any(has_code) {
                    true => Reading::ValidSoFar,
                    false => Reading::Valid,
                }
            }
        }
    })
}

/// The number in a text that has been simplified. Whether it holds two is not asked of a text that
/// ends where the first might.
fn read_simple(
    library: &PhoneNumberUtil,
    text: &str,
    regions: &Regions,
    may_hold_two: bool,
) -> Result<ParsedPhone, PhoneError> {
    let holds_two = |text| may_hold_two && boundary(library, text, regions).is_some();
    if text.len() > MAX_INPUT_BYTES {
        return Err(PhoneError::TooLong);
    }
    match links::read(text) {
        Link::No => {}
        Link::Number(number) => {
            let phone = rule::read(library, &number, regions);
            return phone
                .filter(ParsedPhone::is_valid)
                .ok_or(PhoneError::NotAPhoneNumber);
        }
        Link::Other if holds_two(text) => return Err(PhoneError::TwoNumbers),
        Link::Other => return Err(PhoneError::NotAPhoneNumber),
    }
    let text = parameters::apply(text).ok_or(PhoneError::NotAPhoneNumber)?;
    let text = labels::drop_label(&text);
    if floats::is_float(text) {
        return Err(PhoneError::Float);
    }
    if holds_two(text) {
        return Err(PhoneError::TwoNumbers);
    }
    if placeholders::has_placeholder(text) {
        return Err(PhoneError::Placeholder);
    }
    let written = written::read(text).map_err(|fault| match fault {
        Fault::Letters => PhoneError::Letters,
        Fault::Other => PhoneError::NotAPhoneNumber,
    })?;
    let phone = rule::read(library, &written.text, regions);
    phone
        .filter(|phone| meets(phone, written.demand))
        .ok_or(match written.demand {
            Demand::Vanity => PhoneError::Letters,
            _ => PhoneError::NotAPhoneNumber,
        })
}

fn meets(phone: &ParsedPhone, demand: Demand) -> bool {
    let number = phone.e164();
    let begins = |code| number.as_str().starts_with(code);
    match demand {
        Demand::Possible => true,
        Demand::FullLength => phone.has_full_length(),
        Demand::American => begins("+1") && phone.has_full_length(),
        Demand::Vanity => match phone.phone_type() {
            PhoneType::Unknown => false,
            PhoneType::TollFree if begins("+1") => true,
            _ => begins("+6113") || begins("+611800"),
        },
    }
}
