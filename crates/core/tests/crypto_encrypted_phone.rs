//! Values of the data type: against answers that other software computed, there and back, and tampered with.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{
    K1, K2, NUMBER, hex, kind, opens_as, ring, ring_of, ring_with, sealed_value, unhex,
};
use phone_crypt_core::crypto::encrypted_phone::{
    self, DataType, PROBE_LEN, Plain, append_value_text, compared, decode_text, encode_text,
    from_value_text, inspect, is_number, is_reserved_context, is_text_form, looks_like_value_text,
    open, rehash_into, reseal_into, text_len, verify, write_probe,
};
use phone_crypt_core::crypto::value::sealed;
use phone_crypt_core::crypto::{KeyId, Keyring, Kind, Reencrypted, ValueError};
use proptest::prelude::*;
use serde_json::Value;

const ORIGINAL: &str = "0401 148 075 ext. 12";
const ALL: [Plain<'_>; 3] = [
    Plain::Number(NUMBER.as_bytes()),
    Plain::Text("ask for Bob"),
    Plain::Written {
        e164: NUMBER.as_bytes(),
        original: ORIGINAL,
    },
];

fn as_text(value: &[u8]) -> String {
    let mut text = vec![0; text_len(value.len())];
    encode_text(DataType::Phone, value, &mut text);
    String::from_utf8(text).unwrap()
}

fn from_text(text: &str) -> Result<Vec<u8>, ValueError> {
    let mut value = b"before".to_vec();
    let read = decode_text(DataType::Phone, text.as_bytes(), &mut value);
    let value = value.split_off(b"before".len());
    assert!(read.is_ok() || value.is_empty());
    read.map(|()| value)
}

fn refusal(ring: &Keyring, value: &[u8]) -> ValueError {
    assert!(verify(ring, value).is_err());
    open(ring, value, &mut Vec::new()).err().unwrap()
}

fn field<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_default()
}

#[test]
fn vectors_both_ways() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("vectors/type_vectors.json")).unwrap();
    assert_eq!(vectors.len(), 8);
    for vector in &vectors {
        let ring = ring_of(field(vector, "key"), field(vector, "hash_key"));
        let (number, text) = (field(vector, "number"), field(vector, "text"));
        let kind = kind(vector["kind"].as_u64().unwrap());
        let plain = match kind {
            Kind::Phone => Plain::Number(number.as_bytes()),
            Kind::Text => Plain::Text(text),
            Kind::Written => Plain::Written {
                e164: number.as_bytes(),
                original: text,
            },
            Kind::Address | Kind::NoAddress | Kind::WebhookSecret => {
                panic!("not a kind of the type")
            }
        };
        let value = sealed_value(&ring, &plain);
        assert_eq!(hex(&value), field(vector, "bytes"));
        assert_eq!(as_text(&value), field(vector, "form"));
        assert_eq!(from_text(field(vector, "form")).unwrap(), value);
        assert!(opens_as(&ring, &value, &plain));
        assert_eq!(verify(&ring, &value), Ok(()));

        let info = inspect(&value).unwrap();
        assert_eq!((info.kind, info.key_id), (kind, ring.primary().id()));
        assert_eq!(info.hash_key_id, ring.hash_key().id());
        assert_eq!(is_number(&value), Ok(kind != Kind::Text));

        let mut iv_data = Vec::new();
        append_value_text(&value, &mut iv_data).unwrap();
        assert_eq!(iv_data, field(vector, "iv_data").as_bytes());
        let mut back = Vec::new();
        from_value_text(DataType::Phone, &iv_data, info.hash_key_id, &mut back).unwrap();
        assert_eq!(back, value);

        // It is an ordinary value under its context.
        let (iv, data) = field(vector, "iv_data").split_once(':').unwrap();
        let (iv, mut data) = (unhex(iv).try_into().unwrap(), unhex(data));
        let context = field(vector, "context").as_bytes();
        assert!(is_reserved_context(context));
        assert!(sealed::open(&ring, Some(kind), &iv, context, &mut data).is_ok());
    }
}

#[test]
fn an_original_changes_the_value_and_not_what_it_equals() {
    let ring = ring(K1);
    let [number, text, written] = ALL.map(|plain| sealed_value(&ring, &plain));
    assert_eq!(compared(&number), compared(&written));
    assert_ne!(number, written);
    assert_ne!(compared(&number), compared(&text));
    // Neither the first block nor any other is that of another row's guess.
    let guess = sealed_value(
        &ring,
        &Plain::Written {
            e164: NUMBER.as_bytes(),
            original: "0401 148 075 ext. 13",
        },
    );
    for (left, right) in written[26..].chunks(16).zip(guess[26..].chunks(16)) {
        assert_ne!(left, right);
    }
}

#[test]
fn a_number_and_a_text_of_the_same_characters_differ() {
    let ring = ring(K1);
    let number = sealed_value(&ring, &Plain::Number(NUMBER.as_bytes()));
    let text = sealed_value(&ring, &Plain::Text(NUMBER));
    assert_ne!(compared(&number), compared(&text));
}

#[test]
fn a_probe_is_the_front_of_the_value() {
    let ring = ring_of(K2, K1);
    for plain in ALL {
        let mut probe = [0; PROBE_LEN];
        write_probe(&ring, &plain, &mut probe);
        assert_eq!(probe, sealed_value(&ring, &plain)[..PROBE_LEN]);
        // It cannot be taken for a value.
        assert_eq!(refusal(&ring, &probe), ValueError::Malformed);
        assert_eq!(from_text(&as_text(&probe)), Err(ValueError::Malformed));
    }
}

#[test]
fn missing_keys_are_named() {
    let value = sealed_value(&ring_of(K2, K1), &ALL[0]);
    let (k1, k2) = (ring(K1), ring(K2));
    let (id1, id2) = (k1.primary().id(), k2.primary().id());
    assert_eq!(refusal(&k1, &value), ValueError::UnknownKey(id2));
    assert_eq!(refusal(&k2, &value), ValueError::UnknownHashKey(id1));
}

#[test]
fn a_new_key_changes_neither_tag_nor_plain_text() {
    let old = ring_of(K1, K1);
    let new = ring_with(K2, &[K1], "derived");
    for plain in ALL {
        let value = sealed_value(&old, &plain);
        let mut moved = Vec::new();
        assert_eq!(
            reseal_into(&new, &value, &mut moved),
            Ok(Reencrypted::Replaced)
        );
        assert_eq!(moved[..PROBE_LEN], value[..PROBE_LEN]);
        assert_eq!(inspect(&moved).unwrap().key_id, new.primary().id());
        assert!(opens_as(&new, &moved, &plain));
        assert_eq!(
            reseal_into(&new, &moved, &mut Vec::new()),
            Ok(Reencrypted::Unchanged)
        );
        moved[PROBE_LEN + 4] ^= 1;
        let mut out = Vec::new();
        assert_eq!(
            reseal_into(&new, &moved, &mut out),
            Err(ValueError::NotAuthentic)
        );
        assert!(out.is_empty());
    }
}

#[test]
fn another_hash_key_changes_the_tag_and_not_the_plain_text() {
    let ring = ring_with(K2, &[K1], "derived");
    let old = ring_of(K1, K1);
    let [new_key, old_key] = [ring.primary(), old.primary()];
    for plain in ALL {
        let value = sealed_value(&old, &plain);
        let mut moved = b"kept".to_vec();
        assert_eq!(rehash_into(&ring, new_key, &value, &mut moved), Ok(()));
        let moved = moved.split_off(4);
        // As if it had been made so.
        assert_eq!(moved, sealed_value(&ring_of(K2, K2), &plain));
        assert_eq!(inspect(&moved).unwrap().hash_key_id, new_key.id());
        assert!(opens_as(&ring, &moved, &plain));
        let mut back = Vec::new();
        assert_eq!(rehash_into(&ring, old_key, &moved, &mut back), Ok(()));
        assert_eq!(back[..PROBE_LEN], value[..PROBE_LEN]);
        let mut damaged = value.clone();
        damaged[PROBE_LEN + 4] ^= 1;
        let mut out = Vec::new();
        assert_eq!(
            rehash_into(&ring, new_key, &damaged, &mut out),
            Err(ValueError::NotAuthentic)
        );
        assert!(out.is_empty());
    }
}

/// Every changed bit is refused, and none but one of hash key id or tag changes what the value equals.
#[test]
fn every_bit_flip_is_refused() {
    let ring = ring_of(K2, K1);
    for plain in ALL {
        let value = sealed_value(&ring, &plain);
        for bit in 0..8 * value.len() {
            let mut changed = value.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let error = refusal(&ring, &changed);
            let expected = match bit / 8 {
                0 => error == ValueError::Malformed,
                1 => matches!(error, ValueError::UnknownKind | ValueError::NotAuthentic),
                2..=5 => matches!(error, ValueError::UnknownHashKey(_)),
                22..=25 => matches!(error, ValueError::UnknownKey(_)),
                _ => error == ValueError::NotAuthentic,
            };
            assert!(expected, "bit {bit}: {error}");
            let is_compared = (2..22).contains(&(bit / 8));
            assert_eq!(compared(&changed) != compared(&value), is_compared);
        }
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let ring = ring(K1);
    let value = sealed_value(&ring, &ALL[0]);
    for len in 0..value.len() {
        assert!(verify(&ring, &value[..len]).is_err(), "{len}");
        assert!(from_text(&as_text(&value)[..len]).is_err(), "{len}");
    }
    let longer = [value.as_slice(), &[0]].concat();
    assert_eq!(refusal(&ring, &longer), ValueError::Malformed);
}

/// An authentic value of another number, its front exchanged: what the MAC covers as IV is the tag.
#[test]
fn a_forged_tag_is_refused() {
    let ring = ring(K1);
    let victim = sealed_value(&ring, &ALL[0]);
    let mut forged = sealed_value(&ring, &Plain::Number(b"+61401148076"));
    forged[..PROBE_LEN].copy_from_slice(&victim[..PROBE_LEN]);
    assert_eq!(compared(&forged), compared(&victim));
    assert_eq!(refusal(&ring, &forged), ValueError::NotAuthentic);
}

/// Whoever has the key can give a value any IV; its MAC is then good, and only the tag tells.
#[test]
fn a_good_mac_over_a_tag_of_another_number_is_refused() {
    let ring = ring(K1);
    let victim = sealed_value(&ring, &ALL[0]);
    let tag = victim[6..22].try_into().unwrap();
    let context = format!("encrypted_phone\x1f{}", ring.primary().id());
    for (kind, plain) in [
        (Kind::Phone, b"+61401148076".to_vec()),
        (Kind::Text, b"+61401148075".to_vec()),
        // The right number, under a check that is not its own.
        (
            Kind::Written,
            [&[7; 16], b"+61401148075\0x".as_slice()].concat(),
        ),
    ] {
        let mut data = vec![0; sealed::sealed_len(plain.len())];
        sealed::seal(
            ring.primary(),
            kind,
            &plain,
            context.as_bytes(),
            &tag,
            &mut data,
        );
        let text = format!("{}:{}", hex(&tag), hex(&data));
        let mut forged = Vec::new();
        from_value_text(
            DataType::Phone,
            text.as_bytes(),
            ring.primary().id(),
            &mut forged,
        )
        .unwrap();
        assert_eq!(compared(&forged), compared(&victim));
        assert_eq!(
            refusal(&ring, &forged),
            ValueError::NotAuthentic,
            "{kind:?}"
        );
    }
}

#[test]
fn the_wrong_hash_key_id_is_refused() {
    let value = sealed_value(&ring(K1), &ALL[0]);
    let mut iv_data = Vec::new();
    append_value_text(&value, &mut iv_data).unwrap();
    let both = ring_with(K1, &[K2], "derived");
    let mut wrong = Vec::new();
    from_value_text(
        DataType::Phone,
        &iv_data,
        ring(K2).primary().id(),
        &mut wrong,
    )
    .unwrap();
    assert_eq!(refusal(&both, &wrong), ValueError::NotAuthentic);
}

#[test]
fn text_that_claims_to_be_a_value_must_be_one() {
    let text = as_text(&sealed_value(&ring(K1), &ALL[0]));
    assert!(!text.contains(|character: char| character.is_ascii_digit()));
    for good in [text.clone(), format!(" {text}\n")] {
        assert!(is_text_form(DataType::Phone, good.as_bytes()) && from_text(&good).is_ok());
    }
    for bad in [
        text.replacen("ep:", "EP:", 1),
        text.replacen('a', "q", 1),
        text.replacen('a', "A", 1),
        format!("{text}a"),
        format!("{text}aa"),
        String::from("ep:"),
        String::from("ep:ab"),
        String::from("ep: ask for Bob"),
    ] {
        assert!(is_text_form(DataType::Phone, bad.as_bytes()), "{bad}");
        assert_eq!(from_text(&bad), Err(ValueError::Malformed), "{bad}");
    }
    let unknown = text.replacen("ep:abab", "ep:abad", 1);
    assert_eq!(from_text(&unknown), Err(ValueError::UnknownKind));
    for plain in ["", "ep", "0401148075", "e p:", "ask for Bob"] {
        assert!(!is_text_form(DataType::Phone, plain.as_bytes()), "{plain}");
    }
}

#[test]
fn an_encrypted_value_is_no_plain_text() {
    let iv = "000102030405060708090a0b0c0d0e0f";
    for (text, expected) in [
        (format!("{iv}:01a915ee2b"), true),
        (format!(" {iv}:01A915EE2B "), true),
        (format!("{iv}:"), true),
        (format!("{iv}:0"), false),
        (format!("{iv}:xy"), false),
        (iv.to_owned(), false),
        ("0401148075".to_owned(), false),
    ] {
        assert_eq!(looks_like_value_text(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn malformed_value_text_is_refused_and_leaves_nothing() {
    let id = KeyId::from_bytes([1, 2, 3, 4]);
    let value = sealed_value(&ring(K1), &ALL[0]);
    let mut good = Vec::new();
    append_value_text(&value, &mut good).unwrap();
    for len in 0..good.len() {
        let mut out = b"before".to_vec();
        assert!(from_value_text(DataType::Phone, &good[..len], id, &mut out).is_err());
        assert_eq!(out, b"before");
    }
    let upper = good.to_ascii_uppercase();
    assert_eq!(
        from_value_text(DataType::Phone, &upper, id, &mut Vec::new()),
        Err(ValueError::Malformed)
    );
}

#[test]
fn contexts_of_the_type_are_reserved() {
    assert!(is_reserved_context(b"encrypted_phone\x1f"));
    assert!(is_reserved_context(b"encrypted_phone\x1fa915ee2b"));
    assert!(is_reserved_context(b"encrypted_email\x1fa915ee2b"));
    for free in [
        "",
        "encrypted_phone",
        "encrypted_phone.x",
        "users.phone\x1f1",
    ] {
        assert!(!is_reserved_context(free.as_bytes()), "{free}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_to_itself(digits in "[0-9]{1,15}", text in ".{0,200}", original in "[^\0]{0,80}") {
        let ring = ring_of(K2, K1);
        let number = format!("+{digits}");
        let written = Plain::Written { e164: number.as_bytes(), original: &original };
        for plain in [Plain::Number(number.as_bytes()), Plain::Text(&text), written] {
            let value = sealed_value(&ring, &plain);
            prop_assert!(opens_as(&ring, &value, &plain));
            prop_assert_eq!(from_text(&as_text(&value)).unwrap(), value.clone());
            prop_assert_eq!(sealed_value(&ring, &plain), value);
        }
    }

    #[test]
    fn values_are_equal_exactly_where_numbers_are(left in "[0-9]{1,3}", right in "[0-9]{1,3}") {
        let ring = ring(K1);
        let value = |digits: &str| sealed_value(&ring, &Plain::Number(format!("+{digits}").as_bytes()));
        prop_assert_eq!(compared(&value(&left)) == compared(&value(&right)), left == right);
    }

    #[test]
    fn nothing_made_up_opens_or_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,80}") {
        let ring = ring(K1);
        prop_assert!(open(&ring, &bytes, &mut Vec::new()).is_err());
        let _ = (compared(&bytes), inspect(&bytes), encrypted_phone::is_number(&bytes));
        prop_assert!(from_text(&text).is_err());
        prop_assert!(from_value_text(DataType::Phone, text.as_bytes(), ring.primary().id(), &mut Vec::new()).is_err());
    }
}
