//! What holds for every text: normalising twice, the fast path, masks, and never a panic.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{
    MAX_INPUT_BYTES, PhoneError, Plan, Region, Regions, is_possible, is_valid, mask, mask_e164,
    normalize, parse,
};
use proptest::prelude::*;
use proptest::sample::select;
use rlibphonenumber::PHONE_NUMBER_UTIL;

/// What masks are made of: a star, and what others write in its place.
const MASK_CHARACTERS: [&str; 18] = [
    "*", "x", "X", ".", "\u{2022}", "-", "_", "\u{b7}", "#", "~", "?", "/", "\u{25cf}", "\u{2588}",
    "\u{ff0a}", "\u{ff58}", ". ", "_ ",
];

fn calling_codes() -> Vec<i32> {
    PHONE_NUMBER_UTIL.get_supported_calling_codes().collect()
}

/// Up to three regions, none twice.
fn some_regions() -> impl Strategy<Value = Regions> {
    let names: Vec<&str> = Region::all().map(Region::name).collect();
    prop::sample::subsequence(names, 0..=3)
        .prop_shuffle()
        .prop_map(|names| Regions::parse(&names.join(",")).unwrap())
}

/// Digits with calling codes in front, of every length, assigned or not.
fn digits_after_plus() -> impl Strategy<Value = String> {
    // Beginnings that look like one national prefix, or two, are where parsing can change a number.
    let national = prop_oneof!["[0-9]{0,18}", "[0189][0-9]{6,11}", "00[1-9][0-9]{5,9}"];
    (select(calling_codes()), national).prop_map(|(code, national)| format!("+{code}{national}"))
}

/// `digits_after_plus` with the punctuation people use between the digits.
fn punctuated() -> impl Strategy<Value = String> {
    let gaps = prop::collection::vec("[-. ()]{0,2}", 24);
    (digits_after_plus(), gaps).prop_map(|(number, gaps)| {
        let spaced = number
            .chars()
            .zip(gaps)
            .map(|(digit, gap)| format!("{digit}{gap}"));
        spaced.collect()
    })
}

/// What looks like a number, a link to one, or nearly so.
fn nearly_a_number() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,8}",
        "[-+ ()./x#*~,;:]{1,2}",
        select(vec![
            "tel:",
            ";phone-context=",
            ";ext=",
            ";isub=",
            "ext. ",
            "+",
            "00",
            "\u{ff0b}"
        ])
        .prop_map(String::from),
        "[a-zA-Z]{1,4}",
        "[\u{660}-\u{669}\u{ff10}-\u{ff19}\u{a0}\u{200b}\u{2013}]{1,3}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        nearly_a_number(),
        any::<String>(),
        digits_after_plus(),
        punctuated()
    ]
}

/// Calls everything that takes a text; only a panic can fail here.
fn ask_everything(text: &str, regions: &Regions) {
    let _ = (
        is_valid(text, regions),
        is_possible(text, regions),
        mask(text, regions),
    );
    let _ = mask_e164(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn normalizing_twice_is_normalizing_once(
        text in prop_oneof![any_text(), digits_after_plus()],
        regions in some_regions(),
        others in some_regions(),
    ) {
        if let Ok(number) = normalize(&text, &regions) {
            prop_assert_eq!(normalize(number.as_str(), &others), Ok(number));
        }
    }

    #[test]
    fn the_fast_path_gives_what_the_full_parse_gives(
        text in prop_oneof![digits_after_plus(), punctuated()]
    ) {
        let none = Regions::none();
        prop_assert_eq!(normalize(&text, &none), parse(&text, &none).map(|phone| phone.e164()));
    }

    #[test]
    fn a_plan_is_what_the_full_parse_gives(text in digits_after_plus()) {
        assert_plan(&text);
    }

    #[test]
    fn nothing_panics_on_any_text(text in any_text(), regions in some_regions()) {
        ask_everything(&text, &regions);
    }

    #[test]
    fn a_number_that_is_valid_is_possible_and_normalizes(
        text in any_text(), regions in some_regions()
    ) {
        if is_valid(&text, &regions) {
            prop_assert!(is_possible(&text, &regions));
            prop_assert!(normalize(&text, &regions).is_ok());
        }
    }

    #[test]
    fn a_mask_shows_the_calling_code_and_at_most_three_digits(number in digits_after_plus()) {
        let masked = mask_e164(&number);
        let hidden = masked.matches('*').count();
        prop_assert!(hidden >= 4);
        if let Some((code, end)) = masked.split_once('*') {
            let shown_at_end = end.trim_start_matches('*');
            prop_assert!(shown_at_end.len() <= 3 && number.ends_with(shown_at_end));
            let code = code.strip_prefix('+').unwrap_or_default();
            let known = calling_codes().iter().any(|known| known.to_string() == code);
            prop_assert!(known || masked == "**********");
        }
    }

    #[test]
    fn no_mask_normalizes_whatever_its_stars_are_replaced_by(
        number in digits_after_plus(), regions in some_regions()
    ) {
        let masked = mask_e164(&number);
        for star in MASK_CHARACTERS {
            let text = masked.replace('*', star);
            let found = normalize(&text, &regions);
            let is_placeholder = found == Err(PhoneError::Placeholder);
            prop_assert!(is_placeholder, "{} gave {:?}", text, found);
        }
    }

    #[test]
    fn the_mask_of_what_is_no_number_says_nothing(text in any_text(), regions in some_regions()) {
        if normalize(&text, &regions).is_err() {
            prop_assert_eq!(mask(&text, &regions), "**********");
        }
    }
}

/// A number's plan is what the parser says of it.
fn assert_plan(number: &str) {
    let Ok(phone) = parse(number, &Regions::none()) else {
        return;
    };
    let plan = Plan::of(&phone.e164());
    assert_eq!(
        (plan.region, plan.phone_type),
        (phone.region(), phone.phone_type()),
        "{number}"
    );
}

#[test]
fn the_fast_path_gives_what_the_full_parse_gives_for_every_beginning() {
    let none = Regions::none();
    for code in calling_codes() {
        for beginning in 0..100 {
            for length in 4..=12 {
                let number = format!("+{code}{beginning:02}{:0>1$}", "5", length);
                let full = parse(&number, &none).map(|phone| phone.e164());
                assert_eq!(normalize(&number, &none), full, "{number}");
                assert_plan(&number);
            }
        }
    }
}

#[test]
fn nothing_panics_on_a_megabyte() {
    let regions = Regions::parse("AU,US").unwrap();
    for piece in [
        "0",
        "+",
        "\u{ff10}",
        "tel:",
        ";phone-context=",
        "x1",
        "\u{1f600}",
        "(",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        ask_everything(&text, &regions);
        assert_eq!(normalize(&text, &regions), Err(PhoneError::TooLong));
    }
}

#[test]
fn nothing_panics_on_the_longest_text_that_is_read() {
    let regions = Regions::parse("AU,US").unwrap();
    for piece in [
        "0",
        "+",
        "\u{ff10}",
        "tel:",
        ";ext=",
        "x1",
        "\u{1f600}",
        "(",
        "1-",
        "a",
        "~",
    ] {
        let text = piece.repeat(MAX_INPUT_BYTES / piece.len());
        ask_everything(&text, &regions);
        ask_everything(
            &format!("+6{}", &text[..text.len() - piece.len()]),
            &regions,
        );
    }
}
