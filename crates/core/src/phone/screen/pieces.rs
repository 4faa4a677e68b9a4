//! Where one number ends and another begins, in a text that has two.

use super::extensions::{self, Mark};
use super::parameters;
use std::ops::Range;

/// What a text is, read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::phone) enum Reading {
    /// No phone number.
    Nothing,
    /// A possible number.
    Possible,
    /// A valid number of a plan where one may go on after any number of digits.
    ValidSoFar,
    /// A valid number.
    Valid,
}

/// What stands between two numbers, and how much it says by itself.
enum Separator {
    /// In no number: `;` `,` `|` `&`, `or`, a second `+`.
    Sure,
    /// In some numbers, as a slash, a tilde, a tab or a line break may be.
    Likely,
    /// A slash without a blank beside it.
    Slash,
    /// As within any number, or a word: what follows must be a valid number of its own.
    Doubtful,
}

/// Words between two numbers.
const OR: [&str; 22] = [
    "or",
    "and",
    "oder",
    "und",
    "ou",
    "et",
    "o",
    "y",
    "e",
    "of",
    "en",
    "och",
    "eller",
    "og",
    "lub",
    "nebo",
    "tai",
    "vagy",
    "veya",
    "\u{438}\u{43b}\u{438}",
    "\u{6216}",
    "\u{623}\u{648}",
];

/// The fewest digits of a number.
const MIN_DIGITS: usize = 3;
/// The fewest digits of a number next to a doubtful separator.
const MIN_DIGITS_IN_DOUBT: usize = 5;

/// The first boundary between two numbers in `text`: the bytes that part them. `read` tells what
/// a text is by itself.
pub(in crate::phone) fn boundary(
    text: &str,
    read: impl Fn(&str) -> Reading,
) -> Option<Range<usize>> {
    let (mut digits, mut at) = (0, 0);
    while let Some(run) = next_run(text, at) {
        let gap_end = next_run(text, run.end)?.start;
        digits += run.len();
        let found = (digits >= MIN_DIGITS)
            .then(|| boundary_in(text, run.end..gap_end, digits, &read))
            .flatten();
        if found.is_some() {
            return found;
        }
        at = run.end;
    }
    None
}

/// The next run of digits at or after byte `at`.
fn next_run(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let start = at + rest.find(is_digit)?;
    let run = text.get(start..)?;
    let length = run
        .find(|character| !is_digit(character))
        .unwrap_or(run.len());
    Some(start..start + length)
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// The boundary in a gap between two runs of digits, with `digits` digits before it.
fn boundary_in(
    text: &str,
    gap: Range<usize>,
    digits: usize,
    read: impl Fn(&str) -> Reading,
) -> Option<Range<usize>> {
    let (separator, range) = separator_in(text.get(gap.clone())?)?;
    if matches!(separator, Separator::Doubtful) && digits < MIN_DIGITS_IN_DOUBT {
        return None;
    }
    if is_extension(text, &gap, &read) {
        return None;
    }
    let range = gap.start + range.start..gap.start + range.end;
    let before = read(text.get(..gap.start)?);
    let is_boundary = match separator {
        Separator::Sure => before >= Reading::Possible,
        Separator::Likely => before >= Reading::ValidSoFar,
        Separator::Slash => before == Reading::Valid,
        Separator::Doubtful => {
            before >= Reading::ValidSoFar && is_number_of_its_own(text.get(range.end..)?, read)
        }
    };
    is_boundary.then_some(range)
}

/// Whether `text` begins with a valid number with a prefix: `+` or a zero.
fn is_number_of_its_own(text: &str, read: impl Fn(&str) -> Reading) -> bool {
    let number = text.trim_start_matches(|character| !is_digit(character) && character != '+');
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_valid = |text| read(text) >= Reading::ValidSoFar;
    number.starts_with(['+', '0'])
        && digits >= MIN_DIGITS_IN_DOUBT
        && (is_valid(up_to_separator(number)) || is_valid(number))
}

/// What is before the first separator in `text`.
fn up_to_separator(text: &str) -> &str {
    let mut at = 0;
    while let Some(run) = next_run(text, at) {
        let end = next_run(text, run.end).map_or(text.len(), |next| next.start);
        let gap = text.get(run.end..end).unwrap_or_default();
        if separator_in(gap).is_some() {
            return text.get(..run.end).unwrap_or_default();
        }
        at = end;
    }
    text
}

/// The separator in a gap between digits, and its bytes. None in most gaps.
fn separator_in(gap: &str) -> Option<(Separator, Range<usize>)> {
    if let Some(at) = gap.find([';', ',', '|', '&']) {
        let rest = gap.get(at + 1..)?;
        return (!parameters::is_parameter(rest)).then_some((Separator::Sure, at..at + 1));
    }
    if let Some(word) = words(gap).find(|word| is_or(gap.get(word.clone()))) {
        return Some((Separator::Sure, word));
    }
    if let Some(at) = gap.find('+') {
        let start = gap.get(..at)?.trim_end_matches('(').len();
        return Some((Separator::Sure, start..start));
    }
    if let Some(at) = gap.find(['\n', '\t', '~', '\\', '/']) {
        let is_bare_slash = matches!(gap, "/" | "\\");
        let separator = if is_bare_slash {
            Separator::Slash
        } else {
            Separator::Likely
        };
        return Some((separator, at..at + 1));
    }
    if let Some(word) = words(gap).next() {
        let in_brackets = gap.get(word.end..)?.starts_with(')');
        let at = if in_brackets {
            word.end + 1
        } else {
            word.start
        };
        return Some((Separator::Doubtful, at..at));
    }
    let end = gap.find('(').unwrap_or(gap.len());
    (gap.len() > 1).then_some((Separator::Doubtful, 0..end))
}

/// The words of a gap, by their bytes.
fn words(gap: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    gap.split_inclusive(|character: char| !character.is_alphabetic())
        .filter_map(move |part| {
            let word = part.trim_end_matches(|character: char| !character.is_alphabetic());
            let start = at;
            at += part.len();
            (!word.is_empty()).then(|| start..start + word.len())
        })
}

fn is_or(word: Option<&str>) -> bool {
    word.is_some_and(|word| OR.contains(&word.to_lowercase().as_str()))
}

/// Whether the digits after `gap` are an extension of the number before it. Without a word or
/// sign that says so they are none where they are a valid number by themselves.
fn is_extension(text: &str, gap: &Range<usize>, read: impl Fn(&str) -> Reading) -> bool {
    let Some(run) = next_run(text, gap.end) else {
        return false;
    };
    let suffix = text
        .get(run.end..)
        .is_some_and(|rest| rest.starts_with('#'));
    let end = run.end + usize::from(suffix);
    let goes_on = next_run(text, end)
        .is_some_and(|next| text.get(end..next.start).and_then(separator_in).is_none());
    let extended = text.get(..end).and_then(extensions::split);
    !goes_on
        && extended.is_some_and(|extended| {
            let is_marked = extended.mark != Mark::Punctuation;
            extended
                .number
                .trim_end_matches(|character| !is_digit(character))
                .len()
                <= gap.start
                && (is_marked
                    || run.len() < MIN_DIGITS_IN_DOUBT
                    || read(extended.digits) < Reading::ValidSoFar)
        })
}
