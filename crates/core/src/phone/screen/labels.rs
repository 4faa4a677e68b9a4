//! Labels before a number: `Tel:`, `Mobile`, `T (home)`.

/// `text` without a label: letters before the first digit or `+`. A word of nothing but `x` is
/// none, since it stands for digits that are left out.
pub(in crate::phone) fn drop_label(text: &str) -> &str {
    let start = text
        .find(|character: char| character.is_ascii_digit() || character == '+')
        .unwrap_or(text.len());
    let (before, _) = text.split_at(start);
    let has_filler = before
        .split(|character: char| !character.is_alphabetic())
        .any(|word| !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'x' | b'X')));
    match before
        .char_indices()
        .rfind(|(_, character)| character.is_alphabetic())
    {
        Some((last, letter)) if !has_filler => {
            text.get(last + letter.len_utf8()..).unwrap_or_default()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::drop_label;

    #[test]
    fn letters_before_the_number_are_dropped() {
        for (text, rest) in [
            ("Tel: 0401", ": 0401"),
            ("t\u{e9}l. (maison) +33 1", ") +33 1"),
            ("0401 148 075 Max", "0401 148 075 Max"),
            (" (04) 01", " (04) 01"),
            ("xxx 148 075", "xxx 148 075"),
            ("Fax X 148 075", "Fax X 148 075"),
            ("Max", ""),
        ] {
            assert_eq!(drop_label(text), rest);
        }
    }
}
