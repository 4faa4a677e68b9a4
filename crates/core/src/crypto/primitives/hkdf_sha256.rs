//! HKDF with SHA-256 (RFC 5869).

use hkdf::Hkdf;
use sha2::Sha256;

/// A key after HKDF-Extract, from which any number of subkeys can be expanded.
pub struct KeyDerivation(Hkdf<Sha256>);

impl KeyDerivation {
    /// Extracts from the input keying material under a salt.
    #[must_use]
    pub fn extract(salt: &[u8], key: &[u8]) -> KeyDerivation {
        KeyDerivation(Hkdf::new(Some(salt), key))
    }

    /// Fills `subkey` with what belongs to `info`. False when more is asked for than RFC 5869 allows
    /// (255 × 32 bytes).
    #[must_use]
    pub fn expand(&self, info: &[u8], subkey: &mut [u8]) -> bool {
        self.0.expand(info, subkey).is_ok()
    }
}
