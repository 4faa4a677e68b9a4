//! Characters that stand for digits which are left out: masks, blanks to fill in, redactions.

use super::extensions;

/// Whether something in `text` stands for digits: one `*`, `•`, `?` or the like, two `_` or `·`,
/// three of `.` `-` `/` `~`, two of another sign, or an `x` that neither belongs to a word nor
/// marks an extension.
pub(in crate::phone) fn has_placeholder(text: &str) -> bool {
    text.contains(['*', '?']) || has_run(text) || has_filler(text)
}

/// Runs of punctuation; blanks between do not matter.
fn has_run(text: &str) -> bool {
    let (mut last, mut length) = (None, 0);
    for character in text.chars().filter(|character| *character != ' ') {
        let kind = kind_of(character);
        length = if kind == last { length + 1 } else { 1 };
        last = kind;
        if last.is_some_and(|(_, most)| length > most) {
            return true;
        }
    }
    false
}

/// Which characters make a run together, and how many of them are still a separator.
fn kind_of(character: char) -> Option<(char, usize)> {
    match character {
        '_' | '\u{b7}' => Some(('_', 1)),
        '.' | '-' | '/' | '~' => Some(('.', 2)),
        '#' | '=' | '$' | '%' | '^' | '!' => Some((character, 1)),
        _ => None,
    }
}

/// Words of nothing but `x`.
fn has_filler(text: &str) -> bool {
    let extension = extensions::split(text).map(|extended| extended.number.len());
    let mut start = 0;
    for word in text.split_inclusive(|character: char| !character.is_alphabetic()) {
        let letters = word.trim_end_matches(|character: char| !character.is_alphabetic());
        let is_mark = letters.len() == 1 && extension.is_some_and(|end| start >= end);
        if !letters.is_empty() && letters.bytes().all(is_x) && !is_mark {
            return true;
        }
        start += word.len();
    }
    false
}

fn is_x(byte: u8) -> bool {
    matches!(byte, b'x' | b'X')
}

#[cfg(test)]
mod tests {
    use super::has_placeholder;

    #[test]
    fn what_stands_for_digits_is_a_placeholder() {
        for text in [
            "+61******075",
            "0401 148 ?",
            "0401 __ 075",
            "0401 _ _ 075",
            "0401\u{b7}\u{b7}\u{b7}075",
            "+49.......771",
            "0401 - - - 075",
            "0401 ... 075",
            "0401/~/075",
            "0401 148 xxx",
            "0401 XXX XXX",
            "0401x148x075",
            "0401 148 07x",
            "##401148075",
            "xxx 401148075",
        ] {
            assert!(has_placeholder(text), "{text}");
        }
    }

    #[test]
    fn separators_words_and_extensions_are_not() {
        for text in [
            "0401_148_075",
            "0401\u{b7}148\u{b7}075",
            "+1--401--148",
            "0401 148 075 x12",
            "0401 148 075X12",
            "0401 148 075 # 12",
            "1-800-XEROX",
            "0401 148 Max",
        ] {
            assert!(!has_placeholder(text), "{text}");
        }
    }
}
