//! Why `rlibphonenumber` and not `phonenumber`: both against Google's libphonenumber.
#![allow(clippy::unwrap_used, clippy::panic)]

mod phone_data;

use phone_crypt_core::phone::{Region, parse_one};
use phone_data::{Answer, corpus};

/// The numbers that `read` gets wrong: it returns one, and libphonenumber's answer is another.
fn wrong_numbers(answers: &[Answer], read: fn(&Answer) -> Option<String>) -> usize {
    let is_wrong = |answer: &&Answer| {
        let wanted = answer.e164;
        wanted.is_some() && read(answer).is_some_and(|number| Some(number.as_str()) != wanted)
    };
    answers.iter().filter(is_wrong).count()
}

fn by_us(answer: &Answer) -> Option<String> {
    let region = answer.region.map(|name| Region::parse(name).unwrap());
    let phone = parse_one(&answer.input, region).ok()?;
    Some(String::from(phone.e164().as_str()))
}

fn by_phonenumber(answer: &Answer) -> Option<String> {
    let region = answer.region.and_then(|name| name.parse().ok());
    let phone = phonenumber::parse(region, &answer.input).ok()?;
    Some(phone.format().mode(phonenumber::Mode::E164).to_string())
}

#[test]
fn ours_gets_no_number_wrong_and_phonenumber_some() {
    let answers = corpus();
    let ours = wrong_numbers(&answers, by_us);
    let theirs = wrong_numbers(&answers, by_phonenumber);
    println!(
        "of {} texts: {ours} wrong numbers by us, {theirs} by phonenumber",
        answers.len()
    );
    assert_eq!(ours, 0);
    assert!(
        theirs > 0,
        "phonenumber is right by now: think the choice over again"
    );
}

#[test]
fn phonenumber_drops_a_digit_of_a_valid_french_number_under_us() {
    let number = phonenumber::parse(Some(phonenumber::country::US), "+33142764978").unwrap();
    assert_eq!(
        number.format().mode(phonenumber::Mode::E164).to_string(),
        "+3342764978"
    );
    let ours = parse_one("+33142764978", Region::parse("US").ok()).unwrap();
    assert_eq!(ours.e164().as_str(), "+33142764978");
    assert!(ours.is_valid());
}
