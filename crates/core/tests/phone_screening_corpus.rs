//! What the screens refuse or change of libphonenumber's corpus, counted by kind.
//!
//! No screen may be blunter than its kind: a row that is valid to libphonenumber keeps its number
//! unless it is counted here. docs/decisions/0013-when-in-doubt-refuse.md lists the counts.
#![allow(clippy::unwrap_used, clippy::panic)]

mod phone_data;

use phone_crypt_core::phone::{PhoneError, Region, Regions, normalize};
use phone_data::{Answer, corpus};
use std::collections::BTreeMap;

/// The number under the answer's region alone, or why there is none.
fn read(answer: &Answer) -> Result<String, PhoneError> {
    let regions = answer
        .region
        .map_or(Regions::none(), |name| Region::parse(name).unwrap().into());
    normalize(&answer.input, &regions).map(|number| number.as_str().to_owned())
}

/// How many of `answers` are counted under each reason and way the input was made.
fn count<'a>(
    answers: impl Iterator<Item = &'a Answer>,
    kind: impl Fn(&Answer) -> Option<String>,
) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for kind in answers.filter_map(kind) {
        *counts.entry(kind).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn refused_by_a_screen(answer: &Answer) -> Option<String> {
    match read(answer) {
        Ok(_) | Err(PhoneError::NotAPhoneNumber | PhoneError::TooLong) => None,
        Err(error) => Some(format!("{} {}", error.reason(), answer.made)),
    }
}

#[track_caller]
fn assert_counts(counts: Vec<(String, usize)>, wanted: &[(&str, usize)]) {
    let counts: Vec<(&str, usize)> = counts
        .iter()
        .map(|(kind, count)| (kind.as_str(), *count))
        .collect();
    assert_eq!(counts, wanted);
}

#[test]
fn valid_numbers_are_refused_by_these_kinds_alone() {
    let answers = corpus();
    let valid = || answers.iter().filter(|answer| answer.valid);
    assert_counts(
        count(valid(), refused_by_a_screen),
        &[
            ("letters common_literals", 4),
            ("letters text_around_e164", 2),
            ("letters trail_text", 3),
            ("placeholder junk", 1),
            ("two_numbers slash_nsn", 11),
            ("two_numbers tilde_nsn", 12),
        ],
    );
}

#[test]
fn possible_numbers_are_refused_by_these_kinds_alone() {
    let answers = corpus();
    let possible = || {
        answers
            .iter()
            .filter(|answer| answer.possible && !answer.valid)
    };
    assert_counts(
        count(possible(), refused_by_a_screen),
        &[
            ("letters common_literals", 8),
            ("letters text_around_e164", 7),
            ("letters trail_text", 9),
            ("placeholder junk", 8),
        ],
    );
}

#[test]
fn no_valid_number_becomes_another() {
    let answers = corpus();
    let changed = |answer: &Answer| {
        let number = read(answer).ok()?;
        (answer.e164 != Some(&number)).then(|| answer.made.to_owned())
    };
    assert_counts(
        count(answers.iter().filter(|answer| answer.valid), changed),
        &[],
    );
}

#[test]
fn other_numbers_become_another_in_these_kinds_alone() {
    let answers = corpus();
    let changed = |answer: &Answer| {
        let number = read(answer).ok()?;
        let is_other = answer.e164.is_some_and(|e164| e164 != number);
        let is_dialled = answer.input.trim_start().starts_with("00");
        (is_other && !is_dialled).then(|| answer.made.to_owned())
    };
    assert_counts(
        count(answers.iter().filter(|answer| !answer.valid), changed),
        &[
            // The zero in brackets, where the number is valid only without it, and `+00` for `00`:
            // docs/decisions/0014-order-of-readings.md.
            ("intl_(0)", 57),
            ("intl_(0)_foreign", 63),
            ("plus_idd", 5),
            // A tilde had cut them short.
            ("tilde_nsn", 128),
        ],
    );
}

#[test]
fn texts_that_libphonenumber_cannot_read_are_read_in_these_kinds_alone() {
    let answers = corpus();
    let newly_read = |answer: &Answer| {
        let is_new = answer.e164.is_none() && !answer.input.trim_start().starts_with("00");
        (is_new && read(answer).is_ok()).then(|| answer.made.to_owned())
    };
    assert_counts(
        count(answers.iter(), newly_read),
        &[("plus_idd", 5), ("thinspace_intl", 106)],
    );
}
