//! Time zones of numbers, beside another implementation's answers.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::phone::{Regions, parse};

const ANSWERS: &str = include_str!("data/time_zones.tsv");

fn zones(number: &str) -> Vec<&'static str> {
    parse(number, &Regions::none()).unwrap().time_zones()
}

#[test]
fn answers_are_the_other_implementations() {
    let mut asked = 0;
    for line in ANSWERS.lines().filter(|line| !line.starts_with('#')) {
        let (number, expected) = line.split_once('\t').unwrap();
        let expected: Vec<&str> = expected
            .split(' ')
            .filter(|zone| *zone != "Etc/Unknown")
            .collect();
        assert_eq!(zones(number), expected, "{number}");
        asked += 1;
    }
    assert!(asked > 4000);
}

#[test]
fn a_number_that_is_only_possible_has_the_zones_of_its_calling_code() {
    // A US exchange cannot begin with 1: the number is not valid, and its area code says nothing.
    assert_eq!(zones("+14011480751"), zones("+18003569377"));
    assert!(zones("+14011480751").len() > 40);
}

#[test]
fn a_number_of_no_place_has_none_or_those_of_its_code() {
    assert_eq!(zones("+80012345678"), zones("+80087654321"));
    assert_eq!(zones("+611800160401"), zones("+61401148075"));
}
