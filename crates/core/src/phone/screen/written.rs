//! What is left of a text for the parser: a number in digits and separators, and its extension.

use super::extensions::{self, Mark};
use super::letters;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::phone) enum Fault {
    /// There are letters that are neither an extension's mark nor a vanity number.
    Letters,
    /// There is no number, or there are characters that have no meaning in one.
    Other,
}

/// What must hold of a number because of how it is written, beside being possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::phone) enum Demand {
    /// Nothing.
    Possible,
    /// Before an extension: a full length, so that no digits of the number were taken for one.
    FullLength,
    /// Before an extension marked by a `#` after it: as above, in the plan of `+1`.
    American,
    /// Of a vanity number: a toll-free one of `+1`, or an Australian 13, 1300 or 1800.
    Vanity,
}

/// A number for the parser.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::phone) struct Written {
    /// Digits, separators, at most a `+` in front and `;ext=` at the end.
    pub text: String,
    pub demand: Demand,
}

/// The number in `text`, whose label has been dropped.
///
/// # Errors
/// [`Fault`].
pub(in crate::phone) fn read(text: &str) -> Result<Written, Fault> {
    // Numerals that are no digits, as in ½, may have been some.
    if text.contains(|character: char| character.is_numeric() && !character.is_ascii_digit()) {
        return Err(Fault::Other);
    }
    let text = trim(text)?;
    let extended = extensions::split(text);
    let number = match extended {
        Some(extended) => extended.number.trim_end_matches(is_frame),
        None => text,
    };
    let mut demand = match extended.map(|extended| extended.mark) {
        None => Demand::Possible,
        Some(Mark::Suffix) => Demand::American,
        Some(_) => Demand::FullLength,
    };
    let mut written = if number.contains(char::is_alphabetic) {
        demand = Demand::Vanity;
        letters::dial(number).ok_or(Fault::Letters)?
    } else {
        number.to_owned()
    };
    written = written
        .chars()
        .map(|character| {
            if is_separator(character) {
                ' '
            } else {
                character
            }
        })
        .collect();
    if written.contains(char::is_alphabetic) {
        return Err(Fault::Letters);
    }
    let after_plus = written.trim_start_matches('+');
    if !after_plus.chars().all(is_of_number) {
        return Err(Fault::Other);
    }
    if let Some(extended) = extended {
        written = format!("{written};ext={}", extended.digits);
    }
    Ok(Written {
        text: written,
        demand,
    })
}

/// `text` from its first digit or `+` on, without what closes it.
fn trim(text: &str) -> Result<&str, Fault> {
    let start = text
        .find(|character: char| character.is_ascii_digit() || character == '+')
        .ok_or(Fault::Other)?;
    let (before, number) = text.split_at(start);
    match before.contains(char::is_alphabetic) {
        true => Err(Fault::Letters),
        false => Ok(number.trim_end_matches(is_frame)),
    }
}

/// Whether a character at the end of a number says nothing: a full stop, a quotation mark. A `+`
/// there is one that should have been in front.
fn is_frame(character: char) -> bool {
    !character.is_alphanumeric() && !matches!(character, '#' | '+')
}

/// Separators that the parser does not know, or takes for something else.
fn is_separator(character: char) -> bool {
    matches!(character, '\n' | '\t' | '~' | '_' | '\u{b7}')
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || " -./()[]".contains(character)
}

#[cfg(test)]
mod tests {
    use super::{Demand, Fault, Written, read};

    #[test]
    fn digits_and_separators_are_left() {
        for (text, written, demand) in [
            (": 0401_148\t075.", "0401 148 075", Demand::Possible),
            (
                "\"(+61) 401~148~075\"",
                "+61) 401 148 075",
                Demand::Possible,
            ),
            (
                "0401 148 075 (ext 12)",
                "0401 148 075;ext=12",
                Demand::FullLength,
            ),
            (
                "650 253 0000 - 12#",
                "650 253 0000;ext=12",
                Demand::American,
            ),
            ("1-800-FLOWERS x12", "1-800-3569377;ext=12", Demand::Vanity),
        ] {
            let text_and_demand = Written {
                text: written.to_owned(),
                demand,
            };
            assert_eq!(read(text), Ok(text_and_demand), "{text}");
        }
    }

    #[test]
    fn whatever_would_be_left_out_is_refused() {
        for text in [
            "0401 148 075 M",
            "0401 148 07O",
            "x 401",
            "0401 148 \u{4e00}",
        ] {
            assert_eq!(read(text), Err(Fault::Letters), "{text}");
        }
        for text in [
            "0401#148 075",
            "0401 148 07\u{bd}",
            "0401:148:075",
            "61401148075+",
            "0401 + 148",
            "",
            "-",
        ] {
            assert_eq!(read(text), Err(Fault::Other), "{text}");
        }
    }
}
