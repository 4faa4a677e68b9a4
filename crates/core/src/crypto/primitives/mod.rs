//! The primitives that everything else here is made of, one file each.
//!
//! They are thin: each prepares a key once and then does one thing. They are public so that the
//! published test vectors run through the very code that guards the data.

pub mod aes_cbc;
pub mod hex;
pub mod hkdf_sha256;
pub mod hmac_sha256;
