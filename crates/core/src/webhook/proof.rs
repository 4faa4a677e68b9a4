//! How signatures are made and compared.
//!
//! A MAC is compared as text, in constant time: there is one way to write it, and a second spelling of a signature is
//! not a second signature.

use std::borrow::Cow;

use ed25519_dalek::Signature;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use rsa::PublicKey as RsaPublicKey;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use super::base64;
use super::key::Key;
use crate::crypto::primitives::hex;

/// How a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// HMAC (RFC 2104) under the secret.
    Hmac(Hash, Text),
    /// MD5 of what was signed followed by the secret, in lower-case hex. Vonage's oldest way.
    Md5Suffix,
    /// Ed25519 (RFC 8032), in base64.
    Ed25519,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), in base64. Amazon's only way.
    Rsa(RsaHash),
}

/// The hash function of an RSA signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaHash {
    /// The older of Amazon's two.
    Sha1,
    /// The newer one.
    Sha256,
}

/// The hash function of an HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// Broken as a hash function, not as an HMAC; only Vonage still offers it.
    Md5,
    /// Likewise; Twilio, Sinch and Vonage.
    Sha1,
    /// Everybody else.
    Sha256,
    /// MessageBird offers it.
    Sha384,
    /// MessageBird and Vonage offer it.
    Sha512,
}

/// How a MAC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// Hex, in lower case.
    Hex,
    /// Hex, all in upper or all in lower case: the provider's own libraries do not agree.
    HexOneCase,
    /// Base64 with padding.
    Base64,
    /// Base64 as in a JWT.
    Base64Url,
}

impl Proof {
    /// The signatures that the key makes, or the key itself to check one with; none for a key of another kind.
    pub fn prepare<'a>(self, key: &'a Key, parts: &[Cow<'_, [u8]>]) -> Option<Check<'a>> {
        match (self, key) {
            (Proof::Hmac(hash, text), Key::Secret(secret)) => {
                Some(Check::Texts(text.spellings(&hash.hmac(secret, parts))))
            }
            (Proof::Md5Suffix, Key::Secret(secret)) => {
                let digest = Md5::new()
                    .chain_update(parts.concat())
                    .chain_update(secret)
                    .finalize();
                Some(Check::Texts(Text::Hex.spellings(&digest)))
            }
            (Proof::Ed25519, Key::Ed25519(key)) => Some(Check::Ed25519(key, parts.concat())),
            (Proof::Rsa(hash), Key::Rsa(key)) => Some(Check::Rsa(key, hash, parts.concat())),
            _ => None,
        }
    }
}

/// What a signature is compared with.
pub enum Check<'a> {
    /// Any of these.
    Texts(Vec<String>),
    /// A public key and what was signed.
    Ed25519(&'a ed25519_dalek::VerifyingKey, Vec<u8>),
    /// As above.
    Rsa(&'a RsaPublicKey, RsaHash, Vec<u8>),
}

impl Check<'_> {
    /// Whether the signature is right.
    pub fn accepts(&self, signature: &str) -> bool {
        match self {
            Check::Texts(texts) => {
                let is = |text: &String| bool::from(text.as_bytes().ct_eq(signature.as_bytes()));
                texts.iter().fold(false, |found, text| found | is(text))
            }
            Check::Ed25519(key, message) => {
                let bytes = base64::decode(signature);
                let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
                signature.is_some_and(|signature| key.verify_strict(message, &signature).is_ok())
            }
            Check::Rsa(key, hash, message) => {
                base64::decode(signature).is_some_and(|signature| match hash {
                    RsaHash::Sha1 => key.pkcs1v15_verify::<Sha1>(message, &signature).is_ok(),
                    RsaHash::Sha256 => key.pkcs1v15_verify::<Sha256>(message, &signature).is_ok(),
                })
            }
        }
    }
}

impl Hash {
    /// The HMAC of the parts, one after the other.
    pub fn hmac(self, key: &[u8], parts: &[Cow<'_, [u8]>]) -> Vec<u8> {
        match self {
            Hash::Md5 => hmac::<Hmac<Md5>>(key, parts),
            Hash::Sha1 => hmac::<Hmac<Sha1>>(key, parts),
            Hash::Sha256 => hmac::<Hmac<Sha256>>(key, parts),
            Hash::Sha384 => hmac::<Hmac<Sha384>>(key, parts),
            Hash::Sha512 => hmac::<Hmac<Sha512>>(key, parts),
        }
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], parts: &[Cow<'_, [u8]>]) -> Vec<u8> {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        unreachable!("HMAC takes keys of any length");
    };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

impl Text {
    fn spellings(self, bytes: &[u8]) -> Vec<String> {
        match self {
            Text::Hex => vec![hex_text(bytes)],
            Text::HexOneCase => vec![hex_text(bytes), hex_text(bytes).to_ascii_uppercase()],
            Text::Base64 => vec![base64::encode(bytes)],
            Text::Base64Url => vec![base64::encode_url(bytes)],
        }
    }
}

/// Bytes as lower-case hex.
pub fn hex_text(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    hex::encode(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}
