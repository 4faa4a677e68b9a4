//! What holds for any text, context and key.

mod crypto_support;

use crypto_support::{K1, K2, decrypt, encrypt, key, ring, ring_with};
use phone_crypt_core::crypto::{
    Kind, LegacyScheme, Reencrypted, ValueError, ValueInfo, decrypt_into, decrypt_legacy_into,
    encrypt_into, encrypted_len, inspect, reencrypt_into,
};
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_number_comes_back(number in r"\+[0-9]{1,20}", context in ".{0,80}", iv: [u8; 16]) {
        let ring = ring(K1);
        let value = encrypt(ring.primary(), Kind::Phone, number.as_bytes(), &context, iv);
        prop_assert_eq!(decrypt(&ring, Kind::Phone, &value, &context), Ok(number));
    }

    #[test]
    fn any_text_comes_back(text in "(?s).{0,300}", context in "(?s).{0,80}", iv: [u8; 16]) {
        let ring = ring(K2);
        let value = encrypt(ring.primary(), Kind::Text, text.as_bytes(), &context, iv);
        prop_assert_eq!(value.len(), encrypted_len(text.len()));
        let key_id = ring.primary().id();
        let expected = ValueInfo::Current { kind: Kind::Text, key_id };
        prop_assert_eq!(inspect(value.as_bytes()), Ok(expected));
        prop_assert_eq!(decrypt(&ring, Kind::Text, &value, &context), Ok(text));
    }

    #[test]
    fn encryption_appends(before: Vec<u8>, text in ".{0,80}", iv: [u8; 16]) {
        let key = key(K1);
        let mut out = before.clone();
        encrypt_into(&key, Kind::Text, text.as_bytes(), b"", iv, &mut out);
        let value = encrypt(&key, Kind::Text, text.as_bytes(), "", iv);
        prop_assert_eq!(out, [before, value.into_bytes()].concat());
    }

    #[test]
    fn another_context_never_fits(text in ".{0,40}", context in ".{0,20}", other in ".{0,20}") {
        prop_assume!(context != other);
        let ring = ring(K1);
        let value = encrypt(ring.primary(), Kind::Text, text.as_bytes(), &context, [0; 16]);
        prop_assert_eq!(decrypt(&ring, Kind::Text, &value, &other), Err(ValueError::NotAuthentic));
    }

    #[test]
    fn a_moved_value_reads_the_same(text in ".{0,80}", context in ".{0,20}") {
        let old = key(K2);
        let ring = ring_with(K1, &[K2], "derived");
        let value = encrypt(&old, Kind::Text, text.as_bytes(), &context, [0; 16]);
        let mut moved = Vec::new();
        let result =
            reencrypt_into(&ring, value.as_bytes(), context.as_bytes(), [1; 16], &mut moved);
        prop_assert_eq!(result, Ok(Reencrypted::Replaced));
        let mut plain = Vec::new();
        let result = decrypt_into(&ring, Kind::Text, &moved, context.as_bytes(), &mut plain);
        prop_assert_eq!((result, plain), (Ok(()), text.into_bytes()));
    }

    #[test]
    fn any_bytes_are_refused_without_panic(value: Vec<u8>, context: Vec<u8>) {
        let ring = ring(K1);
        let mut out = Vec::new();
        prop_assert!(decrypt_into(&ring, Kind::Text, &value, &context, &mut out).is_err());
        prop_assert!(inspect(&value).is_err());
        prop_assert!(decrypt_legacy_into(ring.primary(), LegacyScheme::Cbc, &value, &mut out).is_err());
        prop_assert!(out.is_empty());
    }

    /// Text that is nearly a value, which random bytes never are.
    #[test]
    fn any_well_formed_text_is_refused_without_panic(
        iv in "[0-9a-f]{32}", header in "0[0-3](a915ee2b|[0-9a-f]{8})", rest in "([0-9a-f]{2}){0,120}",
    ) {
        let ring = ring(K1);
        let value = format!("{iv}:{header}{rest}");
        prop_assert!(decrypt(&ring, Kind::Phone, &value, "").is_err());
    }
}
