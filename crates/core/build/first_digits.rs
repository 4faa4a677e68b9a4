//! Which digits can begin a match of a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A set of decimal digits, bit `n` standing for digit `n`.
pub type DigitSet = u16;

/// The digits with which a non-empty match of `pattern`, anchored at the start, can begin.
///
/// May name too many digits (a pattern that cannot match in the end still counts), never too few.
pub fn first_digits(pattern: &str) -> Result<DigitSet, Box<regex_syntax::Error>> {
    let hir = regex_syntax::parse(pattern).map_err(Box::new)?;
    Ok(begin(&hir).digits)
}

/// How a part of a pattern can begin, and whether it can match nothing at all.
struct Beginning {
    digits: DigitSet,
    can_be_empty: bool,
}

fn begin(hir: &Hir) -> Beginning {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Beginning {
            digits: 0,
            can_be_empty: true,
        },
        HirKind::Literal(literal) => Beginning {
            digits: literal
                .0
                .first()
                .map_or(0, |byte| digits_between(*byte, *byte)),
            can_be_empty: literal.0.is_empty(),
        },
        HirKind::Class(class) => Beginning {
            digits: class_digits(class),
            can_be_empty: false,
        },
        HirKind::Repetition(repetition) => {
            let inner = begin(&repetition.sub);
            Beginning {
                can_be_empty: inner.can_be_empty || repetition.min == 0,
                ..inner
            }
        }
        HirKind::Capture(capture) => begin(&capture.sub),
        HirKind::Concat(parts) => begin_sequence(parts),
        HirKind::Alternation(parts) => begin_any(parts),
    }
}

/// One part after another: those that can be empty let the next one begin the match.
fn begin_sequence(parts: &[Hir]) -> Beginning {
    let mut whole = Beginning {
        digits: 0,
        can_be_empty: true,
    };
    for part in parts.iter().map(begin) {
        whole.digits |= part.digits;
        if !part.can_be_empty {
            whole.can_be_empty = false;
            break;
        }
    }
    whole
}

fn begin_any(parts: &[Hir]) -> Beginning {
    let mut whole = Beginning {
        digits: 0,
        can_be_empty: false,
    };
    for part in parts.iter().map(begin) {
        whole.digits |= part.digits;
        whole.can_be_empty |= part.can_be_empty;
    }
    whole
}

fn class_digits(class: &Class) -> DigitSet {
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .filter_map(|range| {
                let start = u8::try_from(range.start()).ok()?;
                Some(digits_between(
                    start,
                    u8::try_from(range.end()).unwrap_or(u8::MAX),
                ))
            })
            .fold(0, |set, digits| set | digits),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .map(|range| digits_between(range.start(), range.end()))
            .fold(0, |set, digits| set | digits),
    }
}

fn digits_between(start: u8, end: u8) -> DigitSet {
    (b'0'..=b'9')
        .filter(|digit| (start..=end).contains(digit))
        .fold(0, |set, digit| set | 1 << (digit - b'0'))
}
