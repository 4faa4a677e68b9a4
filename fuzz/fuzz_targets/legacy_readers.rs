//! Any bytes as a legacy system's value: text, or refused with nothing left behind.
#![no_main]

use std::fmt::Write;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::crypto::{Key, KeyText, LegacyScheme, decrypt_legacy_into};

static KEY: LazyLock<Key> = LazyLock::new(|| {
    let text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    Key::derive(&KeyText::parse(text).expect("64 hex digits are a key"))
});

const SCHEMES: [LegacyScheme; 3] = [
    LegacyScheme::Cbc,
    LegacyScheme::CbcPbkdf2,
    LegacyScheme::NodeEvp,
];

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    read(well_formed(bytes).as_bytes());
});

/// The bytes as IV and data of the right form, so that they reach cipher and padding.
fn well_formed(bytes: &[u8]) -> String {
    let mut value = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if index == 16 {
            value.push(':');
        }
        write!(value, "{byte:02x}").expect("a String takes any text");
    }
    value
}

fn read(value: &[u8]) {
    for scheme in SCHEMES {
        let mut text = b"before".to_vec();
        let result = decrypt_legacy_into(&KEY, scheme, value, &mut text);
        let read = text.strip_prefix(b"before").expect("readers append");
        assert!(result.is_ok() || read.is_empty());
        assert!(std::str::from_utf8(read).is_ok());
        assert!(read.len() < value.len().max(1));
    }
}
