//! Values, hashes and subkeys against answers that other software computed.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{decrypt, encrypt, hex, key, kind, ring, ring_with, unhex};
use phone_crypt_core::crypto::primitives::hkdf_sha256::KeyDerivation;
use phone_crypt_core::crypto::value::sealed;
use phone_crypt_core::crypto::{
    HashScheme, HashSchemes, KeyText, Reencrypted, ValueError, ValueInfo, current_hash, hash_hex,
    inspect, reencrypt_into,
};
use serde_json::Value;

fn formats() -> Value {
    serde_json::from_str(include_str!("vectors/formats.json")).unwrap()
}

fn value_vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors/value_vectors.json")).unwrap()
}

fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

fn list<'a>(vector: &'a Value, field: &str) -> &'a [Value] {
    vector[field].as_array().unwrap()
}

#[test]
fn formats_key_ids_and_subkeys() {
    for vector in list(&formats(), "keys") {
        let key_text = KeyText::parse(text(vector, "key")).unwrap();
        assert_eq!(
            key(text(vector, "key")).id().to_string(),
            text(vector, "key_id")
        );
        let derivation = KeyDerivation::extract(b"phone_crypt:v1", key_text.as_bytes());
        for (info, expected) in vector["subkeys"].as_object().unwrap() {
            let expected = expected.as_str().unwrap();
            let mut subkey = vec![0; expected.len() / 2];
            assert!(derivation.expand(info.as_bytes(), &mut subkey));
            assert_eq!(hex(&subkey), expected, "{info}");
        }
    }
}

#[test]
fn formats_values() {
    let formats = formats();
    let iv = unhex(text(&formats, "iv")).try_into().unwrap();
    for vector in list(&formats, "keys") {
        let ring = ring(text(vector, "key"));
        for value in list(vector, "values") {
            let kind = kind(value["kind"].as_u64().unwrap());
            let (plain, context) = (text(value, "text"), text(value, "context"));
            let encrypted = encrypt(ring.primary(), kind, plain.as_bytes(), context, iv);
            assert_eq!(encrypted, text(value, "value"));
            assert_eq!(
                decrypt(&ring, kind, &encrypted, context).as_deref(),
                Ok(plain)
            );
        }
    }
}

#[test]
fn formats_hashes() {
    for vector in list(&formats(), "keys") {
        let key = key(text(vector, "key"));
        for hash in list(vector, "hashes") {
            let scheme = HashSchemes::parse(text(hash, "scheme")).unwrap().first();
            let (plain, context) = (text(hash, "text"), text(hash, "context"));
            let found = hash_hex(&key, scheme, plain.as_bytes(), context.as_bytes()).unwrap();
            assert_eq!(found, text(hash, "hash").as_bytes());
        }
    }
}

#[test]
fn value_vectors_decrypt_or_are_refused() {
    let mut good = 0;
    for vector in value_vectors() {
        let ring = ring(text(&vector, "key"));
        let kind = kind(vector["kind"].as_u64().unwrap());
        let (value, context) = (text(&vector, "value"), text(&vector, "context"));
        let decrypted = decrypt(&ring, kind, value, context);
        if vector["valid"].as_bool().unwrap() {
            let plain = text(&vector, "text");
            assert_eq!(decrypted.as_deref(), Ok(plain));
            let iv = unhex(text(&vector, "iv")).try_into().unwrap();
            assert_eq!(
                encrypt(ring.primary(), kind, plain.as_bytes(), context, iv),
                value
            );
            good += 1;
        } else {
            assert_eq!(
                decrypted,
                Err(ValueError::NotAuthentic),
                "{}",
                text(&vector, "why")
            );
        }
    }
    assert_eq!((good, value_vectors().len()), (80, 120));
}

#[test]
fn value_vectors_as_bytes() {
    for vector in value_vectors() {
        let ring = ring(text(&vector, "key"));
        let kind = kind(vector["kind"].as_u64().unwrap());
        let context = text(&vector, "context").as_bytes();
        let (iv, data) = text(&vector, "value").split_once(':').unwrap();
        let (iv, mut data) = (unhex(iv).try_into().unwrap(), unhex(data));
        let stored = data.clone();
        let opened = sealed::open(&ring, Some(kind), &iv, context, &mut data);
        if !vector["valid"].as_bool().unwrap() {
            assert_eq!(opened.unwrap_err(), ValueError::NotAuthentic);
            continue;
        }
        let plain = opened.unwrap().plain;
        assert_eq!(plain, text(&vector, "text").as_bytes());
        let mut again = vec![0; sealed::sealed_len(plain.len())];
        sealed::seal(ring.primary(), kind, plain, context, &iv, &mut again);
        assert_eq!(again, stored);
    }
}

#[test]
fn value_vectors_name_their_key() {
    for vector in value_vectors() {
        let id = key(text(&vector, "key")).id();
        assert_eq!(id.to_string(), text(&vector, "key_id"));
        match inspect(text(&vector, "value").as_bytes()) {
            Ok(ValueInfo::Current { key_id, .. }) => assert_eq!(key_id, id),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn value_vectors_hashes() {
    for vector in value_vectors() {
        let key = key(text(&vector, "key"));
        let plain = text(&vector, "text").as_bytes();
        for (scheme, field) in [(HashScheme::Derived, "hash"), (HashScheme::Raw, "hash_raw")] {
            let hash = hash_hex(&key, scheme, plain, b"").unwrap();
            assert_eq!(hash, text(&vector, field).as_bytes());
        }
    }
}

#[test]
fn value_vectors_move_to_another_key() {
    let new_key = "a new primary key, 0123456789 abcdefghijklm";
    for vector in value_vectors() {
        let ring = ring_with(new_key, &[text(&vector, "key")], "derived");
        let (value, context) = (text(&vector, "value"), text(&vector, "context"));
        let mut moved = Vec::new();
        let result = reencrypt_into(
            &ring,
            value.as_bytes(),
            context.as_bytes(),
            [3; 16],
            &mut moved,
        );
        if vector["valid"].as_bool().unwrap() {
            assert_eq!(result, Ok(Reencrypted::Replaced));
            let kind = kind(vector["kind"].as_u64().unwrap());
            let plain = text(&vector, "text").as_bytes();
            let expected = encrypt(ring.primary(), kind, plain, context, [3; 16]);
            assert_eq!(moved, expected.as_bytes());
        } else {
            assert_eq!(result, Err(ValueError::NotAuthentic));
            assert!(moved.is_empty());
        }
    }
}

#[test]
fn the_hash_written_today_is_that_of_the_first_scheme() {
    for vector in value_vectors() {
        let plain = text(&vector, "text").as_bytes();
        for (schemes, field) in [("derived,raw", "hash"), ("raw,derived", "hash_raw")] {
            let ring = ring_with(text(&vector, "key"), &[], schemes);
            let hash = current_hash(&ring, plain, b"").unwrap();
            assert_eq!(hash, text(&vector, field).as_bytes());
        }
    }
}
