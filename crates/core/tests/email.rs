//! E-mail addresses: their one spelling, masks, and what is taken for one person's.
#![allow(clippy::unwrap_used)]

mod crypto_support;

use crypto_support::{K1, K2, decrypt, encrypt, ring, ring_with};
use phone_crypt_core::crypto::{
    Kind, ValueError, all_address_hashes, current_address_hash, current_hash,
};
use phone_crypt_core::email::{AddressError, MatchRules, mask, match_key, normalize};
use proptest::prelude::*;

#[test]
fn the_domain_has_one_spelling_and_the_local_part_is_kept() {
    let cases = [
        ("Ann@Example.COM", "Ann@example.com"),
        ("  ann@example.com\r\n", "ann@example.com"),
        ("ann+shop@example.co.uk", "ann+shop@example.co.uk"),
        (
            "o'hara.x_y-z@sub.example.org",
            "o'hara.x_y-z@sub.example.org",
        ),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"),
        ("ann@faß.example", "ann@xn--fa-hia.example"),
        ("ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"),
        ("ann@ｅｘａｍｐｌｅ．com", "ann@example.com"),
        ("jürgen@example.com", "jürgen@example.com"),
        ("用户@example.com", "用户@example.com"),
        ("उपयोगकर्ता@example.com", "उपयोगकर्ता@example.com"),
    ];
    for (text, expected) in cases {
        assert_eq!(normalize(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_address() {
    use AddressError::{Domain, Local, Parts, TooLong};
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_label = format!("a@{}.com", "b".repeat(64));
    let long = format!("{}@{}com", "a".repeat(64), "b123456789.".repeat(18));
    let huge = "a".repeat(2000);
    let cases = [
        ("", Parts),
        ("ann", Parts),
        ("@example.com", Parts),
        ("ann@", Parts),
        ("ann@example", Domain),
        ("ann@localhost", Domain),
        ("ann@192.168.0.1", Domain),
        ("ann@[192.168.0.1]", Domain),
        ("ann@-example.com", Domain),
        ("ann@example-.com", Domain),
        ("ann@exa_mple.com", Domain),
        ("ann@exa mple.com", Domain),
        ("ann@example..com", Domain),
        ("ann@example.com.", Domain),
        ("ann@.example.com", Domain),
        ("ann@example.c", Domain),
        ("ann@xn--a.example", Domain),
        ("ann@example.com>", Domain),
        ("Ann <ann@example.com>", Local),
        ("ann smith@example.com", Local),
        ("ann@home@example.com", Local),
        (".ann@example.com", Local),
        ("ann.@example.com", Local),
        ("an..n@example.com", Local),
        ("\"ann\"@example.com", Local),
        ("ann(x)@example.com", Local),
        ("mailto:ann@example.com", Local),
        ("an\u{200b}n@example.com", Local),
        ("an\u{202e}n@example.com", Local),
        ("an\u{0}n@example.com", Local),
        (long_local.as_str(), TooLong),
        (long_label.as_str(), Domain),
        (long.as_str(), TooLong),
        (huge.as_str(), TooLong),
    ];
    for (text, expected) in cases {
        assert_eq!(normalize(text), Err(expected), "{}", text.escape_unicode());
    }
}

#[test]
fn masks_show_a_character_of_each_side() {
    let cases = [
        ("Ann@example.com", "A***@e***.com"),
        ("a@example.com", "***@e***.com"),
        ("ann@x.org", "a***@***.org"),
        ("ann@mail.example.co.uk", "a***@m***.uk"),
        ("用户@example.com", "用***@e***.com"),
        ("no address", "**********"),
        ("", "**********"),
    ];
    for (text, expected) in cases {
        assert_eq!(mask(text), expected);
    }
}

#[test]
fn match_keys_follow_the_rules_that_are_chosen() {
    let none = MatchRules::default();
    let without_tag = MatchRules {
        without_tag: true,
        ..none
    };
    let as_gmail = MatchRules {
        as_gmail: true,
        ..none
    };
    let cases = [
        ("Ann.X+a@Example.com", none, "ann.x+a@example.com"),
        ("Ann.X+a@Example.com", without_tag, "ann.x@example.com"),
        ("Ann.X+a@Example.com", as_gmail, "ann.x+a@example.com"),
        ("Ann.X+a+b@Gmail.com", none, "ann.x+a+b@gmail.com"),
        ("Ann.X+a+b@Gmail.com", as_gmail, "annx@gmail.com"),
        ("annx@googlemail.com", as_gmail, "annx@gmail.com"),
        ("+a@example.com", without_tag, "+a@example.com"),
        ("ÄRZTIN@example.com", none, "ärztin@example.com"),
    ];
    for (text, rules, expected) in cases {
        assert_eq!(match_key(text, rules).as_deref(), Ok(expected), "{text}");
    }
    assert_eq!(match_key("ann", none), Err(AddressError::Parts));
}

/// Computed with OpenSSL, through Python's cryptography, from the description in docs/formats.md.
#[test]
fn values_and_hashes_that_other_software_computed() {
    let iv = std::array::from_fn(|at| at as u8);
    let cases = [
        (
            "Ann@example.com",
            "",
            "03a915ee2b019ab6c5edbca036dcb0330ec3bc25b4b270c3915a9be89c3c628cca23e679e44372ad8e0451a511395d0facca260e6e",
            "24fccf4181c21282f18ee1dfb22ae088cd4f568b731c1f738192b715f939e14a",
        ),
        (
            "Ann@example.com",
            "users.email",
            "03a915ee2b019ab6c5edbca036dcb0330ec3bc25b416e048163c344d1ede1fa77799f04c3b4244e25334f8ce2b8590c96f0f5bcf2a",
            "0c902d7776212b7388815049ddd0ef0092f6d44d901c240525edf0eb1d01d1c3",
        ),
        (
            "jürgen@xn--bcher-kva.example",
            "",
            "03a915ee2bbd3683bcd40cc34df104edc0b88546c31605293bb61599fb62299c9f2de8d222a082ad9b62c1e19bc1489833cb45c6b8906a07a64fe5bf6707879fc723c4ec5c",
            "0119a98060810b44070337f00f2c20c12d1668b9f3c5a706f5571c6c2c66dba9",
        ),
    ];
    let ring = ring(K1);
    for (address, context, data, hash) in cases {
        let value = format!("000102030405060708090a0b0c0d0e0f:{data}");
        let sealed = encrypt(
            ring.primary(),
            Kind::Address,
            address.as_bytes(),
            context,
            iv,
        );
        assert_eq!(sealed, value);
        assert_eq!(
            decrypt(&ring, Kind::Address, &value, context).as_deref(),
            Ok(address)
        );
        let found = current_address_hash(&ring, address.as_bytes(), context.as_bytes());
        assert_eq!(std::str::from_utf8(&found), Ok(hash));
    }
}

#[test]
fn addresses_share_no_key_with_numbers_and_texts() {
    let ring = ring(K1);
    let address = b"ann@example.com";
    for other in [Kind::Text, Kind::Phone] {
        let value = encrypt(ring.primary(), Kind::Address, address, "", [7; 16]);
        assert_eq!(
            decrypt(&ring, other, &value, ""),
            Err(ValueError::NotAuthentic)
        );
    }
    let value = encrypt(ring.primary(), Kind::Text, address, "", [7; 16]);
    let forged = value.replacen(":02", ":03", 1);
    assert_eq!(
        decrypt(&ring, Kind::Address, &forged, ""),
        Err(ValueError::NotAuthentic)
    );
    assert_ne!(
        current_address_hash(&ring, address, b""),
        current_hash(&ring, address, b"").unwrap()
    );
}

#[test]
fn a_hash_of_before_a_rotation_is_among_all_of_them() {
    let address = b"ann@example.com";
    let before = current_address_hash(&ring(K1), address, b"users");
    let rotated = ring_with(K2, &[K1], "derived");
    let all = all_address_hashes(&rotated, address, b"users");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0], current_address_hash(&rotated, address, b"users"));
    assert!(all.contains(&before));
}

proptest! {
    /// What is normalised stays as it is, and its key and mask exist.
    #[test]
    fn normalising_is_done_once(text in "[A-Za-zäß.+_-]{1,12}@[A-Za-zäß-]{1,8}[.][A-Za-z]{2,4}") {
        if let Ok(address) = normalize(&text) {
            prop_assert_eq!(normalize(&address), Ok(address.clone()));
            let all = MatchRules { without_tag: true, as_gmail: true };
            prop_assert!(match_key(&address, all).is_ok());
            prop_assert_ne!(mask(&address), "**********");
        }
    }

    /// No text at all makes it fail otherwise than with an error.
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,60}") {
        let _ = (normalize(&text), mask(&text), match_key(&text, MatchRules::default()));
    }
}
