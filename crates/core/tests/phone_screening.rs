//! What a text looks like before it is parsed: what is taken for one number, and why the rest is not.
#![allow(clippy::unwrap_used, clippy::panic)]

use phone_crypt_core::phone::{PhoneError, Regions, normalize, parse};

fn regions(list: &str) -> Regions {
    Regions::parse(list).unwrap()
}

fn read(text: &str, list: &str) -> Result<String, PhoneError> {
    normalize(text, &regions(list)).map(|number| number.as_str().to_owned())
}

fn assert_read(list: &str, texts: &[(&str, &str)]) {
    for (text, number) in texts {
        assert_eq!(
            read(text, list).as_deref(),
            Ok(*number),
            "{text:?} in {list}"
        );
    }
}

fn assert_refused(reason: PhoneError, list: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(read(text, list), Err(reason), "{text:?} in {list}");
        assert_eq!(parse(text, &regions(list)).err(), Some(reason), "{text:?}");
    }
}

const HERE: &str = "AU,US";

#[test]
fn floats_are_refused() {
    let texts = [
        "401148075.0",
        "4.01148075E8",
        "6.14011E+10",
        "401148075,00",
        "4,01148075E8",
        "4.01148075e+08",
        "+6.14E10",
        "4.1e8 ",
        " 401148075.000",
        "+61401148075.0",
        "+61401148075.00",
        "0401148075.0",
        "61401148075.0",
        "'401148075.0",
        "\"4.01148075E8\"",
        "Tel: 401148075.0",
        "tel:+61401148075.0",
        "401,148,075.00",
        "\u{664}\u{660}\u{661}\u{661}\u{664}\u{668}\u{660}\u{667}\u{665}\u{66b}\u{660}",
        "\u{ff14}\u{ff10}\u{ff11}\u{ff11}\u{ff14}\u{ff18}\u{ff10}\u{ff17}\u{ff15}\u{ff0e}\u{ff10}",
        "\u{ff14}.\u{ff10}\u{ff11}\u{ff25}\u{ff18}",
    ];
    assert_refused(PhoneError::Float, HERE, &texts);
    assert_refused(PhoneError::Float, "CN", &["1.7743856575e10"]);
}

#[test]
fn dots_are_separators() {
    assert_read(
        HERE,
        &[
            ("412.345.678", "+61412345678"),
            ("03 9876.5432", "+61398765432"),
            ("650.253.0000", "+16502530000"),
            ("+1.650.253.0000", "+16502530000"),
            ("+61.401148075", "+61401148075"),
            ("+614.01148075", "+61401148075"),
            ("0401148075.", "+61401148075"),
        ],
    );
}

#[test]
fn placeholders_are_refused() {
    assert_refused(
        PhoneError::Placeholder,
        HERE,
        &[
            "+49********771",
            "+49xxxxxxxx771",
            "+61401148***",
            "+61 401 148 07?",
            "0401 148 \u{2022}\u{2022}\u{2022}",
            "0401 148\u{2026}",
            "+61401...148075",
            "+61401 . . . 148075",
            "+61---401148075",
            "0401 __ 148075",
            "0401 148 xxx",
            "0401 XXX XXX",
            "+1658 xxx xxxx",
            "0401 148 07x",
            "+61401x148x075",
            "876 6063415-x",
            "xxxx 401148075",
            "XX401148075",
            "1-800-XXX-XXXX",
            "\u{ff0a}401148075",
            "\u{25cf}\u{25cf}401148075",
            "0401 148 \u{ff58}\u{ff58}\u{ff58}",
            "0401 148 \u{25a0}\u{25a0}\u{25a0}",
            "####401148075",
            "0401148075 ext. xxx",
            "0401~~~148075",
        ],
    );
}

#[test]
fn letters_are_refused_except_in_vanity_numbers() {
    assert_refused(
        PhoneError::Letters,
        HERE,
        &[
            "0401 148 075 Max",
            "0401 148 07O",
            "0401 148 075 (home)",
            "0401 ABC DEF",
            "+61 401 FLOWER",
            "1-900-FLOWERS",
            "1-650-FLOWERS",
            "1-800-FL0WERS",
            "1-800-NNN-NNNN",
            "1-800-356-93S7",
            "0401 148 075 \u{434}\u{43e}\u{43c}",
            "0401 148 075 \u{96fb}\u{8a71}",
        ],
    );
    assert_refused(
        PhoneError::Letters,
        "DE",
        &["030 123456 Max", "0800 FLOWERS"],
    );
    assert_read(
        HERE,
        &[
            ("1-800-FLOWERS", "+18003569377"),
            ("1800FLOWERS", "+18003569377"),
            ("+1 (800) FLOWERS", "+18003569377"),
            ("0011 1 800 FLOWERS", "+18003569377"),
            ("1-800-FLOWERS ext. 12", "+18003569377"),
            ("\u{ff11}-\u{ff18}00-\u{ff26}LOWERS", "+18003569377"),
            ("1300 FLOWER", "+611300356937"),
            ("13 CABS", "+61132227"),
            ("1800 FLOWER", "+611800356937"),
            ("call 1300 FLOWER", "+611300356937"),
        ],
    );
}

#[test]
fn labels_are_dropped() {
    for label in [
        "Tel:",
        "tel:",
        "Tel. ",
        "Mobile ",
        "mobile no. (home): ",
        "T\u{e9}l\u{e9}phone : ",
        "M",
        "\u{96fb}\u{8a71}\u{ff1a}",
        "\u{422}\u{435}\u{43b}. ",
        "Max: ",
        "callto:",
        "tel://",
    ] {
        for number in ["0401 148 075", "+61 401 148 075"] {
            let text = format!("{label}{number}");
            assert_eq!(read(&text, HERE).as_deref(), Ok("+61401148075"), "{text}");
        }
    }
}

#[test]
fn extensions_stay_extensions() {
    for extension in [
        " x123",
        "x12",
        " X12",
        " ext. 12",
        " ext12",
        ", ext 12",
        ",1234",
        ", 1234",
        ";ext=12",
        ";12",
        ",,123456789#",
        " int 12",
        " anexo 5",
        " extn 3456",
        " extensi\u{f3}n 12",
        "#12",
        " \u{434}\u{43e}\u{431}. 12",
        " \u{ff58}12",
        "\u{ff0c}12",
        " (ext 12)",
        " / x12",
    ] {
        for (number, e164) in [
            ("0401 148 075", "+61401148075"),
            ("+61 401 148 075", "+61401148075"),
            ("4011480751", "+14011480751"),
        ] {
            let text = format!("{number}{extension}");
            let phone =
                parse(&text, &regions(HERE)).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(phone.e164().as_str(), e164, "{text}");
            assert!(phone.has_extension(), "{text}");
        }
    }
    assert_read(HERE, &[("650 253 0000 - 12#", "+16502530000")]);
}

#[test]
fn two_numbers_are_refused() {
    assert_refused(
        PhoneError::TwoNumbers,
        HERE,
        &[
            "0401148075;0401148076",
            "0401148075, 0401148076",
            "0401148075/0401148076",
            "0401148075 / 0401148076",
            "0401148075|0401148076",
            "0401148075 & 0401148076",
            "0401148075\n0401148076",
            "0401148075\r\n0401148076",
            "0401148075\t0401148076",
            "0401148075\u{2028}0401148076",
            "0401148075 or 0401148076",
            "0401148075 OR 0401148076",
            "0401148075 oder 0298765432",
            "0401148075 ou 0298765432",
            "0401148075 \u{438}\u{43b}\u{438} 0298765432",
            "0401148075\u{ff1b}0401148076",
            "0401148075\u{3001}0401148076",
            "0401148075\u{ff0f}0401148076",
            "0401148075 \\ 0401148076",
            "0401148075 x12; 0401148076",
            "0401148075; Tel: 0401148076",
            "Mobile 0401148075 Fax 0298765432",
            "0401148075 (home) / 0298765432 (work)",
            "+61401148075+61401148076",
            "0401148075 +61401148076",
            "0401148075 - 0401148076",
            "0401148075  0401148076",
            "0401148075, 131114",
            "0401148075/6",
            "0401148075~6",
            "4011480751; 4011480752",
            "61401148075@c.us; 61401148076@c.us",
        ],
    );
    assert_refused(
        PhoneError::TwoNumbers,
        "DE",
        &[
            "030 12345 / 030 1234",
            "030 12345/6",
            "030 12345 - 030 1234",
            "+49 30 12345 - 030 1234",
            "030 12345  030 1234",
        ],
    );
    assert_refused(PhoneError::TwoNumbers, "KR", &["02-123-4567~8"]);
    assert_refused(PhoneError::TwoNumbers, "LU", &["621 123 456 / 621 123 457"]);
    assert_read(
        "DE",
        &[
            ("02142/24140", "+49214224140"),
            ("030/12345-0", "+4930123450"),
        ],
    );
    assert_read(
        HERE,
        &[
            ("0401\t148\t075", "+61401148075"),
            ("(02) 9374\n4000", "+61293744000"),
        ],
    );
}

#[test]
fn nothing_cuts_a_number_short() {
    assert_read(
        HERE,
        &[
            ("+44~20~7946~0000", "+442079460000"),
            ("+44\u{ff5e}20\u{ff5e}7946\u{ff5e}0000", "+442079460000"),
            ("+44\u{301c}20\u{301c}7946\u{301c}0000", "+442079460000"),
            ("0401~148~075", "+61401148075"),
        ],
    );
    // Each of these lost digits to what the parser takes for an extension or a second number.
    for text in [
        "+61 401 148 075#",
        "+61401148,075",
        "+614011x48075",
        "+61401148;075",
        "+61401148#075",
        "0298765432 tel:0401148075;phone-context=+61",
        "tel:0401148075;phone-context=+61;0298765432",
        "0401148075;isub=1, 0401148076",
        "\u{2460}401148075",
        "0401148075\u{bd}",
        "401148075\u{b2}",
        "61401148075+",
    ] {
        assert!(read(text, HERE).is_err(), "{text}: {:?}", read(text, HERE));
    }
    assert_refused(PhoneError::NotAPhoneNumber, "DE", &["030 1234 - 567#"]);
}

#[test]
fn separators_of_every_kind_are_taken_as_such() {
    for separator in [
        '\u{202f}',
        '\u{2009}',
        '\u{a0}',
        '\t',
        '\u{200e}',
        '\u{200f}',
        '\u{2066}',
        '\u{2067}',
        '\u{2068}',
        '\u{2069}',
        '\u{202a}',
        '\u{202b}',
        '\u{202c}',
        '\u{202d}',
        '\u{202e}',
        '\u{fe0d}',
        '\u{ad}',
        '\u{2011}',
        '_',
        '\u{ff5e}',
        '\u{2007}',
        '\u{3000}',
        '\u{1680}',
        '\u{205f}',
        '\u{180e}',
        '\u{feff}',
        '\u{200b}',
        '\u{200d}',
        '\u{fe0f}',
        '\u{e0100}',
        '\u{34f}',
        '\u{61c}',
        '\u{3164}',
        '\u{2800}',
        '\u{2010}',
        '\u{2043}',
        '\u{fe63}',
        '\u{5be}',
        '\u{30fc}',
        '\u{b7}',
        '\u{2027}',
        '\u{2024}',
        '\u{30fb}',
        '\u{ff65}',
        '\u{3002}',
        '\u{ff0e}',
        '\u{2219}',
        '\u{22c5}',
        '~',
        '\u{2053}',
        '\u{ff3f}',
    ] {
        for (text, number) in [
            (
                format!("+61{separator}401{separator}148{separator}075"),
                "+61401148075",
            ),
            (
                format!("0401{separator}148{separator}075{separator}"),
                "+61401148075",
            ),
            (
                format!("{separator}(02){separator}9374{separator}4000"),
                "+61293744000",
            ),
        ] {
            assert_eq!(read(&text, HERE).as_deref(), Ok(number), "{text:?}");
        }
    }
}

#[test]
fn digits_of_every_script_are_digits() {
    for zero in [
        '\u{660}',
        '\u{6f0}',
        '\u{966}',
        '\u{e50}',
        '\u{ff10}',
        '\u{1d7ce}',
        '\u{104a0}',
    ] {
        let in_script = |text: &str| -> String {
            let digit = |character: char| match character.to_digit(10) {
                Some(value) => char::from_u32(u32::from(zero) + value).unwrap(),
                None => character,
            };
            text.chars().map(digit).collect()
        };
        for (text, number) in [
            ("+61 401 148 075", "+61401148075"),
            ("0401 148 075 x12", "+61401148075"),
            ("1-800-FLOWERS", "+18003569377"),
        ] {
            assert_eq!(
                read(&in_script(text), HERE).as_deref(),
                Ok(number),
                "{text}"
            );
        }
        assert_eq!(
            read(&in_script("401148075.0"), HERE),
            Err(PhoneError::Float)
        );
        assert_eq!(
            read(&in_script("0401148075;0401148076"), HERE),
            Err(PhoneError::TwoNumbers)
        );
    }
}

#[test]
fn links_to_a_number_are_that_number() {
    for text in [
        "61401148075@s.whatsapp.net",
        "61401148075@c.us",
        "61401148075:12@s.whatsapp.net",
        "https://wa.me/61401148075",
        "https://wa.me/61401148075?text=Hi%20there",
        "sip:+61401148075@example.com",
        "tel:0401148075;phone-context=example.com",
        "tel:401-148-075;phone-context=+61",
    ] {
        assert_eq!(read(text, "AU").as_deref(), Ok("+61401148075"), "{text}");
    }
    assert_refused(
        PhoneError::NotAPhoneNumber,
        HERE,
        &[
            // Not valid with a plus.
            "0401148075@s.whatsapp.net",
            "4011480751@c.us",
            "14011480751@c.us",
            "https://wa.me/0401148075",
            "sip:0401148075@example.com",
            "sip:61401148075@example.com",
            "61401148075@g.us",
            "61401148075-1401234567@g.us",
            "61401148075@lid",
            "61401148075@example.com",
            "https://example.com/61401148075",
            "example.com/0401148075",
            "https://t.me/+61401148075",
            "max@example.com 0401148075",
            "whatsapp://send?phone=61401148075",
        ],
    );
}

#[test]
fn every_refusal_says_why_and_repeats_nothing() {
    let mut reasons = Vec::new();
    for error in PhoneError::ALL {
        let text = format!("{error} {:?} {}", error, error.hint().unwrap_or_default());
        assert!(error.to_string().starts_with("not a phone number"));
        assert!(!text.contains("401148075"), "{text}");
        reasons.push(error.reason());
    }
    assert_eq!(
        reasons.join(" "),
        "not_a_number too_long float placeholder two_numbers letters"
    );
}
