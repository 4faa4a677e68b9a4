//! Numbers that say for themselves where they belong: those with `+`.

use super::calling_code::CallingCode;
use super::library::read_in;
use super::renumbered;
use super::typed;
use rlibphonenumber::{PhoneNumber, PhoneNumberUtil};
use std::borrow::Cow;

/// A number with `+`, and the text that it was read from.
pub(super) struct International<'a> {
    pub(super) number: PhoneNumber,
    /// Without a zero in brackets, where that zero is no part of the number.
    pub(super) text: Cow<'a, str>,
}

/// The number in `text`, which has a `+`, whatever the regions.
///
/// In `+44 (0)20 …` the bracketed zero is for callers at home. It is left out where the number
/// is valid without it and not with it: in Italy and a few other places it is part of the number.
pub(super) fn read<'a>(library: &PhoneNumberUtil, text: &'a str) -> Option<International<'a>> {
    let as_typed = read_current(library, text);
    let Some(zero) = BracketedZero::find(library, text) else {
        let text = Cow::Borrowed(text);
        return as_typed.map(|number| International { number, text });
    };
    let is_valid = |number: &PhoneNumber| library.is_valid_number(number);
    let stripped = zero.without(text);
    let without = read_current(library, &stripped);
    match (as_typed, without) {
        (Some(number), without) if is_valid(&number) && without.as_ref() != Some(&number) => {
            let text = Cow::Borrowed(text);
            Some(International { number, text })
        }
        (_, Some(number)) if is_valid(&number) => {
            let text = Cow::Owned(stripped);
            Some(International { number, text })
        }
        // Neither is valid: by itself the zero says that it is to be left out, yet it may belong.
        (Some(number), without) if !zero.is_alone || without.as_ref() == Some(&number) => {
            let text = Cow::Borrowed(text);
            Some(International { number, text })
        }
        _ => None,
    }
}

fn read_current(library: &PhoneNumberUtil, text: &str) -> Option<PhoneNumber> {
    read_in(library, text, None).map(|number| renumbered::current(library, number))
}

/// Where a bracket after the calling code begins with a zero: `(0)`, or `(022)`.
struct BracketedZero {
    start: usize,
    end: usize,
    /// Whether nothing else is in the brackets.
    is_alone: bool,
}

impl BracketedZero {
    fn find(library: &PhoneNumberUtil, text: &str) -> Option<Self> {
        let (open, bracket) = text
            .char_indices()
            .filter(|(_, character)| matches!(character, '(' | '[' | '\u{ff08}' | '\u{ff3b}'))
            .find(|(open, bracket)| {
                let inside = text.get(open + bracket.len_utf8()..).unwrap_or_default();
                inside
                    .trim_start()
                    .starts_with(|character| typed::digit(library, character) == Some(b'0'))
            })?;
        let code = library.normalize_digits_only(text.get(..open)?);
        if !CallingCode::is_assigned(code.as_bytes()) {
            return None;
        }
        let inside = text.get(open + bracket.len_utf8()..)?;
        let start = text.len() - inside.trim_start().len();
        let zero = text.get(start..)?.chars().next()?;
        let end = start + zero.len_utf8();
        let is_alone = text
            .get(end..)?
            .trim_start()
            .starts_with([')', ']', '\u{ff09}', '\u{ff3d}']);
        Some(BracketedZero {
            start,
            end,
            is_alone,
        })
    }

    fn without(&self, text: &str) -> String {
        let before = text.get(..self.start).unwrap_or_default();
        let after = text.get(self.end..).unwrap_or_default();
        // An empty pair of brackets is punctuation to the parser.
        format!("{before}{after}")
    }
}
