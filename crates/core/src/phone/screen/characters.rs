//! The characters of a text: what each one stands for, in the few that the screens look for.
//!
//! docs/numbers.md has the table.

use rlibphonenumber::PhoneNumberUtil;
use std::borrow::Cow;

/// `text` in plainer characters: digits of every script as ASCII digits, blanks as spaces, line
/// breaks as `\n`, dashes as `-`, and so on. What cannot be seen is left out.
pub(in crate::phone) fn simplify<'a>(library: &PhoneNumberUtil, text: &'a str) -> Cow<'a, str> {
    if text.bytes().all(is_simple) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .filter_map(|character| simple(library, character))
        .collect()
}

/// Whether a byte is a character that stands for itself.
fn is_simple(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'\r' | 0xb | 0xc)
}

/// What one character stands for; `None` for what cannot be seen.
pub(in crate::phone) fn simple(library: &PhoneNumberUtil, character: char) -> Option<char> {
    // A fullwidth form is the ASCII character at a fixed distance.
    let character = match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xff01 + 0x21).unwrap_or(character)
        }
        other => other,
    };
    if is_invisible(character) {
        return None;
    }
    Some(match character {
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        ascii if ascii.is_ascii() => ascii,
        _ if is_blank(character) => ' ',
        _ if is_dash(character) => '-',
        '\u{2dc}' | '\u{2053}' | '\u{223c}' | '\u{301c}' | '\u{3030}' => '~',
        '\u{2024}' | '\u{3002}' | '\u{ff61}' | '\u{fe52}' | '\u{6d4}' => '.',
        '\u{b7}' | '\u{387}' | '\u{16eb}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' | '\u{2e31}'
        | '\u{2e33}' | '\u{30fb}' | '\u{ff65}' => '\u{b7}',
        '\u{203f}' | '\u{2017}' | '\u{fe4d}'..='\u{fe4f}' => '_',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{55d}' | '\u{60c}' | '\u{66b}' | '\u{66c}' | '\u{3001}' | '\u{fe50}' | '\u{fe51}'
        | '\u{ff64}' => ',',
        '\u{37e}' | '\u{61b}' | '\u{204f}' | '\u{fe54}' => ';',
        '\u{a6}' | '\u{2223}' | '\u{2502}' | '\u{ffe4}' => '|',
        '\u{2236}' | '\u{fe55}' => ':',
        '\u{fe60}' => '&',
        '\u{fe62}' => '+',
        '\u{fe6b}' => '@',
        '\u{fe5f}' => '#',
        '\u{3010}' | '\u{3014}' | '\u{fe59}' => '(',
        '\u{3011}' | '\u{3015}' | '\u{fe5a}' => ')',
        _ if is_placeholder(character) => '*',
        _ if character.is_numeric() => digit(library, character),
        other => other,
    })
}

/// The ASCII digit of a decimal digit; other numerals (½, ②, Ⅳ) stay what they are.
fn digit(library: &PhoneNumberUtil, character: char) -> char {
    let mut buffer = [0; 4];
    let digits = library.normalize_digits_only(character.encode_utf8(&mut buffer));
    digits.chars().next().unwrap_or(character)
}

/// Format characters (the general category Cf), variation selectors and other characters that
/// Unicode calls ignorable, and the frame of a keycap emoji.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20e3}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Also the letters and symbols that are shown as nothing but space.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}'
        )
}

/// Dashes, hyphens and minus signs, and the signs that Japanese text writes in their place.
fn is_dash(character: char) -> bool {
    matches!(
        character,
        '\u{2d7}'
            | '\u{58a}'
            | '\u{5be}'
            | '\u{1806}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2043}'
            | '\u{2212}'
            | '\u{2500}'
            | '\u{2e17}'
            | '\u{2e1a}'
            | '\u{30a0}'
            | '\u{30fc}'
            | '\u{fe31}'..='\u{fe32}'
            | '\u{fe58}'
            | '\u{fe63}'
            | '\u{ff70}'
    )
}

/// What stands for something that is left out: stars, bullets, question marks, ellipses, blocks,
/// and the character that a failed conversion leaves behind.
fn is_placeholder(character: char) -> bool {
    matches!(
        character,
        '\u{bf}'
            | '\u{d7}'
            | '\u{61f}'
            | '\u{66d}'
            | '\u{2022}'
            | '\u{2023}'
            | '\u{2025}'
            | '\u{2026}'
            | '\u{203b}'
            | '\u{203d}'
            | '\u{2047}'..='\u{2049}'
            | '\u{204e}'
            | '\u{2051}'
            | '\u{2217}'
            | '\u{22c6}'
            | '\u{22ee}'..='\u{22f1}'
            | '\u{2573}'
            | '\u{2580}'..='\u{259f}'
            | '\u{25a0}'..='\u{25ff}'
            | '\u{2605}'..='\u{2606}'
            | '\u{2612}'
            | '\u{2613}'
            | '\u{26aa}'..='\u{26ab}'
            | '\u{2715}'..='\u{2718}'
            | '\u{2722}'..='\u{274b}'
            | '\u{274c}'
            | '\u{2753}'..='\u{2754}'
            | '\u{2a2f}'
            | '\u{2b1b}'..='\u{2b1c}'
            | '\u{2b24}'
            | '\u{2e3a}'..='\u{2e3b}'
            | '\u{fe19}'
            | '\u{fe56}'
            | '\u{fe61}'
            | '\u{fffd}'
    )
}
