//! Extensions after a number: `x12`, `ext. 12`, `,1234`, `;ext=12`, in libphonenumber's own words.

/// Digits after a word that means nothing else.
const MAX_AFTER_WORD: usize = 20;
/// Digits after `,,`, which makes a telephone dial them.
const MAX_AFTER_COMMAS: usize = 15;
/// Digits after a mark that may mean something else.
const MAX_AFTER_MARK: usize = 9;
/// Digits after punctuation that may as well part two numbers.
const MAX_UNMARKED: usize = 6;

/// How an extension is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A word or sign: `ext`, `x`, `#`, `;ext=`.
    Labelled,
    /// A comma or semicolon.
    Punctuation,
    /// A `#` after it alone, as in `650 253 0000 - 12#`: an American habit.
    Suffix,
}

/// A text that ends in an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extended<'a> {
    /// What stands before.
    pub number: &'a str,
    /// The digits of the extension.
    pub digits: &'a str,
    pub mark: Mark,
}

/// `text` with the extension that it ends in, if any.
pub(super) fn split(text: &str) -> Option<Extended<'_>> {
    let (body, has_suffix) = match text.strip_suffix('#') {
        Some(body) => (body, true),
        None => (text, false),
    };
    let before = body.trim_end_matches(|character: char| character.is_ascii_digit());
    let digits = body
        .get(before.len()..)
        .filter(|digits| !digits.is_empty())?;
    let (number, mark, most) = labelled(before)
        .or_else(|| after_punctuation(before))
        .or_else(|| has_suffix.then(|| after_gap(before)).flatten())?;
    let number = number.trim_end_matches([' ', '\t', ',']);
    let has_digit = number.bytes().any(|byte| byte.is_ascii_digit());
    (has_digit && digits.len() <= most).then_some(Extended {
        number,
        digits,
        mark,
    })
}

/// What stands before a word or sign that marks an extension.
fn labelled(before: &str) -> Option<(&str, Mark, usize)> {
    if let Some(number) = before.strip_suffix(";ext=") {
        return Some((number, Mark::Labelled, MAX_AFTER_WORD));
    }
    let label = before.trim_end_matches([' ', '\t', ',', '-']);
    let label = label.strip_suffix([':', '.']).unwrap_or(label);
    if let Some(number) = label.strip_suffix('#') {
        return Some((number, Mark::Labelled, MAX_AFTER_MARK));
    }
    let number = label.trim_end_matches(is_of_word);
    let most = most_after(label.get(number.len()..)?)?;
    Some((number, Mark::Labelled, most))
}

fn after_punctuation(before: &str) -> Option<(&str, Mark, usize)> {
    let number = before.trim_end_matches([' ', '\t', ',', ';', ':', '.', '-']);
    let gap = before.get(number.len()..)?;
    let most = if gap.contains(",,") {
        MAX_AFTER_COMMAS
    } else if gap.contains([',', ';']) {
        MAX_UNMARKED
    } else {
        return None;
    };
    Some((number, Mark::Punctuation, most))
}

fn after_gap(before: &str) -> Option<(&str, Mark, usize)> {
    let number = before.trim_end_matches([' ', '-']);
    (number.len() < before.len()).then_some((number, Mark::Suffix, MAX_UNMARKED))
}

/// The accent of `extensión` may be a character of its own.
fn is_of_word(character: char) -> bool {
    character.is_alphabetic() || character == '\u{301}'
}

/// How many digits may follow a word that marks an extension; `None` for other words.
fn most_after(word: &str) -> Option<usize> {
    let plain: String = word
        .chars()
        .filter(|character| *character != '\u{301}')
        .flat_map(char::to_lowercase)
        .map(|character| {
            if character == '\u{f3}' {
                'o'
            } else {
                character
            }
        })
        .collect();
    match plain.as_str() {
        "xt"
        | "xtn"
        | "ext"
        | "extn"
        | "extensi"
        | "extensin"
        | "extensio"
        | "extension"
        | "xtension"
        | "anexo"
        | "\u{434}\u{43e}\u{431}" => Some(MAX_AFTER_WORD),
        "x" | "int" => Some(MAX_AFTER_MARK),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, split};

    #[test]
    fn extensions_are_known_by_their_marks() {
        for (text, digits, mark) in [
            ("0401148075 x12", "12", Mark::Labelled),
            ("0401148075X12", "12", Mark::Labelled),
            ("0401148075 ext. 12", "12", Mark::Labelled),
            ("0401148075, Extensi\u{f3}n: 12", "12", Mark::Labelled),
            ("0401148075 extensio\u{301}n 12", "12", Mark::Labelled),
            ("0401148075;ext=12", "12", Mark::Labelled),
            ("0401148075#12", "12", Mark::Labelled),
            ("0401148075 \u{434}\u{43e}\u{431}. 12", "12", Mark::Labelled),
            ("0401148075 int 12", "12", Mark::Labelled),
            ("0401148075,1234", "1234", Mark::Punctuation),
            ("0401148075; 1234", "1234", Mark::Punctuation),
            ("0401148075,,123456789#", "123456789", Mark::Punctuation),
            ("0401148075 - 12#", "12", Mark::Suffix),
        ] {
            let found =
                split(text).map(|extended| (extended.number, extended.digits, extended.mark));
            assert_eq!(found, Some(("0401148075", digits, mark)), "{text}");
        }
    }

    #[test]
    fn other_texts_have_none() {
        for text in [
            "0401148075",
            "0401148075 Max 12",
            "0401148075 max12",
            "0401148075,1234567",
            "0401148075 x1234567890",
            "0401148075#",
            "x12",
            "0401148075 x",
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
