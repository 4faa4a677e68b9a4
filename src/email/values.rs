//! The SQL functions on values of `encrypted_email`. A NULL value gives NULL.

use pgrx::pg_extern;
use phone_crypt_core::crypto::Reencrypted;
use phone_crypt_core::crypto::encrypted_phone::{self as bytes, DataType, Plain};

use super::error::{Error, Result};
use super::show;
use crate::cipher::{self, Destination, with_scratch};
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::{EmailValue, EmailValueOut};
use crate::pg::arguments::given;
use crate::pg::text::{Text, TextOut};
use crate::pg::{Answer, FunctionCallInfo, SqlError, catalog, raw_function};

fn opened<T>(
    value: EmailValue<'_>,
    destination: Destination,
    show: impl FnOnce(&Plain<'_>) -> Result<T>,
) -> Result<T> {
    cipher::open_typed(value.bytes(), destination, show)
}

/// `email_decrypt(value)`: the address; the text where that is no address. All of the value is verified first.
///
/// Errors: malformed, 22P02; not authentic, or a tag of another address, 22000; a key that is not configured, 55000; the
/// connection is not trusted with plain text, 42501.
#[pg_extern(stable, parallel_restricted, name = "email_decrypt", requires = ["encrypted_email_type"])]
fn decrypt_email(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let destination = Destination::Client("email_decrypt");
    Ok(Some(opened(value, destination, show::address)?))
}

/// `email_show(value)`: as `email_decrypt`, under the name that plain text answers to as well: one query works before
/// and after a column is converted.
///
/// Errors: as `email_decrypt`.
#[pg_extern(stable, parallel_restricted, name = "email_show", requires = ["encrypted_email_type"])]
fn show_email(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let destination = Destination::Client("email_show");
    Ok(Some(opened(value, destination, show::address)?))
}

/// `email_show(text)`: the text.
#[pg_extern(immutable, parallel_safe, name = "email_show")]
fn show_email_text(address: Option<Text<'_>>) -> Option<TextOut> {
    address.map(|text| TextOut::copy(text))
}

/// `email_reveal(value)`: the address for whoever may execute `email_decrypt(encrypted_email)`, else its mask. It is
/// decided at run time, for the current user and whoever calls the outermost function.
///
/// Errors: as `email_decrypt`; the mask is not subject to require_tls.
#[pg_extern(stable, parallel_restricted, requires = ["encrypted_email_type"])]
fn email_reveal(
    value: Option<EmailValue<'_>>,
    fcinfo: FunctionCallInfo,
) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let in_full = catalog::outermost_may_execute_with(
        catalog::schema_of_call(fcinfo),
        c"email_decrypt",
        &[catalog::argument_type(fcinfo)],
    );
    Ok(Some(match in_full {
        true => opened(value, Destination::Client("email_reveal"), show::address)?,
        false => opened(value, Destination::Masked("email_reveal"), show::mask)?,
    }))
}

/// `email_mask(value)`: the first character of both sides and the top-level domain. Text that is no address is hidden
/// entirely.
///
/// Errors: as `email_decrypt`, but no plain text leaves, so require_tls does not apply.
#[pg_extern(stable, parallel_safe, name = "email_mask", requires = ["encrypted_email_type"])]
fn mask_email(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let destination = Destination::Masked("email_mask");
    Ok(Some(opened(value, destination, show::mask)?))
}

/// `email_is_address(value)`: whether it holds an e-mail address, as opposed to other text. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_is_address(value: Option<EmailValue<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(is_address(value)?))
}

fn is_address(value: EmailValue<'_>) -> Result<bool> {
    Ok(bytes::is_address(value.bytes())?)
}

/// `email_require_address(value)`: true; an error where it holds other text. For CHECK constraints: unlike a constraint
/// that is false, the error shows no row. Needs no key.
///
/// Errors: text that is no address, 23514; malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_require_address(value: Option<EmailValue<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    match is_address(value) {
        Ok(true) => Ok(Some(true)),
        result => {
            raw_function::without_context();
            let other_text = Error::Typed(TypedError::AddressRequired);
            Err(result.err().unwrap_or(other_text).into())
        }
    }
}

fn inspected(value: EmailValue<'_>) -> Result<bytes::Info> {
    Ok(bytes::inspect(value.bytes())?)
}

/// `email_key_id(value)`: the id of the key it is encrypted under. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_key_id(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let id = inspected(value)?.key_id.to_string();
    Ok(Some(TextOut::ascii(id.as_bytes())))
}

/// `email_hash_key_id(value)`: the id of the key that it is compared under. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_hash_key_id(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let id = inspected(value)?.hash_key_id.to_string();
    Ok(Some(TextOut::ascii(id.as_bytes())))
}

/// `email_reencrypt(value)`: verified, and encrypted again under the primary key; what it equals stays.
///
/// Errors: as `email_mask`.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_reencrypt(value: Option<EmailValue<'_>>) -> Answer<Option<EmailValueOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(with_scratch(|out| -> Result<_> {
        let value = value.bytes();
        match cipher::reseal_typed(value, out)? {
            Reencrypted::Unchanged => Ok(EmailValueOut::new(value)),
            Reencrypted::Replaced => Ok(EmailValueOut::new(out)),
        }
    })?))
}

/// `email_hash(value)`: the hash of its address, as `email_hash` gives it of the plain text.
///
/// Errors: text that is no address, 22023; as `email_mask`.
#[pg_extern(stable, parallel_safe, name = "email_hash", requires = ["encrypted_email_type"])]
fn hash_of_email(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let hash = opened(value, Destination::Server, |plain| {
        show::with_address(plain, |address| {
            Ok(cipher::address_hash(address.as_bytes(), b"")?)
        })
    })?;
    Ok(Some(TextOut::ascii(&hash)))
}

/// `email_value(value)`: the same value as text `iv:encrypted_data`. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_value(value: Option<EmailValue<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let mut text = Vec::new();
    bytes::append_value_text(value.bytes(), &mut text).map_err(Error::from)?;
    Ok(Some(TextOut::ascii(&text)))
}

/// `email_from_value(value, hash_key_id)`: the value that `email_value` was given. Needs no key; where there are keys,
/// it is verified.
///
/// Errors: malformed, or no value of the type, 22P02; not authentic, or of another hash key, 22000; no key id, 22023;
/// hash_key_id NULL, 22004.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_from_value(
    value: Option<Text<'_>>,
    hash_key_id: Option<Text<'_>>,
) -> Answer<Option<EmailValueOut>> {
    let hash_key_id = given(hash_key_id, "hash_key_id")?;
    let hash_key_id = hash_key_id.or_empty().parse().map_err(TypedError::from)?;
    let Some(value) = value else { return Ok(None) };
    let mut typed = Vec::new();
    bytes::from_value_text(DataType::Email, value.bytes(), hash_key_id, &mut typed)
        .map_err(Error::from)?;
    cipher::verify_if_possible(&typed)?;
    Ok(Some(EmailValueOut::new(&typed)))
}

/// `email_verify(value)`: whether the value is authentic and its tag that of its plain text. Shows nothing of it.
///
/// Errors: a key that is not configured, or keys that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_email_type"])]
fn email_verify(value: Option<EmailValue<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    match cipher::verify_typed(value.bytes()) {
        Ok(()) => Ok(Some(true)),
        Err(error) if error.is_fault_of_the_value() => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}
