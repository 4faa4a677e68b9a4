//! What was written into a column.

use phone_crypt_core::crypto::encrypted_phone::Plain;

use crate::encrypted_type::error::Result;
use crate::pg::text;

/// The text that was written, of either type, in the database's encoding. It outlives the memory that PostgreSQL reads rows
/// into.
pub fn original_bytes(plain: &Plain<'_>) -> Result<Vec<u8>> {
    match plain {
        Plain::Number(e164) => Ok(e164.to_vec()),
        Plain::Written { original, .. }
        | Plain::Text(original)
        | Plain::Address(original)
        | Plain::NoAddress(original) => Ok(text::converted(original)?),
    }
}
