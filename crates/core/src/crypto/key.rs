//! A key with everything derived from it, ready for use.

use std::fmt;
use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::key_id::KeyId;
use super::key_text::KeyText;
use super::legacy_keys::LegacyKeys;
use super::primitives::aes_cbc::AesCbcKey;
use super::primitives::hkdf_sha256::KeyDerivation;
use super::primitives::hmac_sha256::HmacKey;

/// The HKDF salt, which also names the version of the derivation.
const SALT: &[u8] = b"phone_crypt:v1";

/// Bytes in a [fingerprint](Key::fingerprint).
pub const FINGERPRINT: usize = 16;

/// A key, its id and its subkeys: cipher schedules and HMAC states are prepared once and reused.
///
/// No subkey serves two purposes. All of it is wiped on drop, as far as the compiler leaves it in one
/// place: a value that was moved may have left a copy on the stack.
pub struct Key {
    text: KeyText,
    id: KeyId,
    fingerprint: [u8; FINGERPRINT],
    numbers_and_texts: SealKey,
    webhook_secrets: SealKey,
    addresses: SealKey,
    hash: HmacKey,
    address_hash: HmacKey,
    address_tag: HmacKey,
    tag: HmacKey,
    raw_hash: HmacKey,
    audit_seed: Zeroizing<[u8; 32]>,
    legacy: OnceLock<LegacyKeys>,
}

impl Key {
    /// Derives the subkeys with HKDF-SHA256 (RFC 5869), one info string for each use.
    #[must_use]
    pub fn derive(text: &KeyText) -> Key {
        let derivation = KeyDerivation::extract(SALT, text.as_bytes());
        let id = subkey::<4>(&derivation, b"key-id");
        Key {
            text: text.clone(),
            id: KeyId::from_bytes(*id),
            fingerprint: *subkey::<FINGERPRINT>(&derivation, b"pin"),
            numbers_and_texts: SealKey::derive(&derivation, b"encrypt"),
            webhook_secrets: SealKey::derive(&derivation, b"webhook"),
            addresses: SealKey::derive(&derivation, b"email"),
            hash: HmacKey::new(subkey::<32>(&derivation, b"hash").as_slice()),
            address_hash: HmacKey::new(subkey::<32>(&derivation, b"email-hash").as_slice()),
            address_tag: HmacKey::new(subkey::<32>(&derivation, b"email-tag").as_slice()),
            tag: HmacKey::new(subkey::<32>(&derivation, b"tag").as_slice()),
            raw_hash: HmacKey::new(text.as_written().as_bytes()),
            audit_seed: subkey::<32>(&derivation, b"audit-sign"),
            legacy: OnceLock::new(),
        }
    }

    /// The public id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What a database is pinned to: public like the id, and long enough that nobody finds another key
    /// with the same one, which for the four bytes of an id takes seconds.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; FINGERPRINT] {
        &self.fingerprint
    }

    pub(super) fn text(&self) -> &KeyText {
        &self.text
    }

    /// What seals numbers and texts.
    pub(super) fn numbers_and_texts(&self) -> &SealKey {
        &self.numbers_and_texts
    }

    /// What seals the secrets of webhook endpoints.
    pub(super) fn webhook_secrets(&self) -> &SealKey {
        &self.webhook_secrets
    }

    /// What seals e-mail addresses.
    pub(super) fn addresses(&self) -> &SealKey {
        &self.addresses
    }

    /// The key of the hashes by which e-mail addresses are found.
    pub(super) fn address_hash(&self) -> &HmacKey {
        &self.address_hash
    }

    /// The key of the tags by which `encrypted_email` is compared.
    pub(super) fn address_tag(&self) -> &HmacKey {
        &self.address_tag
    }

    pub(super) fn hash(&self) -> &HmacKey {
        &self.hash
    }

    /// The key of the tags by which `encrypted_phone` is compared.
    pub(super) fn tag(&self) -> &HmacKey {
        &self.tag
    }

    /// The seed of the Ed25519 key that signs the audit log's checkpoints.
    pub(crate) fn audit_seed(&self) -> &[u8; 32] {
        &self.audit_seed
    }

    /// The hash key of the legacy system: the key text as written.
    pub(super) fn raw_hash(&self) -> &HmacKey {
        &self.raw_hash
    }

    /// The legacy system's keys. Derived at first use, since that takes tens of milliseconds.
    pub(super) fn legacy(&self) -> &LegacyKeys {
        self.legacy.get_or_init(|| LegacyKeys::derive(&self.text))
    }
}

/// A subkey that seals values: one half encrypts, the other authenticates.
pub(super) struct SealKey {
    pub cipher: AesCbcKey,
    pub mac: HmacKey,
}

impl SealKey {
    /// MAC key first, then the cipher's: the order of RFC 7518 §5.2.2.1.
    fn derive(derivation: &KeyDerivation, info: &[u8]) -> SealKey {
        let both = subkey::<64>(derivation, info);
        let (mac, cipher) = both.split_at(32);
        let mut cipher_key = Zeroizing::new([0; 32]);
        cipher_key.copy_from_slice(cipher);
        SealKey {
            cipher: AesCbcKey::new(&cipher_key),
            mac: HmacKey::new(mac),
        }
    }
}

fn subkey<const N: usize>(derivation: &KeyDerivation, info: &[u8]) -> Zeroizing<[u8; N]> {
    let mut subkey = Zeroizing::new([0; N]);
    let filled = derivation.expand(info, subkey.as_mut_slice());
    assert!(filled, "HKDF fills any subkey of up to 8160 bytes");
    subkey
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}
