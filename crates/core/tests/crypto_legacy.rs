//! Values of the legacy Node.js application, read and refused.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use std::collections::HashMap;

use crypto_support::{IV, K1, K2, NUMBER, encrypt, hex, key};
use phone_crypt_core::crypto::{Key, Kind, LegacyError, LegacyScheme, decrypt_legacy_into};
use serde_json::Value;

fn read(key: &Key, scheme: LegacyScheme, value: &str) -> Result<String, LegacyError> {
    let mut out = b"before".to_vec();
    let result = decrypt_legacy_into(key, scheme, value.as_bytes(), &mut out);
    let text = out.split_off(b"before".len());
    assert_eq!(out, b"before");
    assert!(result.is_ok() || text.is_empty());
    result.map(|()| String::from_utf8(text).unwrap())
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

#[test]
fn values_made_by_node_are_read() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("vectors/legacy_node.json")).unwrap();
    let mut keys = HashMap::new();
    for vector in &vectors {
        let key = keys
            .entry(text(vector, "key"))
            .or_insert_with_key(|text| key(text));
        let scheme = LegacyScheme::parse(text(vector, "scheme")).unwrap();
        let value = text(vector, "value");
        assert_eq!(
            read(key, scheme, value).as_deref(),
            Ok(text(vector, "text"))
        );
        let upper = value.to_uppercase();
        assert_eq!(
            read(key, scheme, &upper).as_deref(),
            Ok(text(vector, "text")),
            "upper case"
        );
    }
    assert_eq!(vectors.len(), 48);
}

#[test]
fn the_values_of_the_specification_are_read() {
    let formats: Value = serde_json::from_str(include_str!("vectors/formats.json")).unwrap();
    let iv = formats["iv"].as_str().unwrap();
    let keys: HashMap<_, _> = [K1, K2].into_iter().map(|text| (text, key(text))).collect();
    let vectors = formats["legacy"].as_array().unwrap();
    for vector in vectors {
        let key = &keys[text(vector, "key")];
        let scheme = LegacyScheme::parse(text(vector, "scheme")).unwrap();
        let value = format!("{iv}:{}", text(vector, "data"));
        assert_eq!(
            read(key, scheme, &value).as_deref(),
            Ok(text(vector, "text"))
        );
        if scheme == LegacyScheme::NodeEvp {
            let other_iv = format!("{}:{}", hex(&IV), text(vector, "data"));
            assert_eq!(
                read(key, scheme, &other_iv).as_deref(),
                Ok(text(vector, "text"))
            );
        }
    }
    assert_eq!(vectors.len(), 5);
}

#[test]
fn scheme_cbc_needs_a_hex_key() {
    let value = format!("{}:{}", hex(&IV), "00".repeat(16));
    assert_eq!(
        read(&key(K2), LegacyScheme::Cbc, &value),
        Err(LegacyError::KeyNotHex)
    );
}

#[test]
fn text_of_another_form_is_malformed() {
    let key = key(K1);
    let iv = hex(&IV);
    let block = "00".repeat(16);
    let current = encrypt(&key, Kind::Phone, NUMBER.as_bytes(), "", IV);
    let malformed = [
        String::new(),
        format!("{iv}:"),
        format!("{iv}{block}"),
        format!("{iv}:{block}0"),
        format!("{iv}:{block}00"),
        format!("{iv}:{}", block.replace('0', "g")),
        format!("{}:{block}", iv.replace('0', "g")),
        format!("{}:{block}", &iv[2..]),
        current,
    ];
    for value in malformed {
        assert_eq!(
            read(&key, LegacyScheme::Cbc, &value),
            Err(LegacyError::Malformed),
            "{value}"
        );
    }
}

/// Known plain text, known IV: each byte of the IV changes one byte of the first block at will. This is
/// the forgery that an unauthenticated form allows, used here to make bad padding and bad UTF-8.
#[test]
fn bad_padding_and_bad_text_are_one_error() {
    let key = key(K1);
    let spec_iv: Vec<u8> = (0..16).collect();
    let with = |byte: usize, change: u8| {
        let mut iv = spec_iv.clone();
        iv[byte] ^= change;
        read(
            &key,
            LegacyScheme::Cbc,
            &format!("{}:7147b48734fdc83e28cf6abdcbedc973", hex(&iv)),
        )
    };
    assert_eq!(with(11, 0x05 ^ 0x09).as_deref(), Ok("+61401148079"));
    assert_eq!(with(15, 0x01), Err(LegacyError::Undecryptable));
    assert_eq!(with(12, 0x01), Err(LegacyError::Undecryptable));
    assert_eq!(with(3, 0x80), Err(LegacyError::Undecryptable));
}

#[test]
fn schemes_have_three_names() {
    for name in ["cbc", "cbc-pbkdf2", "node-evp"] {
        assert_eq!(LegacyScheme::parse(name).unwrap().as_str(), name);
    }
    for bad in ["", "CBC", "node", "off"] {
        assert!(LegacyScheme::parse(bad).is_err());
    }
}
