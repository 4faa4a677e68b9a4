//! Vanity numbers, whose letters are those on a telephone's keys: `1-800-FLOWERS`.

/// The fewest letters of a vanity number: libphonenumber asks for as many.
const MIN_LETTERS: usize = 3;

/// `text` with the digits in place of the letters; `None` where they are not whole words, as the
/// words of a vanity number are. A word may stand directly after the digits at the start
/// (`1800FLOWERS`).
pub(super) fn dial(text: &str) -> Option<String> {
    let mut last = None;
    let mut letters = Vec::new();
    let mut dialled = String::with_capacity(text.len());
    for character in text.chars() {
        let is_letter = character.is_ascii_alphabetic();
        let after_letter = last.is_some_and(|last: char| last.is_ascii_alphabetic());
        let after_digit = last.is_some_and(|last: char| last.is_ascii_digit());
        let breaks_word = is_letter && after_digit && !letters.is_empty()
            || character.is_ascii_digit() && after_letter;
        if breaks_word {
            return None;
        }
        if is_letter {
            letters.push(character.to_ascii_lowercase());
        }
        dialled.push(key(character));
        last = Some(character);
    }
    // One letter again and again stands for any digit.
    let is_filler = letters.iter().all(|letter| Some(letter) == letters.first());
    (letters.len() >= MIN_LETTERS && !is_filler).then_some(dialled)
}

/// The key of a letter (ITU-T E.161); other characters are themselves.
fn key(character: char) -> char {
    match character.to_ascii_lowercase() {
        'a'..='c' => '2',
        'd'..='f' => '3',
        'g'..='i' => '4',
        'j'..='l' => '5',
        'm'..='o' => '6',
        'p'..='s' => '7',
        't'..='v' => '8',
        'w'..='z' => '9',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::dial;

    #[test]
    fn whole_words_are_dialled() {
        for (text, dialled) in [
            ("1-800-FLOWERS", "1-800-3569377"),
            ("1800flowers", "18003569377"),
            ("1300 Rent A Car", "1300 7368 2 227"),
        ] {
            assert_eq!(dial(text).as_deref(), Some(dialled));
        }
    }

    #[test]
    fn letters_among_digits_and_fillers_are_not() {
        for text in [
            "1800 FL0WERS",
            "1-800-2BUY4ME",
            "1-800-NNN-NNNN",
            "1800 12 a",
        ] {
            assert_eq!(dial(text), None, "{text}");
        }
    }
}
