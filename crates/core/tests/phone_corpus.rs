//! The corpus of Google's libphonenumber: every answer, and what the region rule makes of it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod phone_data;

use phone_crypt_core::phone::{PhoneError, Region, Regions, normalize, parse, parse_one};
use phone_data::{Answer, corpus};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumberType};

/// Where the parser's answer is not libphonenumber's. Google lets an extension follow three or
/// more digits, the parser follow two as well, so it reads `12` here with an extension of two
/// digits. No region has full numbers of two digits, so `normalize` refuses the text all the same.
const PARSED_BY_US_ALONE: [(&str, &str); 1] = [("\u{ff11}2;9\u{6f1}", "US")];

/// The kinds of input where the rule has an answer other than libphonenumber's, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Departure {
    /// `+011 …`: a `+` and then an exit code that does not begin with `00`. That takes a default
    /// region to read, and a number with `+` has none. No calling code begins with 0.
    ExitCodeAfterPlus,
    /// `+0064 …` is read as `0064 …`, and must be valid.
    ZerosAfterPlus,
    /// `+1 253 0000`: as long as a number without its area code, which means many subscribers.
    LocalOnly,
    /// `+48 (0)22 …`: the zero is left out where only that makes a valid number.
    BracketedZero,
    /// The answer, read again, is another number: one of two national prefixes was dropped.
    AnotherWhenReadAgain,
}

impl Departure {
    fn of(answer: &Answer) -> Option<Departure> {
        if answer.made == "plus_idd" && answer.input.starts_with("+00") {
            return Some(Departure::ZerosAfterPlus);
        }
        if answer.made == "plus_idd" && answer.input.starts_with("+0") {
            return Some(Departure::ExitCodeAfterPlus);
        }
        if answer.input == "+620030559385" {
            return Some(Departure::AnotherWhenReadAgain);
        }
        if answer.made.starts_with("intl_(0)") && !answer.valid {
            return Some(Departure::BracketedZero);
        }
        if !has_plus(answer) && !answer.valid {
            return None;
        }
        let is_local = answer
            .e164
            .is_some_and(|number| lacks_area_code(number) && answer.possible);
        is_local.then_some(Departure::LocalOnly)
    }

    /// What the rule makes of such an input.
    fn outcome(self, answer: &Answer) -> Option<String> {
        let valid = |input: &str| {
            let number = parse(input, &Regions::none()).ok()?;
            let number = number.is_valid().then(|| number.e164())?;
            Some(String::from(number.as_str()))
        };
        match self {
            Departure::ZerosAfterPlus => valid(&answer.input.replace("+00", "+"))
                .or_else(|| answer.e164.filter(|_| answer.valid).map(String::from)),
            Departure::BracketedZero => valid(&answer.input.replace("(0)", ""))
                .or_else(|| answer.e164.filter(|_| answer.possible).map(String::from)),
            _ => None,
        }
    }
}

/// Whether the library calls the length local-only, for numbers in general or (where the number is
/// not valid) for those of subscribers.
fn lacks_area_code(number: &str) -> bool {
    let library = &PHONE_NUMBER_UTIL;
    let number = library.parse(number, None).unwrap();
    let length = |kind| library.is_possible_number_for_type_with_reason(&number, kind);
    let subscribers = [
        length(PhoneNumberType::FixedLine),
        length(PhoneNumberType::Mobile),
    ];
    let local = Ok(NumberLengthType::IsPossibleLocalOnly);
    length(PhoneNumberType::Unknown) == local
        || (!library.is_valid_number(&number)
            && subscribers.contains(&local)
            && !subscribers.contains(&Ok(NumberLengthType::IsPossible)))
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
        .filter(|answer| Departure::of(answer).is_none() && !is_screened(answer))
        .filter(|answer| has_plus(answer) || answer.valid)
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
fn each_departure_has_its_outcome() {
    let wrong = corpus()
        .iter()
        .filter_map(|answer| Some((answer, Departure::of(answer)?)))
        .filter(|(answer, departure)| normalized(answer) != departure.outcome(answer))
        .map(|(answer, departure)| {
            format!(
                "{departure:?}: {:?} in {:?}: {:?}",
                answer.input,
                answer.region,
                normalized(answer)
            )
        })
        .collect();
    assert_none(wrong);
}

/// As docs/decisions/0014-order-of-readings.md has them.
#[test]
fn departures_are_as_many_as_the_documentation_says() {
    use Departure::{
        AnotherWhenReadAgain, BracketedZero, ExitCodeAfterPlus, LocalOnly, ZerosAfterPlus,
    };
    let answers = corpus();
    let count = |departure, valid| {
        answers
            .iter()
            .filter(|answer| {
                normalized(answer).as_deref() != answer.e164.filter(|_| answer.possible)
            })
            .filter(|answer| answer.valid == valid && Departure::of(answer) == Some(departure))
            .count()
    };
    for (departure, valid, not_valid) in [
        (ExitCodeAfterPlus, 5, 0),
        (ZerosAfterPlus, 0, 10),
        (LocalOnly, 3, 79),
        (BracketedZero, 0, 120),
        (AnotherWhenReadAgain, 0, 1),
    ] {
        let found = (count(departure, true), count(departure, false));
        assert_eq!(found, (valid, not_valid), "{departure:?}");
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
