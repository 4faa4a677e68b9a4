//! Values of the data types `encrypted_phone` and `encrypted_email`: encrypted, and compared without a key.
//!
//! ```text
//! value = form 01 [1] | kind [1] | hash key id [4] | tag [16] | key id [4] | E [16n] | T [32]
//! tag   = first 16 bytes of HMAC-SHA-256(subkey `tag` of the hash key, 01 | E.164)      kinds 01 and 04
//!                           HMAC-SHA-256(subkey `tag` of the hash key, 02 | text)       kind 02
//!                           HMAC-SHA-256(subkey `email-tag` of the hash key, 03 | address)   kind 03
//!                           HMAC-SHA-256(subkey `email-tag` of the hash key, 06 | text)      kind 06
//! E, T  = as in `super::value::sealed`, with the tag as IV and the context
//!         the type's name, 1F, hash key id as 8 hex digits
//! ```
//!
//! The IV is synthetic: it tells nothing that the tag beside it does not, and makes two evaluations of one literal
//! equal. Two values are equal where hash key id and tag are. The kind tells the type, and with it the keys.

mod data_type;
mod layout;
mod open;
mod plain;
mod seal;
mod text;
mod value_text;

pub use data_type::DataType;
pub use layout::{
    COMPARED, Info, PROBE_LEN, TAG, compared, inspect, inspect_as, is_address, is_number,
    is_reserved_context, is_text, sealed_len,
};
pub use open::{Opened, open, verify};
pub use plain::Plain;
pub use seal::{every_probe, rehash_into, reseal_into, seal_into, write_probe};
pub use text::{decode_text, encode_text, is_text_form, is_text_form_of_another, text_len};
pub use value_text::{append_value_text, from_value_text, looks_like_value_text};
