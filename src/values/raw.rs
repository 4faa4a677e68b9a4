//! Encrypting and decrypting text that is no phone number but must not stay plain (kind 02).

use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::Kind;

use crate::cipher::{self, Destination, with_scratch};
use crate::pg::Answer;
use crate::pg::text::{Text, TextOut};
use crate::phone::arguments;
use crate::values::error::Result;

fn encrypted(text: &str, context: &str) -> Result<TextOut> {
    with_scratch(|out| {
        cipher::seal(Kind::Text, text.as_bytes(), context.as_bytes(), out)?;
        Ok(TextOut::ascii(out))
    })
}

/// `phone_encrypt_raw(text[, context])`: encrypts any text as it is. NULL text gives NULL.
///
/// Errors: context NULL, 22004; a list of regions as context, 22023; no key, or a ring that differs from the pin, 55000; a
/// text of 512 MB or more, whose encrypted value would be longer than a text may be, 54000.
#[pg_extern(volatile, parallel_safe)]
fn phone_encrypt_raw(
    text: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let Some(text) = text else { return Ok(None) };
    let text = text.exact()?;
    Ok(Some(encrypted(&text, &context)?))
}

fn decrypted(value: &[u8], context: &str) -> Result<TextOut> {
    with_scratch(|out| {
        cipher::open(
            Kind::Text,
            value,
            context.as_bytes(),
            Destination::Client("phone_decrypt_raw"),
            out,
        )?;
        Ok(TextOut::utf8(out)?)
    })
}

/// `phone_decrypt_raw(value[, context])`: the text that `phone_encrypt_raw` took. NULL value gives NULL.
///
/// Errors: as `phone_decrypt`.
#[pg_extern(stable, parallel_restricted)]
fn phone_decrypt_raw(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let Some(value) = value else { return Ok(None) };
    Ok(Some(decrypted(value.bytes(), &context)?))
}
