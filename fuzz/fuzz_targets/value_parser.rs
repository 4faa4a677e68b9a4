//! Any bytes as an encrypted value: read, or refused with one answer everywhere and nothing left behind.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::crypto::{
    Environment, HashSchemes, KeyText, Keyring, KeyringSpec, Kind, ValueError, ValueInfo,
    decrypt_into, encrypt_into, inspect,
};

static RING: LazyLock<Keyring> = LazyLock::new(|| {
    Keyring::build(&KeyringSpec {
        primary: &KeyText::development(),
        previous: &[],
        hash_key_id: None,
        legacy_key_id: None,
        schemes: HashSchemes::default(),
        environment: Environment::Development,
    })
    .expect("the development key makes a ring")
});

const KINDS: [Kind; 2] = [Kind::Phone, Kind::Text];

fuzz_target!(|bytes: &[u8]| {
    for kind in KINDS {
        read(kind, bytes);
        write_and_read(kind, bytes);
    }
});

/// What is readable without a key and with one must agree.
fn read(kind: Kind, value: &[u8]) {
    let mut plain = Vec::new();
    let result = decrypt_into(&RING, kind, value, b"", &mut plain);
    match (inspect(value), result) {
        (Ok(ValueInfo::Current { kind: found, .. }), Ok(())) => {
            assert_eq!(found, kind);
            assert_is_the_only_spelling(kind, value, &plain);
            return;
        }
        (Ok(ValueInfo::Current { key_id, .. }), Err(ValueError::UnknownKey(missing))) => {
            assert_eq!(key_id, missing);
            assert_ne!(key_id, RING.primary().id());
        }
        (Ok(ValueInfo::Current { key_id, .. }), Err(ValueError::NotAuthentic)) => {
            assert_eq!(key_id, RING.primary().id());
        }
        (Ok(ValueInfo::Legacy), Err(ValueError::Unauthenticated)) => {}
        (Err(seen), Err(refused)) => assert_eq!(seen, refused),
        (seen, result) => panic!("{seen:?} but {result:?}"),
    }
    assert!(plain.is_empty());
}

fn assert_is_the_only_spelling(kind: Kind, value: &[u8], plain: &[u8]) {
    let mut iv = [0; 16];
    for (byte, digits) in iv.iter_mut().zip(value.as_chunks::<2>().0) {
        let digits = std::str::from_utf8(digits).expect("an accepted value is hex");
        *byte = u8::from_str_radix(digits, 16).expect("an accepted value is hex");
    }
    let mut again = Vec::new();
    encrypt_into(RING.primary(), kind, plain, b"", iv, &mut again);
    assert_eq!(again, value);
}

/// The bytes as plain text: they come back, or their form is refused.
fn write_and_read(kind: Kind, plain: &[u8]) {
    let mut value = Vec::new();
    encrypt_into(RING.primary(), kind, plain, plain, [0; 16], &mut value);
    let mut read = Vec::new();
    match decrypt_into(&RING, kind, &value, plain, &mut read) {
        Ok(()) => assert_eq!(read, plain),
        Err(error) => {
            assert_eq!(error, ValueError::NotAuthentic);
            assert!(kind == Kind::Phone || std::str::from_utf8(plain).is_err());
        }
    }
}
