//! The corpus of Google's libphonenumber: every answer, and what the region rule makes of it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod phone_data;

use phone_crypt_core::phone::{PhoneError, Region, Regions, normalize, parse_one};
use phone_data::{Answer, corpus};

/// Where the parser's answer is not libphonenumber's. Google lets an extension follow three or
/// more digits, the parser follow two as well, so it reads `12` here with an extension of two
/// digits. No region has full numbers of two digits, so `normalize` refuses the text all the same.
const PARSED_BY_US_ALONE: [(&str, &str); 1] = [("\u{ff11}2;9\u{6f1}", "US")];

/// The inputs that `normalize` refuses though libphonenumber reads them: a `+` and then an
/// international prefix (`+0011 61 …`). That takes a default region to read, and a number with `+`
/// has none: it must mean the same under every setting. No calling code begins with 0.
fn is_prefix_after_plus(answer: &Answer) -> bool {
    answer.made == "plus_idd" && answer.input.starts_with("+0")
}

/// The inputs that `normalize` refuses because the answer, read again, is another number: one of
/// two national prefixes was dropped. None of them is valid.
const READ_AGAIN_ANOTHER_NUMBER: [&str; 1] = ["+620030559385"];

fn is_refused_by_the_rule(answer: &Answer) -> bool {
    is_prefix_after_plus(answer) || READ_AGAIN_ANOTHER_NUMBER.contains(&answer.input.as_str())
}

/// What `normalize` refuses, or reads, because of what the text looks like: `phone_screening_corpus`
/// counts these.
fn is_screened(answer: &Answer) -> bool {
    let regions = region_of(answer).map_or(Regions::none(), Regions::from);
    let refused = matches!(
        normalize(&answer.input, &regions),
        Err(PhoneError::Float
            | PhoneError::Placeholder
            | PhoneError::TwoNumbers
            | PhoneError::Letters)
    );
    refused || answer.input.contains(['~', '\u{2009}'])
}

fn is_exception(answer: &Answer) -> bool {
    PARSED_BY_US_ALONE
        .iter()
        .any(|(input, region)| answer.input == *input && answer.region == Some(region))
}

fn region_of(answer: &Answer) -> Option<Region> {
    answer.region.map(|name| Region::parse(name).unwrap())
}

/// What `normalize` gives under the answer's region alone.
fn normalized(answer: &Answer) -> Option<String> {
    let regions = region_of(answer).map_or(Regions::none(), Regions::from);
    let number = normalize(&answer.input, &regions).ok()?;
    Some(String::from(number.as_str()))
}

fn has_plus(answer: &Answer) -> bool {
    answer.input.contains(['+', '\u{ff0b}'])
}

fn assert_none(wrong: Vec<String>) {
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_answer_but_the_named_exceptions_is_libphonenumbers() {
    let mut wrong = Vec::new();
    for answer in corpus() {
        let phone = parse_one(&answer.input, region_of(&answer)).ok();
        let e164 = phone.as_ref().map(|phone| phone.e164());
        let found = (
            e164.as_ref().map(|e164| e164.as_str()),
            phone.as_ref().is_some_and(|phone| phone.is_valid()),
            phone.as_ref().is_some_and(|phone| phone.is_possible()),
            phone
                .as_ref()
                .map_or("unknown", |phone| phone.phone_type().as_str()),
        );
        let wanted = (
            answer.e164,
            answer.valid,
            answer.possible,
            answer.phone_type.as_str(),
        );
        if (found == wanted) == is_exception(&answer) {
            wrong.push(format!(
                "{:?} in {:?}: {found:?}, not {wanted:?}",
                answer.input, answer.region
            ));
        }
    }
    assert_none(wrong);
}

#[test]
fn exceptions_are_refused_by_normalize() {
    let exceptions: Vec<Answer> = corpus().into_iter().filter(is_exception).collect();
    assert_eq!(exceptions.len(), PARSED_BY_US_ALONE.len());
    for answer in exceptions {
        assert_eq!(normalized(&answer), None, "{:?}", answer.input);
    }
}

#[test]
fn with_plus_or_valid_it_normalizes_to_the_possible_answer() {
    let wrong = corpus()
        .iter()
        .filter(|answer| !is_refused_by_the_rule(answer) && (has_plus(answer) || answer.valid))
        .filter(|answer| !is_screened(answer))
        .filter(|answer| normalized(answer).as_deref() != answer.e164.filter(|_| answer.possible))
        .map(|answer| {
            format!(
                "{:?} in {:?}: {:?}",
                answer.input,
                answer.region,
                normalized(answer)
            )
        })
        .collect();
    assert_none(wrong);
}

#[test]
fn inputs_refused_by_the_rule_are_refused() {
    let answers = corpus();
    let refused: Vec<&Answer> = answers
        .iter()
        .filter(|answer| is_refused_by_the_rule(answer))
        .collect();
    assert!(refused.iter().any(|answer| answer.valid));
    for answer in refused {
        assert_eq!(normalized(answer), None, "{:?}", answer.input);
    }
}

#[test]
fn without_plus_and_not_valid_it_normalizes_to_the_possible_answer_or_is_refused() {
    let (mut kept, mut refused, mut wrong) = (0, 0, Vec::new());
    let doubtful = |answer: &&Answer| !has_plus(answer) && !answer.valid;
    // A leading 00 is the one case where the rule goes beyond libphonenumber's answer.
    let dialled = |answer: &Answer| answer.input.trim_start().starts_with("00");
    for answer in corpus()
        .iter()
        .filter(doubtful)
        .filter(|answer| !dialled(answer) && !is_screened(answer))
    {
        match normalized(answer) {
            None => refused += 1,
            Some(number) if answer.possible && answer.e164 == Some(&number) => kept += 1,
            Some(number) => wrong.push(format!(
                "{:?} in {:?}: {number}",
                answer.input, answer.region
            )),
        }
    }
    assert_none(wrong);
    assert!(kept > 0 && refused > 0, "{kept} kept, {refused} refused");
}
