//! Text that people type.

use super::Reason;

/// What a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRules {
    /// The least number of characters (Unicode code points).
    pub min_length: u64,
    /// The greatest.
    pub max_length: u64,
    /// Whether it may have several lines.
    pub multiline: bool,
}

/// Judges a text. Tabs are allowed, ends of lines if it may have several.
#[must_use]
pub fn text(input: &str, rules: TextRules) -> Reason {
    let length = input.chars().count() as u64;
    if length < rules.min_length {
        return Reason::TooShort;
    }
    if length > rules.max_length {
        return Reason::TooLong;
    }
    input
        .chars()
        .map(|character| character_reason(character, rules.multiline))
        .find(|reason| *reason != Reason::Ok)
        .unwrap_or(Reason::Ok)
}

fn character_reason(character: char, multiline: bool) -> Reason {
    match character {
        '\t' => Reason::Ok,
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' if multiline => Reason::Ok,
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Reason::LineBreak,
        control if control.is_control() => Reason::ControlCharacter,
        invisible if is_invisible(invisible) => Reason::InvisibleCharacter,
        _ => Reason::Ok,
    }
}

/// Directional controls (CVE-2021-42574), characters without a width or a shape, tags, and what Unicode reserves. The joiners
/// U+200C and U+200D are not among them: Persian, Indic scripts and emoji need them.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{FFFE}'
            | '\u{FFFF}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: TextRules = TextRules {
        min_length: 1,
        max_length: 10,
        multiline: false,
    };

    #[test]
    fn lengths_are_in_characters() {
        let cases = [
            ("", Reason::TooShort),
            ("a", Reason::Ok),
            ("éééééééééé", Reason::Ok),
            ("ééééééééééé", Reason::TooLong),
            ("電話番号", Reason::Ok),
        ];
        for (input, expected) in cases {
            assert_eq!(text(input, LINE), expected, "{input}");
        }
    }

    #[test]
    fn characters_that_deceive_are_refused() {
        let cases = [
            ("a\tb", Reason::Ok),
            ("a\nb", Reason::LineBreak),
            ("a\r\nb", Reason::LineBreak),
            ("a\u{2028}b", Reason::LineBreak),
            ("a\u{0}b", Reason::ControlCharacter),
            ("a\u{1b}[2J", Reason::ControlCharacter),
            ("a\u{7f}", Reason::ControlCharacter),
            ("a\u{9b}", Reason::ControlCharacter),
            ("a\u{202e}b", Reason::InvisibleCharacter),
            ("a\u{200b}b", Reason::InvisibleCharacter),
            ("a\u{e0041}", Reason::InvisibleCharacter),
            ("\u{feff}a", Reason::InvisibleCharacter),
            ("می\u{200c}خواهم", Reason::Ok),
        ];
        for (input, expected) in cases {
            assert_eq!(text(input, LINE), expected, "{}", input.escape_unicode());
        }
    }

    #[test]
    fn several_lines_where_they_are_allowed() {
        let rules = TextRules {
            multiline: true,
            ..LINE
        };
        assert_eq!(text("a\r\nb\n\u{85}c", rules), Reason::Ok);
        assert_eq!(text("a\u{8}b", rules), Reason::ControlCharacter);
    }
}
