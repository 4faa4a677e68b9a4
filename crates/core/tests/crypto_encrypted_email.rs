//! Values of `encrypted_email`: against answers that other software computed, and apart from values of `encrypted_phone`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{K1, K2, hex, opens_as, ring, ring_of, ring_with, sealed_value};
use phone_crypt_core::crypto::encrypted_phone::{
    DataType, PROBE_LEN, Plain, append_value_text, compared, decode_text, encode_text,
    from_value_text, inspect, inspect_as, is_address, is_number, is_text, is_text_form_of_another,
    open, rehash_into, reseal_into, text_len, verify, write_probe,
};
use phone_crypt_core::crypto::{Kind, Reencrypted, ValueError};
use proptest::prelude::*;
use serde_json::Value;

const ALL: [Plain<'_>; 2] = [
    Plain::Address("Ann@example.com"),
    Plain::NoAddress("ask Ann"),
];

fn as_text(data_type: DataType, value: &[u8]) -> Vec<u8> {
    let mut text = vec![0; text_len(value.len())];
    encode_text(data_type, value, &mut text);
    text
}

#[test]
fn vectors_both_ways() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("vectors/email_type_vectors.json")).unwrap();
    assert_eq!(vectors.len(), 7);
    for vector in &vectors {
        let field = |name: &str| vector[name].as_str().unwrap();
        let ring = ring_of(field("key"), field("hash_key"));
        let is_an_address = vector["kind"] == 3;
        let plain = match is_an_address {
            true => Plain::Address(field("text")),
            false => Plain::NoAddress(field("text")),
        };
        let value = sealed_value(&ring, &plain);
        assert_eq!(hex(&value), field("bytes"));
        assert_eq!(as_text(DataType::Email, &value), field("form").as_bytes());
        let mut decoded = Vec::new();
        decode_text(DataType::Email, field("form").as_bytes(), &mut decoded).unwrap();
        assert_eq!(decoded, value);
        assert!(opens_as(&ring, &value, &plain));
        let info = inspect_as(DataType::Email, &value).unwrap();
        assert_eq!(info.key_id, ring.primary().id());
        assert_eq!(info.hash_key_id, ring.hash_key().id());
        assert_eq!(is_address(&value), Ok(is_an_address));
        assert_eq!(is_text(&value), Ok(!is_an_address));
        assert_eq!(is_number(&value), Ok(false));

        let mut iv_data = Vec::new();
        append_value_text(&value, &mut iv_data).unwrap();
        assert_eq!(iv_data, field("iv_data").as_bytes());
        let mut back = Vec::new();
        from_value_text(DataType::Email, &iv_data, info.hash_key_id, &mut back).unwrap();
        assert_eq!(back, value);
    }
}

#[test]
fn a_probe_is_the_front_of_the_value() {
    let ring = ring_of(K2, K1);
    for plain in ALL {
        let mut probe = [0; PROBE_LEN];
        write_probe(&ring, &plain, &mut probe);
        assert_eq!(probe, sealed_value(&ring, &plain)[..PROBE_LEN]);
    }
}

/// Nothing of the one type is read, or taken for equal, as one of the other: not as bytes, not as text, and not with the kind's
/// byte exchanged.
#[test]
fn no_value_of_one_type_is_one_of_the_other() {
    let ring = ring(K1);
    let same = "Ann@example.com";
    let types = [
        (DataType::Phone, DataType::Email),
        (DataType::Email, DataType::Phone),
    ];
    for (own, other) in types {
        let plain = match own {
            DataType::Phone => Plain::Text(same),
            DataType::Email => Plain::Address(same),
        };
        let value = sealed_value(&ring, &plain);
        assert!(inspect_as(own, &value).is_ok());
        assert_eq!(
            inspect_as(other, &value).err(),
            Some(ValueError::UnknownKind)
        );

        let text = as_text(own, &value);
        let mut out = Vec::new();
        assert!(decode_text(other, &text, &mut out).is_err());
        assert!(is_text_form_of_another(other, &text) && !is_text_form_of_another(own, &text));
        let dressed_up = as_text(other, &value);
        let read = decode_text(other, &dressed_up, &mut out);
        assert_eq!(read, Err(ValueError::UnknownKind));
        let mut iv_data = Vec::new();
        append_value_text(&value, &mut iv_data).unwrap();
        let id = ring.hash_key().id();
        let read = from_value_text(other, &iv_data, id, &mut out);
        assert_eq!(read, Err(ValueError::UnknownKind));
        assert!(out.is_empty());

        for kind in 1..=6 {
            let mut forged = value.clone();
            forged[1] = kind;
            let is_own_kind = kind == value[1];
            assert_eq!(verify(&ring, &forged).is_ok(), is_own_kind, "kind {kind}");
        }
    }
    let [phone, email, no_address] = [
        Plain::Text(same),
        Plain::Address(same),
        Plain::NoAddress(same),
    ]
    .map(|plain| compared(&sealed_value(&ring, &plain)).to_vec());
    assert!(phone != email && phone != no_address && email != no_address);
}

#[test]
fn plain_text_that_begins_like_a_value_of_the_other_type_is_plain() {
    for text in [
        "ee: 07700 900123",
        "EE: 0401148075",
        "ee:",
        "ee:abab",
        "ep:abab",
    ] {
        assert!(!is_text_form_of_another(DataType::Phone, text.as_bytes()));
        assert!(!is_text_form_of_another(DataType::Email, text.as_bytes()));
    }
}

#[test]
fn other_keys_change_what_they_are_to_change() {
    let old = ring_of(K1, K1);
    let new = ring_with(K2, &[K1], "derived");
    for plain in ALL {
        let value = sealed_value(&old, &plain);
        let mut moved = Vec::new();
        let resealed = reseal_into(&new, &value, &mut moved);
        assert_eq!(resealed, Ok(Reencrypted::Replaced));
        assert_eq!(moved[..PROBE_LEN], value[..PROBE_LEN]);
        assert!(opens_as(&new, &moved, &plain));
        let mut rehashed = Vec::new();
        rehash_into(&new, new.primary(), &value, &mut rehashed).unwrap();
        assert_eq!(rehashed, sealed_value(&ring_of(K2, K2), &plain));
    }
}

#[test]
fn every_bit_flip_is_refused() {
    let ring = ring_of(K2, K1);
    for plain in ALL {
        let value = sealed_value(&ring, &plain);
        for bit in 0..8 * value.len() {
            let mut changed = value.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&ring, &changed, &mut Vec::new()).is_err(), "bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_to_itself(local in "[a-zA-Z.+]{1,40}", text in ".{0,200}") {
        let ring = ring_of(K2, K1);
        let address = format!("{local}@example.com");
        for plain in [Plain::Address(&address), Plain::NoAddress(&text)] {
            let value = sealed_value(&ring, &plain);
            prop_assert!(opens_as(&ring, &value, &plain));
            prop_assert_eq!(sealed_value(&ring, &plain), value.clone());
            let expected = match plain { Plain::Address(_) => Kind::Address, _ => Kind::NoAddress };
            prop_assert_eq!(inspect(&value).unwrap().kind, expected);
        }
    }
}
