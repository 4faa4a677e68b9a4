//! Encrypting and decrypting phone numbers.

use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::{DataType, is_text_form};
use phone_crypt_core::crypto::{self, Kind, Reencrypted, ValueInfo};

use super::typed_text;
use crate::cipher::stats::Operation;
use crate::cipher::{self, Destination, with_scratch};
use crate::pg::Answer;
use crate::pg::text::{Text, TextOut};
use crate::phone::arguments::{self, null_if_at_fault};
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;
use crate::values::error::{Error, Result};

fn encrypted(phone: Text<'_>, context: &str, regions: &Chosen<'_>) -> Result<TextOut> {
    with_e164(phone, regions, Operation::Encrypt, |e164| {
        with_scratch(|out| {
            cipher::seal(Kind::Phone, e164, context.as_bytes(), out)?;
            Ok(TextOut::ascii(out))
        })
    })
}

/// `phone_encrypt(phone[, context[, regions]])`: normalises, then encrypts under the primary key. A value decrypts
/// only under the context it was encrypted with. NULL phone gives NULL.
///
/// Errors: not a phone number, an unknown region, or a list of regions as context, 22023; context or regions NULL,
/// 22004; no key, or keys or default regions that differ from the pin, 55000.
#[pg_extern(volatile, parallel_safe)]
fn phone_encrypt(
    phone: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let regions = arguments::regions(regions)?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(Some(encrypted(phone, &context, &regions)?))
}

fn decrypted(
    function: &'static str,
    value: Option<Text<'_>>,
    context: Option<Text<'_>>,
) -> Result<Option<TextOut>> {
    let context = arguments::context(context)?;
    let Some(value) = value else { return Ok(None) };
    if is_text_form(DataType::Phone, value.bytes()) {
        return typed_text::decrypted(function, value, &context).map(Some);
    }
    with_scratch(|out| {
        let destination = Destination::Client(function);
        cipher::open_phone(value.bytes(), context.as_bytes(), destination, out)?;
        // A legacy value may hold any text.
        Ok(Some(TextOut::utf8(out)?))
    })
}

/// `phone_decrypt(value[, context])`: the E.164 number. The value is authenticated first. NULL value gives NULL.
///
/// Errors: not a phone_crypt value, 22P02; not authentic, wrong context or kind, 22000 (one text whatever the
/// cause); a key that is not configured, 55000; a list of regions as context, 22023; the connection is not trusted
/// with plain text, 42501.
#[pg_extern(stable, parallel_restricted)]
fn phone_decrypt(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    Ok(decrypted("phone_decrypt", value, context)?)
}

/// `phone_try_decrypt(value[, context])`: NULL where the value is at fault. Missing keys, permissions and
/// pins still raise.
#[pg_extern(stable, parallel_restricted)]
fn phone_try_decrypt(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let decrypted = decrypted("phone_try_decrypt", value, context);
    Ok(null_if_at_fault(decrypted)?)
}

/// `phone_key_id(value)`: the id of the key the value is encrypted under; `legacy` for an unauthenticated
/// one. Needs no key.
///
/// Errors: not a phone_crypt value, 22P02.
#[pg_extern(immutable, parallel_safe)]
fn phone_key_id(value: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    if is_text_form(DataType::Phone, value.bytes()) {
        return Ok(Some(typed_text::key_id(value)?));
    }
    let id = match crypto::inspect(value.bytes()).map_err(Error::from)? {
        ValueInfo::Current { key_id, .. } => key_id.to_string(),
        ValueInfo::Legacy => "legacy".to_owned(),
    };
    Ok(Some(TextOut::ascii(id.as_bytes())))
}

fn reencrypted(value: &[u8], context: &str) -> Result<TextOut> {
    with_scratch(
        |out| match cipher::reseal(value, context.as_bytes(), out)? {
            Reencrypted::Unchanged => Ok(TextOut::ascii(value)),
            Reencrypted::Replaced => Ok(TextOut::ascii(out)),
        },
    )
}

/// `phone_reencrypt(value[, context])`: authenticates, then encrypts again under the primary key. A value
/// that is already under it is returned as it is. Takes phone numbers and raw text alike.
///
/// Errors: as `phone_decrypt`, but no plain text leaves, so require_tls does not apply.
#[pg_extern(volatile, parallel_safe)]
fn phone_reencrypt(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let Some(value) = value else { return Ok(None) };
    if is_text_form(DataType::Phone, value.bytes()) {
        return Ok(Some(typed_text::reencrypted(value, &context)?));
    }
    Ok(Some(reencrypted(value.bytes(), &context)?))
}
