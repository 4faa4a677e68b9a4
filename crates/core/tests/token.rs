//! Tokens and scopes: the vector of the specification, what is refused, and what holds for any of them.

use phone_crypt_core::token::{
    MAX_SCOPE_BYTES, Prefix, PrefixError, Scope, ScopeError, SecretHash, TokenId, covers, generate,
    parse,
};
use proptest::prelude::*;

/// From the format specification, with the hash that is stored for it.
const TOKEN: &str = "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe";
const STORED: &str = "0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_token(text: &[u8]) -> bool {
    parse(text).is_ok()
}

#[test]
fn the_token_of_the_specification() {
    let token = parse(TOKEN.as_bytes()).unwrap();
    assert_eq!(token.id().as_str(), "000000000001");
    assert_eq!(hex(token.secret_hash().as_bytes()), STORED);
}

#[test]
fn one_bit_makes_it_malformed() {
    for index in 0..TOKEN.len() {
        for bit in 0..8 {
            let mut text = TOKEN.as_bytes().to_vec();
            text[index] ^= 1 << bit;
            assert!(!is_token(&text), "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn any_other_length_is_malformed() {
    for len in 0..TOKEN.len() {
        assert!(!is_token(&TOKEN.as_bytes()[..len]), "{len}");
        assert!(!is_token(&TOKEN.as_bytes()[len + 1..]), "{len}");
    }
    for added in ["0", "_", " ", "\n", "\0", TOKEN] {
        assert!(!is_token(format!("{TOKEN}{added}").as_bytes()));
        assert!(!is_token(format!("{added}{TOKEN}").as_bytes()));
    }
    assert!(!is_token(&vec![b'_'; 1_000_000]));
    assert!(!is_token(&[]));
}

#[test]
fn another_case_is_malformed() {
    assert!(!is_token(TOKEN.to_uppercase().as_bytes()));
    assert!(!is_token(TOKEN.to_lowercase().as_bytes()));
}

/// Right checksums, computed elsewhere (Python's `zlib.crc32`), of texts that are wrong in another way.
#[test]
fn a_checksum_alone_makes_no_token() {
    let wrong = [
        (
            "one character of prefix",
            "p_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1I8fVQ",
        ),
        (
            "a capital in the prefix",
            "PC_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA38qdVq",
        ),
        (
            "17 characters of prefix",
            "abcdefghijklmnopq_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3aWuUj",
        ),
        (
            "11 characters of id",
            "pc_00000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2zi0Do",
        ),
        (
            "a dash in the id",
            "pc_00000000000-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3eClEk",
        ),
        (
            "42 characters of secret",
            "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0HCD9K",
        ),
        (
            "44 characters of secret",
            "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3gECNs",
        ),
        (
            "a separator in the secret",
            "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_4bvZBv",
        ),
    ];
    for (what, text) in wrong {
        assert!(!is_token(text.as_bytes()), "{what}");
    }
}

/// As above, and nothing else wrong: these are tokens.
#[test]
fn prefixes_of_2_and_16_characters() {
    let right = [
        "p1_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4CByDV",
        "abcdefghijklmnop_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA3wBRLB",
    ];
    for text in right {
        assert!(is_token(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_new_token_is_read_back() {
    for prefix in ["pc", "a0", "phonecrypt123456"] {
        let token = generate(Prefix::parse(prefix).unwrap()).unwrap();
        let read = parse(token.text.as_bytes()).unwrap();
        assert!(
            token
                .text
                .starts_with(&format!("{prefix}_{}_", token.id.as_str()))
        );
        assert_eq!(read.id(), token.id);
        assert!(read.secret_hash().matches(token.secret_hash.as_bytes()));
    }
}

#[test]
fn no_two_new_tokens_share_anything() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        let token = generate(Prefix::DEFAULT).unwrap();
        assert!(seen.insert(token.id.as_str().to_owned()));
        assert!(seen.insert(hex(token.secret_hash.as_bytes())));
    }
}

#[test]
fn a_hash_matches_itself_only() {
    let hash = SecretHash::of(b"secret");
    assert!(hash.matches(SecretHash::of(b"secret").as_bytes()));
    assert!(!hash.matches(SecretHash::of(b"Secret").as_bytes()));
    assert!(!hash.matches(&hash.as_bytes()[..31]));
    assert!(!hash.matches(&[hash.as_bytes().as_slice(), &[0]].concat()));
    assert!(!hash.matches(&[]));
}

#[test]
fn prefixes_and_ids_that_are_none() {
    for text in ["", "p", "PC", "p_c", "p c", "pé", "abcdefghijklmnopq"] {
        assert_eq!(Prefix::parse(text), Err(PrefixError), "{text}");
    }
    for text in [
        "",
        "00000000000",
        "0000000000000",
        "00000000000_",
        "0000000000é",
    ] {
        assert!(TokenId::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn scopes_that_are_none() {
    let long = "a".repeat(MAX_SCOPE_BYTES + 1);
    let cases = [
        ("", ScopeError::Length),
        (long.as_str(), ScopeError::Length),
        ("calls read", ScopeError::Character),
        ("calls:\"read", ScopeError::Character),
        ("calls\\read", ScopeError::Character),
        ("calls\n", ScopeError::Character),
        ("ćalls", ScopeError::Character),
        ("calls*", ScopeError::Wildcard),
        ("**", ScopeError::Wildcard),
        ("*:read", ScopeError::Wildcard),
        ("calls:*:own", ScopeError::Wildcard),
        ("calls:re*", ScopeError::Wildcard),
        ("calls:**", ScopeError::Wildcard),
    ];
    for (text, error) in cases {
        assert_eq!(Scope::parse(text), Err(error), "{text}");
    }
}

#[test]
fn what_a_scope_covers() {
    let granted = ["calls:*", "sms:send", "admin"];
    for required in [
        "calls:read",
        "calls:read:own",
        "calls:*",
        "sms:send",
        "admin",
    ] {
        assert!(covers(granted, required), "{required}");
    }
    for required in [
        "calls",
        "calls:",
        "Calls:read",
        "call:read",
        "sms:read",
        "sms:send:all",
        "sms:*",
        "admin:x",
        "*",
        "",
        "calls: x",
    ] {
        assert!(!covers(granted, required), "{required}");
    }
    assert!(covers(["*"], "calls:read"));
    assert!(covers(["*"], "*"));
    assert!(!covers([], "calls:read"));
    assert!(!covers(["not a scope*", ""], "not a scope*"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_no_token(text: Vec<u8>) {
        prop_assert!(!is_token(&text));
    }

    /// Chance gives the right checksum once in 2³² times.
    #[test]
    fn any_text_of_the_right_form_is_no_token(text in "[a-z0-9]{2,16}_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}") {
        prop_assert!(!is_token(text.as_bytes()));
    }

    #[test]
    fn a_scope_covers_itself_and_a_wildcard_what_it_begins(text in "[a-z]{1,8}(:[a-z]{1,8}){0,3}", more in "[a-z:]{1,8}") {
        prop_assert!(covers([text.as_str()], &text));
        let (longer, wildcard) = (format!("{text}:{more}"), format!("{text}:*"));
        prop_assert!(covers([wildcard.as_str()], &longer));
        prop_assert!(!covers([text.as_str()], &longer));
        prop_assert!(!covers([wildcard.as_str()], &text));
    }
}
