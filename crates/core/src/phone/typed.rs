//! How a text begins, and which digits somebody typed in it.

use rlibphonenumber::{PhoneNumber, PhoneNumberUtil};

/// How a text begins, at the first character that can be part of a number.
pub(super) enum Beginning<'a> {
    /// With `+`, or there is one further on (in `;phone-context=+61`).
    Plus,
    /// With `+00`; what follows the zeros.
    PlusZeros(&'a str),
    /// With `00`; what follows the zeros.
    Zeros(&'a str),
    /// With other digits; the text from the first of them on.
    Digits(&'a str),
    /// There is neither a digit nor a `+`.
    Nothing,
}

/// How `text` begins. Punctuation between the first characters does not count: `(+00)`, `0-0`.
pub(super) fn beginning<'a>(library: &PhoneNumberUtil, text: &'a str) -> Beginning<'a> {
    let Some(start) = text.find(|character| is_plus(character) || is_digit(library, character))
    else {
        return Beginning::Nothing;
    };
    let text = text.get(start..).unwrap_or_default();
    match (text.starts_with(is_plus), after_two_zeros(library, text)) {
        (true, Some(rest)) => Beginning::PlusZeros(rest),
        (true, None) => Beginning::Plus,
        (false, _) if text.contains(is_plus) => Beginning::Plus,
        (false, Some(rest)) => Beginning::Zeros(rest),
        (false, None) => Beginning::Digits(text),
    }
}

/// What follows the first two digits of `text`, where both are zeros.
fn after_two_zeros<'a>(library: &PhoneNumberUtil, text: &'a str) -> Option<&'a str> {
    let mut characters = text.chars();
    let mut zeros = 0;
    while zeros < 2 {
        let character = characters.next()?;
        match digit(library, character) {
            Some(b'0') => zeros += 1,
            None if !character.is_alphanumeric() => {}
            _ => return None,
        }
    }
    Some(characters.as_str())
}

/// The digits of `text` that are not of its extension: as the parser sees them, letters as on a
/// telephone's keys. `None` where they are not followed by the extension that the parser found.
pub(super) fn digits(
    library: &PhoneNumberUtil,
    text: &str,
    number: &PhoneNumber,
) -> Option<String> {
    match number.extension() {
        "" => Some(library.normalize(text)),
        extension => library
            .normalize_digits_only(text)
            .strip_suffix(extension)
            .map(String::from),
    }
}

/// Whether the digits of `text` begin with those of a calling code.
pub(super) fn begins_with(library: &PhoneNumberUtil, text: &str, code: i32) -> bool {
    let mut digits = text
        .chars()
        .filter_map(|character| digit(library, character));
    code.to_string()
        .bytes()
        .all(|wanted| digits.next() == Some(wanted))
}

/// Also the fullwidth plus, which the parser takes for the same.
pub(super) fn is_plus(character: char) -> bool {
    matches!(character, '+' | '\u{ff0b}')
}

fn is_digit(library: &PhoneNumberUtil, character: char) -> bool {
    digit(library, character).is_some()
}

/// A decimal digit of any script, in ASCII.
pub(super) fn digit(library: &PhoneNumberUtil, character: char) -> Option<u8> {
    match character {
        '0'..='9' => u8::try_from(character).ok(),
        _ if character.is_ascii() || !character.is_numeric() => None,
        _ => {
            let digits = library.normalize_digits_only(character.encode_utf8(&mut [0; 4]));
            digits.bytes().next()
        }
    }
}
