//! A value that anyone has touched is refused, and nothing is looked at before its tag.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{IV, K1, K2, NUMBER, decrypt, encrypt, hex, ring, ring_with, unhex};
use phone_crypt_core::crypto::primitives::aes_cbc::AesCbcKey;
use phone_crypt_core::crypto::primitives::hkdf_sha256::KeyDerivation;
use phone_crypt_core::crypto::primitives::hmac_sha256::HmacKey;
use phone_crypt_core::crypto::{
    Kind, Reencrypted, ValueError, ValueInfo, decrypt_into, inspect, reencrypt_into,
};

const CONTEXT: &str = "users.phone";

fn good_value() -> String {
    encrypt(
        ring(K1).primary(),
        Kind::Phone,
        NUMBER.as_bytes(),
        CONTEXT,
        IV,
    )
}

/// A value's bytes: IV, kind, key id, encrypted part and tag.
fn bytes_of(value: &str) -> Vec<u8> {
    let (iv, data) = value.split_once(':').unwrap();
    [unhex(iv), unhex(data)].concat()
}

fn value_of(bytes: &[u8]) -> String {
    format!("{}:{}", hex(&bytes[..16]), hex(&bytes[16..]))
}

#[test]
fn every_single_bit_flip_is_refused() {
    let ring = ring(K1);
    let bytes = bytes_of(&good_value());
    for bit in 0..8 * bytes.len() {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = decrypt(&ring, Kind::Phone, &value_of(&changed), CONTEXT).unwrap_err();
        let expected = match bit / 8 {
            16 if ![Kind::Text, Kind::Address, Kind::WebhookSecret]
                .map(|kind| kind as u8)
                .contains(&changed[16]) =>
            {
                error == ValueError::UnknownKind
            }
            17..=20 => matches!(error, ValueError::UnknownKey(_)),
            _ => error == ValueError::NotAuthentic,
        };
        assert!(expected, "bit {bit}");
    }
}

/// Also those that change what a hex digit is, or make it none.
#[test]
fn every_single_bit_flip_of_the_text_is_refused() {
    let ring = ring(K1);
    let value = good_value().into_bytes();
    for bit in 0..8 * value.len() {
        let mut changed = value.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut out = Vec::new();
        let result = decrypt_into(&ring, Kind::Phone, &changed, CONTEXT.as_bytes(), &mut out);
        assert!(result.is_err() && out.is_empty(), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let ring = ring(K1);
    let value = good_value();
    for len in 0..value.len() {
        assert!(
            decrypt(&ring, Kind::Phone, &value[..len], CONTEXT).is_err(),
            "from the end, {len}"
        );
        assert!(
            decrypt(&ring, Kind::Phone, &value[len + 1..], CONTEXT).is_err(),
            "from the front, {len}"
        );
    }
}

#[test]
fn text_around_a_value_is_refused() {
    let ring = ring(K1);
    for padded in [" V", "V ", "V\n", "\0V", "V0", "V00", "0xV", "V:", ":V"] {
        let value = padded.replace('V', &good_value());
        assert_eq!(
            decrypt(&ring, Kind::Phone, &value, CONTEXT),
            Err(ValueError::Malformed)
        );
    }
}

#[test]
fn upper_case_is_refused() {
    let ring = ring(K1);
    let value = good_value();
    let upper = value.to_uppercase();
    assert_eq!(
        decrypt(&ring, Kind::Phone, &upper, CONTEXT),
        Err(ValueError::Malformed)
    );
    assert_eq!(inspect(upper.as_bytes()), Err(ValueError::Malformed));
    for (index, digit) in value
        .char_indices()
        .filter(|(_, digit)| digit.is_ascii_lowercase())
    {
        let mut changed = value.clone();
        changed.replace_range(index..=index, &digit.to_uppercase().to_string());
        assert_eq!(
            decrypt(&ring, Kind::Phone, &changed, CONTEXT),
            Err(ValueError::Malformed)
        );
    }
}

#[test]
fn a_swapped_context_is_refused() {
    let ring = ring(K1);
    for context in [
        "",
        "users",
        "users.phone ",
        "users.phonf",
        "users.phone\u{1f}42",
        "Users.phone",
    ] {
        let result = decrypt(&ring, Kind::Phone, &good_value(), context);
        assert_eq!(result, Err(ValueError::NotAuthentic), "{context}");
    }
}

/// The tag covers context, IV and encrypted blocks one after the other. Only the length of the first
/// keeps a block from crossing the border.
#[test]
fn a_block_moved_from_iv_to_context_is_refused() {
    let ring = ring(K1);
    let value = encrypt(
        ring.primary(),
        Kind::Text,
        b"a text of two blocks",
        CONTEXT,
        IV,
    );
    let bytes = bytes_of(&value);
    let (iv, header, blocks) = (&bytes[..16], &bytes[16..21], &bytes[21..53]);
    let context = format!("{CONTEXT}{}", String::from_utf8(iv.to_vec()).unwrap());
    let shifted = [&blocks[..16], header, &blocks[16..], &bytes[53..]].concat();
    let result = decrypt(&ring, Kind::Text, &value_of(&shifted), &context);
    assert_eq!(result, Err(ValueError::NotAuthentic));
}

#[test]
fn another_kind_is_refused_with_the_same_error() {
    let ring = ring(K1);
    let phone = good_value();
    let text = encrypt(ring.primary(), Kind::Text, b"ask for Bob", CONTEXT, IV);
    assert_eq!(
        decrypt(&ring, Kind::Text, &phone, CONTEXT),
        Err(ValueError::NotAuthentic)
    );
    assert_eq!(
        decrypt(&ring, Kind::Phone, &text, CONTEXT),
        Err(ValueError::NotAuthentic)
    );
    let mut relabelled = bytes_of(&phone);
    relabelled[16] = Kind::Text as u8;
    let relabelled = value_of(&relabelled);
    assert_eq!(
        decrypt(&ring, Kind::Text, &relabelled, CONTEXT),
        Err(ValueError::NotAuthentic)
    );
}

#[test]
fn two_values_spliced_are_refused() {
    let ring = ring(K1);
    let one = bytes_of(&good_value());
    let other = encrypt(
        ring.primary(),
        Kind::Phone,
        b"+14011480751",
        CONTEXT,
        [8; 16],
    );
    let other = bytes_of(&other);
    for cut in 1..one.len() {
        let spliced = [&one[..cut], &other[cut..]].concat();
        // Kind and key id are the same in both: a cut there swaps the IV alone.
        let result = decrypt(&ring, Kind::Phone, &value_of(&spliced), CONTEXT);
        assert_eq!(result, Err(ValueError::NotAuthentic), "cut at {cut}");
    }
}

#[test]
fn a_value_of_another_key_is_not_tried() {
    let other = ring(K2);
    let id = ring(K1).primary().id();
    let result = decrypt(&other, Kind::Phone, &good_value(), CONTEXT);
    assert_eq!(result, Err(ValueError::UnknownKey(id)));
    let mut relabelled = bytes_of(&good_value());
    relabelled[17..21].copy_from_slice(other.primary().id().as_bytes());
    let result = decrypt(&other, Kind::Phone, &value_of(&relabelled), CONTEXT);
    assert_eq!(result, Err(ValueError::NotAuthentic));
}

#[test]
fn faults_are_looked_for_in_a_fixed_order() {
    let empty_handed = ring(K2);
    let mut bytes = bytes_of(&good_value());
    bytes[16] = 9;
    let unknown_kind = value_of(&bytes);
    let result = decrypt(&empty_handed, Kind::Phone, &unknown_kind, CONTEXT);
    assert_eq!(result, Err(ValueError::UnknownKind), "before the key");
    let upper = unknown_kind.to_uppercase();
    let result = decrypt(&empty_handed, Kind::Phone, &upper, CONTEXT);
    assert_eq!(result, Err(ValueError::Malformed), "before the kind");
    let result = decrypt(&empty_handed, Kind::Text, &good_value(), "wrong");
    assert!(
        matches!(result, Err(ValueError::UnknownKey(_))),
        "before kind and context"
    );
}

/// The keys of a ring, taken from the derivation itself to forge values with good tags.
struct Forger {
    cipher: AesCbcKey,
    mac: HmacKey,
    id: [u8; 4],
}

impl Forger {
    fn new(key: &str) -> Forger {
        let derivation = KeyDerivation::extract(b"phone_crypt:v1", &unhex(key));
        let (mut id, mut encrypt) = ([0; 4], [0; 64]);
        assert!(derivation.expand(b"key-id", &mut id));
        assert!(derivation.expand(b"encrypt", &mut encrypt));
        let (mac, cipher) = encrypt.split_at(32);
        let cipher = AesCbcKey::new(cipher.try_into().unwrap());
        Forger {
            cipher,
            mac: HmacKey::new(mac),
            id,
        }
    }

    /// One block of exactly these bytes, padding included, with or without the right tag.
    fn forge(&self, kind: u8, block: [u8; 16], good_tag: bool) -> String {
        // Encrypting two blocks and leaving the second away gives the first without padding.
        let mut encrypted = [0; 32];
        encrypted[..16].copy_from_slice(&block);
        self.cipher.encrypt(&IV, &mut encrypted, 16);
        let header = [&[kind][..], &self.id].concat();
        let mut tag = self
            .mac
            .tag(&[&header, &IV, &encrypted[..16], &40u64.to_be_bytes()]);
        tag[31] ^= u8::from(!good_tag);
        value_of(&[&IV[..], &header, &encrypted[..16], &tag].concat())
    }
}

const GOOD_PADDING: [u8; 16] = *b"+61401148075\x04\x04\x04\x04";
const BAD_PADDINGS: [[u8; 16]; 5] = [
    *b"+61401148075\x04\x04\x04\x05",
    *b"+61401148075\x03\x04\x04\x04",
    *b"+614011480750000",
    *b"+614011480750\x00\x00\x00",
    [17; 16],
];

#[test]
fn the_forger_makes_what_we_accept() {
    let value = Forger::new(K1).forge(1, GOOD_PADDING, true);
    assert_eq!(
        decrypt(&ring(K1), Kind::Phone, &value, "").as_deref(),
        Ok(NUMBER)
    );
    assert_eq!(
        value,
        encrypt(ring(K1).primary(), Kind::Phone, NUMBER.as_bytes(), "", IV)
    );
}

#[test]
fn padding_makes_no_difference_under_a_wrong_tag() {
    let ring = ring(K1);
    let forger = Forger::new(K1);
    for block in BAD_PADDINGS.into_iter().chain([GOOD_PADDING]) {
        let value = forger.forge(1, block, false);
        assert_eq!(
            decrypt(&ring, Kind::Phone, &value, ""),
            Err(ValueError::NotAuthentic)
        );
    }
}

#[test]
fn bad_padding_under_a_good_tag_is_refused_alike() {
    let ring = ring(K1);
    let forger = Forger::new(K1);
    for block in BAD_PADDINGS {
        for (byte, kind) in [(1, Kind::Phone), (2, Kind::Text)] {
            let value = forger.forge(byte, block, true);
            assert_eq!(
                decrypt(&ring, kind, &value, ""),
                Err(ValueError::NotAuthentic)
            );
        }
    }
}

#[test]
fn authentic_bytes_of_the_wrong_form_are_refused() {
    let ring = ring(K1);
    let forger = Forger::new(K1);
    let no_number = [
        *b"61401148075\x05\x05\x05\x05\x05",
        *b"+6140114807x\x04\x04\x04\x04",
        *b"+\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f",
        [16; 16],
    ];
    for block in no_number {
        let value = forger.forge(1, block, true);
        assert_eq!(
            decrypt(&ring, Kind::Phone, &value, ""),
            Err(ValueError::NotAuthentic)
        );
    }
    let no_utf8 = *b"\xc3\x28 not UTF-8\x04\x04\x04\x04";
    let value = forger.forge(2, no_utf8, true);
    assert_eq!(
        decrypt(&ring, Kind::Text, &value, ""),
        Err(ValueError::NotAuthentic)
    );
    assert_eq!(
        decrypt(&ring, Kind::Text, &forger.forge(2, [16; 16], true), "").as_deref(),
        Ok("")
    );
}

#[test]
fn a_value_without_tag_is_told_from_garbage() {
    let ring = ring(K1);
    let iv = hex(&IV);
    for blocks in 1..5 {
        let legacy = format!("{iv}:{}", "aB".repeat(16 * blocks));
        let result = decrypt(&ring, Kind::Phone, &legacy, "");
        assert_eq!(result, Err(ValueError::Unauthenticated));
        assert_eq!(inspect(legacy.as_bytes()), Ok(ValueInfo::Legacy));
    }
    let not_hex = format!("{iv}:{}", "zz".repeat(16));
    for garbage in ["", ":", "hello", &iv, &format!("{iv}:"), &not_hex] {
        assert_eq!(
            decrypt(&ring, Kind::Phone, garbage, ""),
            Err(ValueError::Malformed)
        );
        assert_eq!(inspect(garbage.as_bytes()), Err(ValueError::Malformed));
    }
}

#[test]
fn only_the_two_lengths_modulo_a_block_are_values() {
    let iv = hex(&IV);
    for bytes in 0..200 {
        let value = format!("{iv}:{}", "01".repeat(bytes));
        let expected = match bytes % 16 {
            0 if bytes > 0 => Ok(true),
            5 if bytes >= 53 => Ok(false),
            _ => Err(ValueError::Malformed),
        };
        let is_legacy = inspect(value.as_bytes()).map(|info| info == ValueInfo::Legacy);
        assert_eq!(is_legacy, expected, "{bytes} bytes");
    }
}

#[test]
fn reencryption_authenticates_also_what_it_leaves_alone() {
    let ring = ring_with(K1, &[K2], "derived");
    let reencrypt = |value: &str, context: &str| {
        let mut out = b"before".to_vec();
        let result = reencrypt_into(
            &ring,
            value.as_bytes(),
            context.as_bytes(),
            [1; 16],
            &mut out,
        );
        assert_eq!(out.len() > 6, result == Ok(Reencrypted::Replaced));
        result
    };
    let value = good_value();
    assert_eq!(reencrypt(&value, CONTEXT), Ok(Reencrypted::Unchanged));
    assert_eq!(reencrypt(&value, "other"), Err(ValueError::NotAuthentic));
    let mut changed = bytes_of(&value);
    changed[30] ^= 1;
    assert_eq!(
        reencrypt(&value_of(&changed), CONTEXT),
        Err(ValueError::NotAuthentic)
    );
    let old = ring.keys().last().unwrap();
    let value = encrypt(old, Kind::Text, b"ask for Bob", CONTEXT, IV);
    assert_eq!(reencrypt(&value, "other"), Err(ValueError::NotAuthentic));
    assert_eq!(reencrypt(&value, CONTEXT), Ok(Reencrypted::Replaced));
}
