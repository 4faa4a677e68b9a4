//! Values of the data type `encrypted_phone` as text, `ep:`: PostgreSQL calls the functions of text with them where it
//! does not know the type, as with a bound argument.

use phone_crypt_core::crypto::encrypted_phone::{self, DataType};
use phone_crypt_core::crypto::{Reencrypted, ValueError};

use crate::cipher::{self, Destination};
use crate::encrypted_phone::{mask, number};
use crate::encrypted_type::decode_text_form;
use crate::encrypted_type::error::Error as TypedError;
use crate::pg::text::{Text, TextOut};
use crate::values::error::Result;

/// The bytes. The value has a context of its own, and is bound to no other.
fn decoded(text: Text<'_>, context: &str) -> Result<Vec<u8>> {
    let value = decode_text_form(DataType::Phone, text)
        .unwrap_or(Err(TypedError::MalformedTyped(DataType::Phone)))?;
    match context.is_empty() {
        true => Ok(value),
        false => Err(ValueError::NotAuthentic.into()),
    }
}

/// As `phone_decrypt(encrypted_phone)`.
pub fn decrypted(function: &'static str, text: Text<'_>, context: &str) -> Result<TextOut> {
    Ok(cipher::open_typed(
        &decoded(text, context)?,
        Destination::Client(function),
        number,
    )?)
}

/// As `phone_reveal(encrypted_phone)`.
pub fn revealed(text: Text<'_>, context: &str, in_full: bool) -> Result<TextOut> {
    let value = decoded(text, context)?;
    Ok(match in_full {
        true => cipher::open_typed(&value, Destination::Client("phone_reveal"), number)?,
        false => cipher::open_typed(&value, Destination::Masked("phone_reveal"), mask)?,
    })
}

/// As `phone_key_id(encrypted_phone)`.
pub fn key_id(text: Text<'_>) -> Result<TextOut> {
    let id = encrypted_phone::inspect(&decoded(text, "")?)?.key_id;
    Ok(TextOut::ascii(id.to_string().as_bytes()))
}

/// As `phone_reencrypt(encrypted_phone)`, as text.
pub fn reencrypted(text: Text<'_>, context: &str) -> Result<TextOut> {
    let value = decoded(text, context)?;
    let mut moved = Vec::new();
    let value = match cipher::reseal_typed(&value, &mut moved)? {
        Reencrypted::Unchanged => &value,
        Reencrypted::Replaced => &moved,
    };
    let mut letters = vec![0; encrypted_phone::text_len(value.len())];
    encrypted_phone::encode_text(DataType::Phone, value, &mut letters);
    Ok(TextOut::ascii(&letters))
}
