//! What a number without `+` means under an ordered list of default regions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod phone_data;

use phone_crypt_core::phone::{PhoneError, Region, Regions, normalize, parse, parse_one};
use phone_data::records;

fn under(input: &str, regions: &str) -> Option<String> {
    let regions = Regions::parse(regions).unwrap();
    let number = normalize(input, &regions).ok()?;
    Some(String::from(number.as_str()))
}

#[test]
fn every_line_of_the_rule_holds() {
    let mut lines = 0;
    for line in records(include_str!("data/region_rule.tsv")) {
        let wanted = Some(line[2]).filter(|e164| *e164 != "NULL");
        assert_eq!(
            under(line[0], line[1]).as_deref(),
            wanted,
            "{} under {}",
            line[0],
            line[1]
        );
        lines += 1;
    }
    assert_eq!(lines, 70);
}

#[test]
fn the_examples_of_the_documentation_hold_for_australia_then_us() {
    for (input, wanted) in [
        ("0401148075", Some("+61401148075")),
        ("4011480751", Some("+14011480751")),
        ("+1 (401) 148-0751", Some("+14011480751")),
        ("1-800-FLOWERS", Some("+18003569377")),
        ("0011 1 650 253 0000", Some("+16502530000")),
        ("9876 5432", None),
    ] {
        assert_eq!(under(input, "AU,US").as_deref(), wanted, "{input}");
    }
}

#[test]
fn a_later_region_where_it_is_valid_beats_an_earlier_one_where_it_is_possible() {
    assert_eq!(
        under("0401148075", "US,AU").as_deref(),
        Some("+61401148075")
    );
    assert_eq!(
        under("6502530000", "GB,US").as_deref(),
        Some("+16502530000")
    );
}

#[test]
fn not_valid_it_takes_the_length_of_a_fixed_line_or_of_a_mobile() {
    // Bosnian mobiles have nine digits, fixed lines eight; in Germany eight are a fixed line.
    assert_eq!(under("409628506", "BA").as_deref(), Some("+387409628506"));
    assert_eq!(under("(010) 123456", "DE").as_deref(), Some("+4910123456"));
    // Twelve digits are possible in Australia, for neither of the two.
    let australia = Region::parse("AU").unwrap();
    let twelve = parse_one("281234567890", Some(australia)).unwrap();
    assert!(twelve.is_possible() && !twelve.is_valid());
    assert_eq!(under("281234567890", "AU"), None);
}

#[test]
fn with_plus_the_list_does_not_matter() {
    for list in ["", "AU", "US,AU", "DE,FR,US"] {
        assert_eq!(
            under("+61 401 148 075", list).as_deref(),
            Some("+61401148075")
        );
        assert_eq!(
            under("\u{ff0b}61 401 148 075", list).as_deref(),
            Some("+61401148075")
        );
        assert_eq!(under("+011 61 401 148 075", list), None);
    }
}

#[test]
fn without_a_region_only_numbers_with_plus_are_understood() {
    for input in [
        "0401148075",
        "61401148075",
        "0061401148075",
        "tel:0401148075",
    ] {
        assert_eq!(under(input, ""), None, "{input}");
    }
    assert!(under("tel:0401148075;phone-context=+61", "").is_some());
}

#[test]
fn double_zero_stands_for_plus_where_the_number_is_valid_so() {
    assert_eq!(
        under("0061 401 148 075", "US").as_deref(),
        Some("+61401148075")
    );
    assert_eq!(
        under(" 0061401148075", "US").as_deref(),
        Some("+61401148075")
    );
    // Possible under +1, but not valid.
    assert_eq!(under("0014011480751", "US"), None);
}

#[test]
fn a_number_of_local_length_only_is_refused() {
    for input in ["148-0751", "+1 253 0000", "+61 9876 5432", "+12530000"] {
        assert_eq!(under(input, "AU,US"), None, "{input}");
    }
}

#[test]
fn an_extension_is_parsed_and_dropped() {
    let regions = Regions::parse("AU,US").unwrap();
    for input in [
        "0401 148 075 x123",
        "+61401148075;ext=123",
        "+61 401 148 075 ext. 123",
    ] {
        assert_eq!(
            normalize(input, &regions).unwrap().as_str(),
            "+61401148075",
            "{input}"
        );
        assert!(parse(input, &regions).unwrap().has_extension(), "{input}");
    }
    assert!(!parse("0401 148 075", &regions).unwrap().has_extension());
}

#[test]
fn a_text_of_more_than_250_bytes_is_refused_unread() {
    let regions = Regions::parse("AU").unwrap();
    let padded = |length: usize| format!("{:>length$}", "+61401148075");
    assert_eq!(
        normalize(&padded(250), &regions).unwrap().as_str(),
        "+61401148075"
    );
    assert_eq!(normalize(&padded(251), &regions), Err(PhoneError::TooLong));
    assert_eq!(
        parse(&padded(251), &regions).unwrap_err(),
        PhoneError::TooLong
    );
}

#[test]
fn the_text_that_breaks_the_parser_is_refused() {
    let regions = Regions::parse("AU").unwrap();
    for input in [
        "0401148075;phone-context=+61tel:",
        ";phone-context=example.com;tel:1234567",
        "+61401148075;phone-context=tel:x",
    ] {
        assert_eq!(
            normalize(input, &regions),
            Err(PhoneError::NotAPhoneNumber),
            "{input}"
        );
    }
    let input = "tel:0401148075;phone-context=+61";
    assert!(normalize(input, &regions).is_ok());
}
