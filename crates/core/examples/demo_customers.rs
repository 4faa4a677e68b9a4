//! Makes the customers of `make demo`: numbers of every region the library knows, written the way people
//! write them, one a line as `region TAB phone as written TAB its E.164 (or \N) TAB style`.
//! `cargo run -p phone_crypt_core --example demo_customers > customers.tsv`
//!
//! The same customers every time: the "random" digits come from a fixed sequence. The E.164 form is that of
//! the number each line was made from, not what phone_crypt reads out of the line.
#![allow(clippy::expect_used)]

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region};

const WANTED_PER_REGION: usize = 84;
const TRIES_PER_REGION: usize = 4000;
const GARBAGE: [&str; 8] = [
    "unknown",
    "n/a",
    "12",
    "ask for Bob",
    "call me maybe",
    "0000000000",
    "----------",
    "bob@example.com",
];

/// A fixed sequence of numbers that look random (a linear congruential generator).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}

fn main() {
    let mut regions: Vec<Region> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_by_key(|region| region.to_string());
    let mut sequence = Sequence(1);
    for region in regions {
        let mut made = 0;
        for _ in 0..TRIES_PER_REGION {
            if made == WANTED_PER_REGION {
                break;
            }
            if let Some(number) = some_number(region, &mut sequence) {
                print_line(region, &number, made, &mut sequence);
                made += 1;
            }
        }
    }
    for index in 0..200 {
        println!("AU\t{}\t\\N\tgarbage", GARBAGE[index % GARBAGE.len()]);
    }
}

/// A valid number of the region: one of the library's examples with its last four digits changed.
fn some_number(region: Region, sequence: &mut Sequence) -> Option<PhoneNumber> {
    let kinds = [PhoneNumberType::Mobile, PhoneNumberType::FixedLine];
    let kind = kinds[sequence.next(kinds.len())];
    let example = PHONE_NUMBER_UTIL
        .get_example_number_for_type_and_region(region, kind)
        .ok()?;
    let mut e164 = example
        .format_as(PhoneNumberFormat::E164)
        .into_owned()
        .into_bytes();
    let digits = e164.len();
    for digit in &mut e164[digits - 4..] {
        *digit = b'0' + sequence.next(10) as u8;
    }
    let number = PHONE_NUMBER_UTIL
        .parse(std::str::from_utf8(&e164).ok()?, None)
        .ok()?;
    number.is_valid_for_region(region).then_some(number)
}

fn print_line(region: Region, number: &PhoneNumber, turn: usize, sequence: &mut Sequence) {
    let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
    let (written, style) = write_as_people_do(number, turn, sequence);
    let understood = PHONE_NUMBER_UTIL
        .parse(&written, Some(region))
        .is_ok_and(|parsed| parsed.format_as(PhoneNumberFormat::E164) == e164);
    // A few regions have national formats that are ambiguous even there.
    let (written, style) = if understood {
        (written, style)
    } else {
        (e164.clone(), "E.164")
    };
    println!("{region}\t{written}\t{e164}\t{style}");
}

fn write_as_people_do(
    number: &PhoneNumber,
    turn: usize,
    sequence: &mut Sequence,
) -> (String, &'static str) {
    let national = number.format_as(PhoneNumberFormat::National).into_owned();
    let international = number
        .format_as(PhoneNumberFormat::International)
        .into_owned();
    match turn % 8 {
        0 => (
            number.format_as(PhoneNumberFormat::E164).into_owned(),
            "E.164",
        ),
        1 => (international, "international"),
        2 => (national, "national"),
        3 => (national.replace(' ', "-"), "national with dashes"),
        4 => (
            international.replace(' ', ".").replacen('.', " ", 1),
            "international with dots",
        ),
        5 => (
            national.chars().map(fullwidth).collect(),
            "fullwidth digits",
        ),
        6 => (
            format!("{national} ext. {}", 10 + sequence.next(90)),
            "with an extension",
        ),
        _ => (
            number.format_as(PhoneNumberFormat::RFC3966).into_owned(),
            "RFC 3966",
        ),
    }
}

fn fullwidth(character: char) -> char {
    match character.to_digit(10) {
        Some(digit) => char::from_u32('０' as u32 + digit).expect("ten fullwidth digits in a row"),
        None => character,
    }
}
