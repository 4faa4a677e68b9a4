//! The order of readings: which of several meanings of a text wins, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{Regions, is_possible, normalize};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberType};

fn under(input: &str, regions: &str) -> Option<String> {
    let number = normalize(input, &Regions::parse(regions).unwrap()).ok()?;
    Some(String::from(number.as_str()))
}

fn assert_readings(readings: &[(&str, &str, Option<&str>)]) {
    for (input, regions, wanted) in readings {
        assert_eq!(
            under(input, regions).as_deref(),
            *wanted,
            "{input} under {regions}"
        );
    }
}

#[test]
fn double_zero_and_a_valid_number_of_exactly_these_digits_comes_first() {
    assert_readings(&[
        ("001 212 555 2368", "AU,US", Some("+12125552368")),
        ("0091 98765 43210", "SG", Some("+919876543210")),
        ("00 91 140 930 526 0", "SG,HK,KR", Some("+911409305260")),
        ("00576012345678", "CO", Some("+576012345678")),
        ("0061401148075", "JP", Some("+61401148075")),
        ("0061 401 148 075 x12", "US", Some("+61401148075")),
        ("(00) 61 401 148 075", "US", Some("+61401148075")),
        ("\u{ff10}\u{ff10}61 401 148 075", "US", Some("+61401148075")),
        ("00 800 1234 5678", "AU,US", Some("+80012345678")),
    ]);
    for region in ["AU", "US", "GB", "JP", "SG", "HK", "KR", "TH", "CO", "BR"] {
        let found = under("0049 30 901820", region);
        assert_eq!(found.as_deref(), Some("+4930901820"), "{region}");
    }
}

#[test]
fn an_exit_code_that_makes_another_valid_number_of_them_is_refused() {
    assert_readings(&[
        // 0016, an Australian exit code, and a Swedish number.
        ("001 646 253 0000", "AU,US", None),
        ("001 646 253 0000", "US,AU", None),
        ("001 646 253 0000", "US", Some("+16462530000")),
        ("001 646 253 0000", "GB", Some("+16462530000")),
        ("00 1 64 971 212 34", "AU,US", None),
        ("0037163123456", "JP", Some("+37163123456")),
    ]);
}

#[test]
fn an_exit_code_of_a_listed_region_is_read_where_double_zero_is_not() {
    assert_readings(&[
        ("0011 1 650 253 0000", "AU,US", Some("+16502530000")),
        ("0011 1 650 253 0000", "GB,US", None),
        ("0011 32 12345678", "AU,US", Some("+3212345678")),
        // +1 132 … would have to lose a 1.
        ("0011 32 12345678", "GB,US", None),
        ("011 61 401148075", "AU,US", Some("+61401148075")),
        ("011 44 020 7946 0958", "US", Some("+442079460958")),
        ("011 1 1 650 253 0000", "US", None),
        ("0011 1 1 650 253 0000", "AU", None),
        ("00 1 1 650 253 0000", "GB", None),
    ]);
}

#[test]
fn one_zero_after_the_calling_code_may_be_dropped() {
    assert_readings(&[
        ("0044 020 7946 0958", "US", Some("+442079460958")),
        ("0044 (0)20 7946 0958", "US", Some("+442079460958")),
        ("0044 (0)20 7946 0958", "SG,HK", Some("+442079460958")),
        ("0048 (0) 22 512 3456", "US", Some("+48225123456")),
        ("0044 00 20 7946 0958", "US", None),
        // Not a Moroccan zero but a part of the number, and only possible.
        ("0039 06 6982", "US", Some("+39066982")),
    ]);
}

#[test]
fn double_zero_is_never_merely_possible() {
    assert_readings(&[
        ("0014011480751", "AU,US", None),
        ("0014011480751", "US", None),
        ("+0014011480751", "US", None),
        ("0000000000", "AU,US", None),
        ("0095385648", "MZ", None),
    ]);
}

#[test]
fn zeros_after_plus_are_read_as_without_it() {
    assert_readings(&[
        ("+0064 3 331 6005", "AU,US", Some("+6433316005")),
        ("\u{ff0b}0064 3 331 6005", "GB", Some("+6433316005")),
        ("(+00) 64 3 331 6005", "GB", Some("+6433316005")),
        ("+0064 3 331 6005", "", Some("+6433316005")),
        ("0064 3 331 6005", "", None),
        ("+001 646 253 0000", "AU,US", None),
        ("+0011 61 401 148 075", "AU", Some("+61401148075")),
        ("+0011 61 401 148 075", "US", None),
        ("+011 61 401 148 075", "US", None),
    ]);
}

#[test]
fn a_valid_number_after_the_regions_own_calling_code_beats_a_possible_one() {
    assert_readings(&[
        ("491602229999", "DE", Some("+491602229999")),
        ("49 160 2229999", "DE,FR,US", Some("+491602229999")),
        ("(49) 160 2229999 x12", "DE", Some("+491602229999")),
        ("48 (0)22 512 34 56", "PL", Some("+48225123456")),
        // Valid as it stands in the first region of the list: that comes before.
        ("61401148075", "DE,FR,US", Some("+4961401148075")),
        ("4915123456789", "DE", Some("+4915123456789")),
        ("436641234567", "AT", Some("+436641234567")),
    ]);
}

#[test]
fn what_is_only_possible_comes_last_and_has_a_full_length() {
    assert_readings(&[
        ("4011480751", "AU,US", Some("+14011480751")),
        ("9876 5432", "AU,US", None),
        ("011 61 9876 5432", "AU,US", None),
    ]);
}

#[test]
fn with_plus_a_number_that_lacks_its_area_code_is_refused() {
    for input in [
        "+1 253 0000",
        "+12530000",
        "+61 9876 5432",
        "+6198765432",
        "+49 1234",
        "+55 8765 4321",
        "+44 946 0958",
        "tel:253-0000;phone-context=+1",
    ] {
        assert_eq!(under(input, "AU,US"), None, "{input}");
        assert!(!is_possible(input, &Regions::none()), "{input}");
    }
    // As short, and a number of a service.
    assert_eq!(under("+61 13 11 14", "").as_deref(), Some("+61131114"));
    assert_eq!(under("+44 800 1111", "").as_deref(), Some("+448001111"));
}

#[test]
fn no_length_that_the_metadata_calls_local_only_is_taken_after_any_calling_code() {
    let library = &PHONE_NUMBER_UTIL;
    let mut combinations = 0;
    for code in library.get_supported_calling_codes() {
        for length in 1..=17 {
            let number = PhoneNumber {
                country_code: code,
                national_number: 10_u64.pow(length - 1),
                ..PhoneNumber::default()
            };
            let length_as = |kind| library.is_possible_number_for_type_with_reason(&number, kind);
            let local = Ok(NumberLengthType::IsPossibleLocalOnly);
            if length_as(PhoneNumberType::Unknown) != local
                && length_as(PhoneNumberType::FixedLine) != local
            {
                continue;
            }
            combinations += 1;
            for first in 1..=9 {
                let national = "5".repeat(length as usize - 1);
                let input = format!("+{code}{first}{national}");
                let found = under(&input, "");
                // Of Madagascar's the parser makes full ones.
                let is_full = |number: &str| {
                    let number = library.parse(number, None).unwrap();
                    library.is_valid_number(&number) || number.national_number >= 10_u64.pow(length)
                };
                assert!(found.as_deref().is_none_or(is_full), "{input}");
            }
        }
    }
    assert!(combinations > 100, "{combinations}");
}

#[test]
fn a_zero_in_brackets_after_the_calling_code_is_left_out_where_only_that_is_valid() {
    for (input, wanted) in [
        ("+48 (0) 22 512 3456", "+48225123456"),
        ("+48(0)225123456", "+48225123456"),
        ("+48 [0] 22 512 3456", "+48225123456"),
        ("+48 \u{ff08}0\u{ff09} 22 512 3456", "+48225123456"),
        ("+48-(0)-22-512-3456", "+48225123456"),
        ("+48 ( 0 ) 22 512 3456", "+48225123456"),
        ("(+48) (0)22 512 3456", "+48225123456"),
        ("(+48 (0)22) 512 3456", "+48225123456"),
        ("+48 (022) 512 3456", "+48225123456"),
        ("\u{ff0b}48 (0) 22 512 3456", "+48225123456"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44(0)20 7946 0958", "+442079460958"),
        ("(+44) (0)20 7946 0958 ext. 12", "+442079460958"),
        ("+420 (0)2 2481 1111", "+420224811111"),
        ("+36 (0)1 438 8030", "+3614388030"),
        // Where the zero belongs to the number it stays.
        ("+39 (0)6 6982", "+39066982"),
        ("+39 (06) 6982", "+39066982"),
        ("+378 (0549) 882 914", "+3780549882914"),
        ("+225 (07) 07 12 34 56", "+2250707123456"),
    ] {
        assert_eq!(under(input, "").as_deref(), Some(wanted), "{input}");
    }
    // Valid neither way: whether the zero belongs to the number cannot be told.
    assert_eq!(under("+48 (0) 22 512 345", ""), None);
    // Not after the calling code.
    assert_eq!(
        under("+48 22 (0) 512 3456", ""),
        under("+48 2205123456", "")
    );
}

#[test]
fn a_mexican_number_with_the_1_of_former_mobiles_loses_it_where_that_is_valid() {
    assert_readings(&[
        ("+521 55 1234 5678", "", Some("+525512345678")),
        ("+5215512345678", "AU,US", Some("+525512345678")),
        ("0052 1 55 1234 5678", "US", Some("+525512345678")),
        ("011 52 1 55 1234 5678", "US", Some("+525512345678")),
        ("52 1 55 1234 5678", "MX", Some("+525512345678")),
        ("+525512345678", "", Some("+525512345678")),
        // Valid neither way, so untouched.
        ("+521 00 1234 5678", "", None),
        ("+521551234567", "", Some("+521551234567")),
        // At home nobody dials that 1.
        ("1 55 1234 5678", "MX", None),
    ]);
}
