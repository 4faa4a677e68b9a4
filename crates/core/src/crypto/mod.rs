//! Keys, encrypted values and keyed hashes.
//!
//! A [`KeyText`] is what an administrator writes; a [`Key`] is derived from it once; a [`Keyring`] says
//! which key does what. Values are in [`value`], the data type's in [`encrypted_phone`], hashes in [`hash`], what a legacy system stored in
//! [`legacy`].

pub mod encrypted_phone;
pub mod hash;
pub mod legacy;
pub mod primitives;
pub mod random;
pub mod value;

mod address_hash;
mod hash_scheme;
mod iv_data;
mod key;
mod key_id;
mod key_list;
mod key_text;
mod keyring;
mod legacy_keys;

pub use address_hash::{all_address_hashes, current_address_hash};
pub use hash::{
    HASH_LEN, HashError, all_hashes, current_hash, every_hash, hash_hex, labelled_hash,
    write_current_hash,
};
pub use hash_scheme::{HashScheme, HashSchemes, HashSchemesError};
pub use key::{FINGERPRINT, Key};
pub use key_id::{KeyId, KeyIdError};
pub use key_list::{parse_key_lines, parse_previous_keys};
pub use key_text::{Environment, KeyError, KeyText};
pub use keyring::{Keyring, KeyringError, KeyringSpec};
pub use legacy::{LegacyError, LegacyScheme, LegacySchemeError, decrypt_legacy_into};
pub use random::{Random, RandomError, generate_key};
pub use value::{
    Kind, Reencrypted, ValueError, ValueInfo, decrypt_into, encrypt_into, encrypted_len, inspect,
    reencrypt_into,
};
