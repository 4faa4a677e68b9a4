//! What the crypto tests share: keys, rings, and the reading of vector files.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;

use phone_crypt_core::crypto::encrypted_phone::{Plain, open, seal_into};
use phone_crypt_core::crypto::{
    Environment, HashSchemes, Key, KeyText, Keyring, KeyringSpec, Kind, ValueError, decrypt_into,
    encrypt_into,
};

/// Two unrelated keys.
pub const K1: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub const K2: &str = "correct-horse-battery-staple-0123456789abcdef";

pub const NUMBER: &str = "+61401148075";
pub const IV: [u8; 16] = [9; 16];

pub fn key_text(text: &str) -> KeyText {
    KeyText::parse(text).unwrap()
}

pub fn key(text: &str) -> Key {
    Key::derive(&key_text(text))
}

/// A ring of one primary key and any previous ones, with the first of `schemes` in use.
pub fn ring_with(primary: &str, previous: &[&str], schemes: &str) -> Keyring {
    let previous: Vec<_> = previous.iter().map(|text| key_text(text)).collect();
    Keyring::build(&KeyringSpec {
        primary: &key_text(primary),
        previous: &previous,
        hash_key_id: None,
        legacy_key_id: None,
        schemes: HashSchemes::parse(schemes).unwrap(),
        environment: Environment::Development,
    })
    .unwrap()
}

pub fn ring(primary: &str) -> Keyring {
    ring_with(primary, &[], "derived")
}

/// A ring that encrypts under one key and hashes under another.
pub fn ring_of(key: &str, hash_key: &str) -> Keyring {
    let (primary, other) = (key_text(key), key_text(hash_key));
    Keyring::build(&KeyringSpec {
        primary: &primary,
        previous: std::slice::from_ref(&other),
        hash_key_id: Some(Key::derive(&other).id()),
        legacy_key_id: None,
        schemes: HashSchemes::parse("derived").unwrap(),
        environment: Environment::Development,
    })
    .unwrap()
}

/// A value of a data type. Also holds the writer to leaving alone what was there before.
pub fn sealed_value(ring: &Keyring, plain: &Plain<'_>) -> Vec<u8> {
    let mut value = b"before".to_vec();
    seal_into(ring, plain, &mut value);
    let sealed = value.split_off(b"before".len());
    assert_eq!(value, b"before");
    sealed
}

/// Whether a value of a data type opens to this.
pub fn opens_as(ring: &Keyring, value: &[u8], plain: &Plain<'_>) -> bool {
    open(ring, value, &mut Vec::new()).unwrap().plain == *plain
}

pub fn encrypt(key: &Key, kind: Kind, plain: &[u8], context: &str, iv: [u8; 16]) -> String {
    let mut value = Vec::new();
    encrypt_into(key, kind, plain, context.as_bytes(), iv, &mut value);
    String::from_utf8(value).unwrap()
}

/// Decrypts to text. Also holds every reader to leaving the output alone when it fails.
pub fn decrypt(
    ring: &Keyring,
    kind: Kind,
    value: &str,
    context: &str,
) -> Result<String, ValueError> {
    let mut out = b"before".to_vec();
    let result = decrypt_into(ring, kind, value.as_bytes(), context.as_bytes(), &mut out);
    let plain = out.split_off(b"before".len());
    assert_eq!(out, b"before");
    match result {
        Ok(()) => Ok(String::from_utf8(plain).unwrap()),
        Err(error) => {
            assert!(plain.is_empty());
            Err(error)
        }
    }
}

pub fn kind(byte: u64) -> Kind {
    match byte {
        1 => Kind::Phone,
        2 => Kind::Text,
        3 => Kind::Address,
        4 => Kind::Written,
        5 => Kind::WebhookSecret,
        other => panic!("kind {other} in a vector"),
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The records of a `NAME = value` file. Each begins with the field `first`.
pub fn records<'a>(file: &'a str, first: &str) -> Vec<HashMap<&'a str, &'a str>> {
    let mut records: Vec<HashMap<_, _>> = Vec::new();
    let lines = file.lines().filter(|line| !line.starts_with(['#', '[']));
    for (name, value) in lines.filter_map(|line| line.split_once('=')) {
        if name.trim() == first {
            records.push(HashMap::new());
        }
        records
            .last_mut()
            .unwrap()
            .insert(name.trim(), value.trim());
    }
    records
}
