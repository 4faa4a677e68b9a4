//! The rules for keys, key lists, keyrings, hash schemes and ids.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{K1, K2, NUMBER, hex, key, key_text, ring_with};
use phone_crypt_core::crypto::{
    Environment, HashError, HashScheme, HashSchemes, KeyError, KeyId, KeyText, Keyring,
    KeyringError, KeyringSpec, all_hashes, current_hash, every_hash, generate_key, hash_hex,
    parse_key_lines, parse_previous_keys,
};

const SAMPLE: &str = "your-secure-encryption-key-here-make-it-long-and-random";

fn refusal(text: &str) -> KeyError {
    KeyText::parse(text).unwrap_err()
}

fn strength(text: &str) -> Result<(), KeyError> {
    key_text(text).check_strength(Environment::Production)
}

#[test]
fn a_key_has_32_characters_or_more() {
    let text = "abcdefghijklmnopqrstuvwxyz-+=/!?";
    assert_eq!(text.len(), 32);
    assert!(KeyText::parse(text).is_ok());
    for len in 0..32 {
        assert_eq!(refusal(&text[..len]), KeyError::TooShort);
    }
}

#[test]
fn an_odd_number_of_hex_digits_is_a_key_cut_off() {
    assert_eq!(refusal(&K1[..63]), KeyError::OddHex);
    assert_eq!(refusal(&format!("{K1}0").to_uppercase()), KeyError::OddHex);
    assert!(
        KeyText::parse(&format!("{}-", &K1[..62])).is_ok(),
        "not hex alone"
    );
}

#[test]
fn hex_of_another_even_length_stands_for_its_own_bytes() {
    for text in [&K1[..62], &format!("{K1}00")] {
        assert_eq!(key_text(text).as_bytes(), text.as_bytes());
        assert_eq!(key_text(text).decoded(), None);
    }
}

#[test]
fn a_key_has_no_outer_space_and_may_have_inner_ones() {
    assert_eq!(refusal(&format!(" {K2}")), KeyError::OuterSpace);
    assert_eq!(refusal(&format!("{K2} ")), KeyError::OuterSpace);
    assert!(KeyText::parse(&K2.replace('-', " ")).is_ok());
}

#[test]
fn a_key_is_printable_ascii() {
    for bad in ["é", "\t", "\n", "\0", "\x7f", "日", "\u{a0}"] {
        assert_eq!(
            refusal(&format!("{K2}{bad}{K2}")),
            KeyError::NotPrintableAscii
        );
    }
}

#[test]
fn hex_in_either_case_is_one_key_written_two_ways() {
    let (lower, upper) = (key_text(K1), key_text(&K1.to_uppercase()));
    assert!(lower.is_same_key(&upper));
    assert_eq!(key(K1).id(), key(&K1.to_uppercase()).id());
    assert_eq!(upper.as_written(), K1.to_uppercase());
    let hash = |key_text: &str, scheme| hash_hex(&key(key_text), scheme, b"+1", b"").unwrap();
    let (lower, upper) = (K1.to_owned(), K1.to_uppercase());
    assert_eq!(
        hash(&lower, HashScheme::Derived),
        hash(&upper, HashScheme::Derived)
    );
    assert_ne!(hash(&lower, HashScheme::Raw), hash(&upper, HashScheme::Raw));
}

#[test]
fn other_text_in_either_case_is_two_keys() {
    assert!(!key_text(K2).is_same_key(&key_text(&K2.to_uppercase())));
    assert_ne!(key(K2).id(), key(&K2.to_uppercase()).id());
}

#[test]
fn production_refuses_keys_that_protect_nothing() {
    assert_eq!(strength(SAMPLE), Err(KeyError::Sample));
    assert_eq!(
        strength(KeyText::development().as_written()),
        Err(KeyError::Development)
    );
    assert_eq!(
        strength(&"123456789".repeat(4)),
        Err(KeyError::TooFewDistinct)
    );
    assert_eq!(strength(&"0123456789".repeat(4)), Ok(()));
    assert_eq!(strength(K1), Ok(()));
    assert_eq!(strength(K2), Ok(()));
}

#[test]
fn development_takes_any_well_formed_key() {
    let repeated = "a".repeat(32);
    for text in [SAMPLE, KeyText::development().as_written(), &repeated] {
        assert_eq!(
            key_text(text).check_strength(Environment::Development),
            Ok(())
        );
    }
}

#[test]
fn the_development_key_is_well_formed() {
    let text = KeyText::development();
    assert!(KeyText::parse(text.as_written()).is_ok());
    assert_eq!(key(text.as_written()).id().to_string(), "a46d91c9");
}

#[test]
fn generated_keys_are_good_keys_and_differ() {
    let (one, other) = (generate_key().unwrap(), generate_key().unwrap());
    assert_ne!(one, other);
    for text in [one, other] {
        assert_eq!(text.len(), 64);
        assert_eq!(text.to_lowercase(), *text);
        assert!(key_text(&text).decoded().is_some());
        assert_eq!(strength(&text), Ok(()));
    }
}

#[test]
fn nothing_shows_a_key() {
    for shown in [format!("{:?}", key_text(K1)), format!("{:?}", key(K1))] {
        assert!(!shown.contains(&K1[..8]), "{shown}");
    }
    for error in [
        refusal("0123456789"),
        refusal(&K1[..63]),
        strength(SAMPLE).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            !text.contains("0123456789") && !text.contains("000102") && !text.contains("your-")
        );
    }
}

#[test]
fn a_list_of_previous_keys_is_separated_by_commas() {
    assert_eq!(parse_previous_keys("").unwrap().len(), 0);
    let keys = parse_previous_keys(&format!("{K1},{K2}")).unwrap();
    let written: Vec<_> = keys.iter().map(KeyText::as_written).collect();
    assert_eq!(written, [K1, K2]);
    assert_eq!(
        parse_previous_keys(&format!("{K1}, {K2}")).unwrap_err(),
        KeyError::OuterSpace
    );
    assert_eq!(
        parse_previous_keys(&format!("{K1},")).unwrap_err(),
        KeyError::TooShort
    );
    let twice = format!("{K1},{K2},{}", K1.to_uppercase());
    assert_eq!(parse_previous_keys(&twice).unwrap_err(), KeyError::Repeated);
}

#[test]
fn a_key_file_has_one_key_a_line() {
    let with_comma = "a key, with a comma, only a file can hold";
    let content = format!("# primary\r\n{K1}\r\n\n  \n{K2}\n# old\n{with_comma}");
    let keys = parse_key_lines(&content).unwrap();
    let written: Vec<_> = keys.iter().map(KeyText::as_written).collect();
    assert_eq!(written, [K1, K2, with_comma]);
    assert_eq!(parse_key_lines("").unwrap().len(), 0);
    assert_eq!(
        parse_key_lines(&format!("{K1} \n")).unwrap_err(),
        KeyError::OuterSpace
    );
    assert_eq!(
        parse_key_lines(&format!("{K1}\r\r\n")).unwrap_err(),
        KeyError::NotPrintableAscii
    );
}

#[test]
fn a_fingerprint_has_128_bits_of_their_own() {
    // Computed with Python's hmac from docs/formats.md.
    for (text, fingerprint) in [
        (K1, "08ccd4f0acb612123554e6cc84719caa"),
        (K2, "1834f46ed9693846b2105c7c5d01c7cc"),
    ] {
        assert_eq!(hex(key(text).fingerprint()), fingerprint);
    }
}

#[test]
fn a_key_id_is_eight_lower_case_hex_digits() {
    let id: KeyId = "0a46d91c".parse().unwrap();
    assert_eq!(id.to_string(), "0a46d91c");
    assert_eq!(id.as_bytes(), &[0x0a, 0x46, 0xd9, 0x1c]);
    for bad in [
        "",
        "0a46d91",
        "0a46d91c0",
        "0A46D91C",
        "0a46d91g",
        " a46d91c",
        "+a46d91c",
    ] {
        assert!(bad.parse::<KeyId>().is_err(), "{bad}");
    }
}

fn spec<'a>(primary: &'a KeyText, previous: &'a [KeyText]) -> KeyringSpec<'a> {
    KeyringSpec {
        primary,
        previous,
        hash_key_id: None,
        legacy_key_id: None,
        schemes: HashSchemes::default(),
        environment: Environment::Production,
    }
}

#[test]
fn every_key_is_found_by_its_id() {
    let ring = ring_with(K1, &[K2], "derived");
    let ids: Vec<_> = ring.keys().map(|key| key.id().to_string()).collect();
    assert_eq!(ids, ["a915ee2b", "3a4e3936"]);
    for key in ring.keys() {
        assert_eq!(ring.find(key.id()).unwrap().id(), key.id());
    }
    assert!(ring.find("00000000".parse().unwrap()).is_none());
}

#[test]
fn the_primary_plays_every_role_unless_told_otherwise() {
    let (primary, previous) = (key_text(K1), [key_text(K2)]);
    let old = key(K2).id();
    let ring = Keyring::build(&spec(&primary, &previous)).unwrap();
    assert_eq!(ring.hash_key().id(), ring.primary().id());
    assert_eq!(ring.legacy_key().id(), ring.primary().id());
    let roles = KeyringSpec {
        hash_key_id: Some(old),
        legacy_key_id: Some(old),
        ..spec(&primary, &previous)
    };
    let ring = Keyring::build(&roles).unwrap();
    assert_eq!(ring.primary().id(), key(K1).id());
    assert_eq!((ring.hash_key().id(), ring.legacy_key().id()), (old, old));
}

#[test]
fn a_role_for_a_key_that_is_not_there_is_refused() {
    let primary = key_text(K1);
    let absent = key(K2).id();
    let hash = KeyringSpec {
        hash_key_id: Some(absent),
        ..spec(&primary, &[])
    };
    assert_eq!(
        Keyring::build(&hash).unwrap_err(),
        KeyringError::UnknownHashKey(absent)
    );
    let legacy = KeyringSpec {
        legacy_key_id: Some(absent),
        ..spec(&primary, &[])
    };
    assert_eq!(
        Keyring::build(&legacy).unwrap_err(),
        KeyringError::UnknownLegacyKey(absent)
    );
}

#[test]
fn the_primary_among_the_previous_keys_is_ignored() {
    let previous = [key_text(&K1.to_uppercase()), key_text(K2), key_text(K1)];
    let ring = Keyring::build(&spec(&key_text(K1), &previous)).unwrap();
    assert_eq!(ring.keys().len(), 2);
}

#[test]
fn a_previous_key_given_twice_is_refused() {
    let previous = [key_text(K2), key_text(K2)];
    let error = Keyring::build(&spec(&key_text(K1), &previous)).unwrap_err();
    assert_eq!(error, KeyringError::Repeated(key(K2).id()));
}

/// Found by search: two keys whose 32-bit ids are the same.
#[test]
fn two_keys_with_one_id_are_refused() {
    let one = key_text("a key among many, number 00024291");
    let other = key_text("a key among many, number 00103478");
    let id: KeyId = "0079cfda".parse().unwrap();
    let clash = Err(KeyringError::SameId(id));
    fn size(primary: &KeyText, previous: &[KeyText]) -> Result<usize, KeyringError> {
        Keyring::build(&spec(primary, previous)).map(|ring| ring.keys().len())
    }
    assert_eq!(size(&one, &[]), Ok(1));
    assert_eq!(size(&one, std::slice::from_ref(&other)), clash);
    assert_eq!(size(&key_text(K1), &[one, other]), clash);
}

#[test]
fn a_weak_key_in_any_place_is_refused_in_production() {
    let (good, weak) = (key_text(K1), key_text(SAMPLE));
    let refused = KeyringError::Refused {
        id: "0c492c9b".parse().unwrap(),
        reason: KeyError::Sample,
    };
    assert_eq!(Keyring::build(&spec(&weak, &[])).unwrap_err(), refused);
    let previous = [weak];
    assert_eq!(
        Keyring::build(&spec(&good, &previous)).unwrap_err(),
        refused
    );
    let development = KeyringSpec {
        environment: Environment::Development,
        ..spec(&good, &previous)
    };
    assert!(Keyring::build(&development).is_ok());
}

#[test]
fn hash_schemes_have_four_spellings() {
    for text in ["derived", "raw", "derived,raw", "raw,derived"] {
        let schemes = HashSchemes::parse(text).unwrap();
        assert_eq!(schemes.as_str(), text);
        assert_eq!(schemes.iter().next(), Some(schemes.first()));
        assert_eq!(schemes.iter().count(), text.split(',').count());
    }
    for bad in ["", "RAW", "raw,raw", "derived, raw", "derived,", "md5"] {
        assert!(HashSchemes::parse(bad).is_err(), "{bad}");
    }
    assert_eq!(HashSchemes::default().as_str(), "derived");
}

#[test]
fn all_hashes_are_every_scheme_of_every_key_the_current_one_first() {
    let previous = [key_text(K2)];
    let ring = Keyring::build(&KeyringSpec {
        hash_key_id: Some(key(K2).id()),
        schemes: HashSchemes::parse("raw,derived").unwrap(),
        ..spec(&key_text(K1), &previous)
    })
    .unwrap();
    let hashes = all_hashes(&ring, NUMBER.as_bytes(), b"").unwrap();
    assert_eq!(
        hashes[0],
        current_hash(&ring, NUMBER.as_bytes(), b"").unwrap()
    );
    let one = |text, scheme| hash_hex(&key(text), scheme, NUMBER.as_bytes(), b"").unwrap();
    let expected = [
        one(K2, HashScheme::Raw),
        one(K1, HashScheme::Raw),
        one(K1, HashScheme::Derived),
        one(K2, HashScheme::Derived),
    ];
    assert_eq!(hashes, expected);
}

#[test]
fn every_hash_has_both_schemes_whichever_is_configured() {
    let number = NUMBER.as_bytes();
    let one = |text, scheme, context| hash_hex(&key(text), scheme, number, context).unwrap();
    for schemes in ["derived", "raw", "derived,raw"] {
        let ring = ring_with(K1, &[K2], schemes);
        let hashes = every_hash(&ring, number, b"users.phone");
        for text in [K1, K2] {
            assert!(hashes.contains(&one(text, HashScheme::Derived, b"users.phone")));
            assert!(hashes.contains(&one(text, HashScheme::Raw, b"")));
        }
        assert_eq!(hashes.len(), 4);
    }
}

#[test]
fn a_hash_is_bound_to_its_context() {
    let hash = |context: &[u8]| {
        hash_hex(&key(K1), HashScheme::Derived, NUMBER.as_bytes(), context).unwrap()
    };
    assert_ne!(hash(b"users.phone"), hash(b""));
    assert_ne!(hash(b"users.phone"), hash(b"users.phone2"));
}

#[test]
fn scheme_raw_takes_no_context() {
    let refused = Err(HashError::RawHasNoContext);
    let number = NUMBER.as_bytes();
    assert_eq!(
        hash_hex(&key(K1), HashScheme::Raw, number, b"users.phone"),
        refused
    );
    for schemes in ["raw", "raw,derived"] {
        let ring = ring_with(K1, &[], schemes);
        assert_eq!(current_hash(&ring, number, b"users.phone"), refused);
        assert!(all_hashes(&ring, number, b"users.phone").is_err());
        assert!(all_hashes(&ring, number, b"").is_ok());
    }
}

#[test]
fn rows_written_under_raw_are_found_although_the_search_has_a_context() {
    let ring = ring_with(K1, &[], "derived,raw");
    let number = NUMBER.as_bytes();
    let hashes = all_hashes(&ring, number, b"users.phone").unwrap();
    let derived = hash_hex(&key(K1), HashScheme::Derived, number, b"users.phone").unwrap();
    let raw = hash_hex(&key(K1), HashScheme::Raw, number, b"").unwrap();
    assert_eq!(hashes, [derived, raw]);
}
