//! Numbers of the legacy web application: what `+1` was glued to is found again, and nothing else is touched.
#![allow(clippy::unwrap_used)]

use phone_crypt_core::phone::{
    Regions, UsPrefixError, UsPrefixRepair, normalize, repair_us_prefix,
};

fn regions(list: &str) -> Regions {
    Regions::parse(list).unwrap()
}

fn read(input: &str, list: &str) -> Result<(bool, String), UsPrefixError> {
    repair_us_prefix(input, &regions(list)).map(|found| {
        let is_repaired = matches!(found, UsPrefixRepair::Repaired(_));
        (is_repaired, found.e164().as_str().to_owned())
    })
}

#[test]
fn what_was_glued_to_plus_1_is_read_as_national_input() {
    for (input, list, number) in [
        ("+10401148075", "AU,US", "+61401148075"),
        ("+1 (0401) 148-075", "AU,US", "+61401148075"),
        (" +1-0401148075", "AU,US", "+61401148075"),
        ("+10401148075x12", "AU,US", "+61401148075"),
        ("+10298765432", "AU", "+61298765432"),
        ("+102079460958", "GB", "+442079460958"),
        ("+1 (0)20 7946 0958", "AU,GB", "+442079460958"),
        ("\u{ff0b}102079460958", "GB", "+442079460958"),
        ("+10061401148075", "US", "+61401148075"),
        ("+1001116502530000", "AU", "+16502530000"),
    ] {
        assert_eq!(read(input, list), Ok((true, number.to_owned())), "{input}");
    }
}

#[test]
fn every_other_number_is_read_as_usual() {
    for input in [
        "+61401148075",
        "0401148075",
        "4011480751",
        "+1 (401) 148-0751",
        "+14011480751",
        "1-800-FLOWERS",
        "0011 1 650 253 0000",
        "+442079460958",
    ] {
        let usual = normalize(input, &regions("AU,US")).unwrap();
        assert_eq!(
            read(input, "AU,US"),
            Ok((false, usual.as_str().to_owned())),
            "{input}"
        );
    }
}

#[test]
fn what_no_region_makes_valid_is_not_repaired() {
    for (input, list) in [
        ("+10401148075", "US"),
        ("+10401148075", ""),
        ("+10000000000", "AU,US"),
        ("+1 0", "AU,US"),
        ("+1 0 anything at all", "AU,US"),
        ("+102079460958", "AU,US"),
    ] {
        assert_eq!(
            read(input, list),
            Err(UsPrefixError::Unrepairable),
            "{input}"
        );
    }
}

#[test]
fn what_is_no_number_and_has_no_glued_plus_1_is_just_that() {
    for input in ["", "unknown", "+", "+1", "+1 23", "9876 5432", "10", "0"] {
        assert_eq!(
            read(input, "AU,US"),
            Err(UsPrefixError::NotAPhoneNumber),
            "{input}"
        );
    }
    let long = format!("+1{}", "4".repeat(300));
    assert_eq!(read(&long, "AU,US"), Err(UsPrefixError::NotAPhoneNumber));
}

#[test]
fn neither_answer_nor_error_shows_the_number() {
    let found = repair_us_prefix("+10401148075", &regions("AU,US")).unwrap();
    assert!(!format!("{found:?}").contains("401148"));
    let error = repair_us_prefix("+10401148075", &regions("US")).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("401148"));
}
