//! What can be asked of a number, of a list of regions and of a style; and what is never told.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{
    PhoneError, PhoneType, Region, Regions, RegionsError, Style, StyleError, is_possible, is_valid,
    mask, mask_e164, normalize, normalize_noting_more, parse, warm_up,
};

fn australia_then_us() -> Regions {
    Regions::parse("AU,US").unwrap()
}

#[test]
fn region_and_type_are_those_of_the_numbering_plan() {
    for (input, region, phone_type) in [
        ("0401 148 075", Some("AU"), PhoneType::Mobile),
        ("(02) 9374 4000", Some("AU"), PhoneType::FixedLine),
        ("(650) 253-0000", Some("US"), PhoneType::FixedLineOrMobile),
        ("+1 800 356 9377", Some("US"), PhoneType::TollFree),
        ("+44 7911 123456", Some("GG"), PhoneType::Mobile),
        ("+800 1234 5678", Some("001"), PhoneType::TollFree),
        // Several regions share +1 and none of them has this number.
        ("4011480751", None, PhoneType::Unknown),
    ] {
        let phone = parse(input, &australia_then_us()).unwrap();
        assert_eq!(
            (phone.region(), phone.phone_type()),
            (region, phone_type),
            "{input}"
        );
    }
}

#[test]
fn a_number_is_written_in_each_style() {
    let phone = parse("0401 148 075 x12", &australia_then_us()).unwrap();
    for (style, written) in [
        ("e164", "+61401148075"),
        ("international", "+61 401 148 075 ext. 12"),
        ("national", "0401 148 075 ext. 12"),
        ("rfc3966", "tel:+61-401-148-075;ext=12"),
    ] {
        assert_eq!(phone.format(style.parse().unwrap()), written);
    }
    assert_eq!("E164".parse::<Style>(), Err(StyleError));
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let types = [
        PhoneType::Mobile,
        PhoneType::FixedLine,
        PhoneType::FixedLineOrMobile,
        PhoneType::TollFree,
        PhoneType::PremiumRate,
        PhoneType::SharedCost,
        PhoneType::Voip,
        PhoneType::PersonalNumber,
        PhoneType::Pager,
        PhoneType::Uan,
        PhoneType::Voicemail,
        PhoneType::Unknown,
    ];
    let names = types.map(PhoneType::as_str);
    let wanted = "mobile fixed_line fixed_line_or_mobile toll_free premium_rate shared_cost voip \
                  personal_number pager uan voicemail unknown";
    assert_eq!(names.join(" "), wanted);
}

#[test]
fn validity_and_possibility_never_fail() {
    let regions = australia_then_us();
    for (input, valid, possible) in [
        ("0401148075", true, true),
        ("4011480751", false, true),
        ("98765432", false, false),
        ("ask for Bob", false, false),
        ("", false, false),
    ] {
        assert_eq!(is_valid(input, &regions), valid, "{input}");
        assert_eq!(is_possible(input, &regions), possible, "{input}");
    }
    assert!(!is_valid(&"1".repeat(300), &regions) && !is_possible(&"1".repeat(300), &regions));
}

#[test]
fn a_mask_hides_at_least_four_digits() {
    let regions = australia_then_us();
    for (text, masked) in [
        ("0401 148 075", "+61******075"),
        ("+1 (401) 148-0751", "+1*******751"),
        ("13 11 14", "+61****14"),
        ("+290 23456", "+290****6"),
        // All of the national number where showing any digit would hide less than four.
        ("+683 4123", "+683****"),
        ("ask for Bob", "**********"),
        ("", "**********"),
    ] {
        assert_eq!(mask(text, &regions), masked, "{text}");
    }
}

#[test]
fn the_mask_of_a_stored_number_needs_no_region() {
    for (number, masked) in [
        ("+61401148075", "+61******075"),
        // Under a known calling code, though no possible number.
        ("+61123", "**********"),
        ("+999123456", "**********"),
        ("+61 401 148 075", "**********"),
        ("61401148075", "**********"),
        ("+", "**********"),
    ] {
        assert_eq!(mask_e164(number), masked, "{number}");
    }
}

#[test]
fn region_lists_are_read_in_either_case_with_spaces() {
    let names = |list| -> Vec<&str> {
        Regions::parse(list)
            .unwrap()
            .iter()
            .map(Region::name)
            .collect()
    };
    assert_eq!(names("AU,US"), ["AU", "US"]);
    assert_eq!(names(" gb "), ["GB"]);
    assert_eq!(names("us , Au"), ["US", "AU"]);
    assert_eq!(Regions::parse("  "), Ok(Regions::none()));
    assert_ne!(Regions::parse("AU,US"), Regions::parse("US,AU"));
    let every: Vec<&str> = Region::all().map(Region::name).collect();
    assert_eq!(names(&every.join(",")), every);
}

#[test]
fn unknown_and_repeated_regions_are_refused() {
    for list in [
        "XX",
        "ZZ",
        "001",
        "AU,,US",
        ",",
        "AU;US",
        "Australia",
        "AU,US,AU,",
    ] {
        assert!(Regions::parse(list).is_err(), "{list}");
    }
    let repeated = Regions::parse("AU,us,au").unwrap_err();
    assert_eq!(repeated, RegionsError::Repeated { name: "AU" });
    assert_eq!(repeated.to_string(), "region AU is given twice");
    assert_eq!(
        Regions::parse("AU,xx").unwrap_err().to_string(),
        "unknown region \"xx\""
    );
}

#[test]
fn no_error_or_debug_output_repeats_a_number() {
    let regions = australia_then_us();
    for misplaced in ["+61401148075", "AU,0401148075", "401", "AU,\u{1b}[2J"] {
        let text = Regions::parse(misplaced).unwrap_err().to_string();
        assert!(
            !text.chars().any(|c| c.is_ascii_digit() || c.is_control()),
            "{text}"
        );
    }
    let phone = parse("0401148075", &regions).unwrap();
    assert_eq!(format!("{phone:?}"), "ParsedPhone(+61******075)");
    assert_eq!(format!("{:?}", phone.e164()), "E164(+61******075)");
    let refused = normalize("12 34 5", &regions).unwrap_err();
    assert_eq!(refused, PhoneError::NotAPhoneNumber);
    assert_eq!(refused.to_string(), "not a phone number");
}

#[test]
fn warming_up_changes_no_answer() {
    let regions = Regions::parse("AU,US,GB").unwrap();
    let before = normalize("020 7946 0958", &regions);
    warm_up(&regions);
    warm_up(&Regions::none());
    assert_eq!(normalize("020 7946 0958", &regions), before);
    assert_eq!(before.unwrap().as_str(), "+442079460958");
}

#[test]
fn what_says_more_than_the_number_is_noted() {
    let regions = australia_then_us();
    for (input, says_more) in [
        ("+61401148075", false),
        ("+61 (401) 148-075", false),
        ("0401 148 075", false),
        ("0401 148 075 x12", true),
        ("+61401148075 ext. 3", true),
        ("fax 0401 148 075", true),
        ("1-800-FLOWERS", true),
    ] {
        let (number, more) = normalize_noting_more(input, &regions).unwrap();
        assert_eq!(more, says_more, "{input}");
        assert_eq!(Ok(number), normalize(input, &regions), "{input}");
    }
    assert!(normalize_noting_more("ask for Bob", &regions).is_err());
}
