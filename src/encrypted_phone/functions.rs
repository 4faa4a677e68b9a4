//! The SQL functions on values of the type. A NULL value gives NULL.

use pgrx::pg_extern;
use phone_crypt_core::crypto::encrypted_phone::{self as bytes, DataType};
use phone_crypt_core::crypto::{HASH_LEN, Reencrypted};

use super::show;
use crate::cipher::{self, Destination, with_scratch};
use crate::encrypted_type::error::{Error, Result};
use crate::encrypted_type::{Value, ValueOut, input};
use crate::pg::Answer;
use crate::pg::FunctionCallInfo;
use crate::pg::SqlError;
use crate::pg::arguments::given;
use crate::pg::text::{Text, TextOut};
use crate::pg::{catalog, raw_function};
use crate::phone::regions::Chosen;
use crate::ratelimit::PHONE_PREFIX;

/// `encrypted_phone(phone, regions)`: the value of a phone, read under an ordered list of regions such as `'AU,US'`.
/// Without regions a text is cast: `phone::encrypted_phone`.
///
/// Errors: an encrypted value, 22P02; an unknown region, 22023; regions NULL, 22004; no key, or keys that differ from
/// the pin, 55000.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_phone_type"])]
fn encrypted_phone(phone: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<ValueOut>> {
    let regions = Chosen::read(given(regions, "regions")?)?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(Some(ValueOut::of(input::sealed(
        DataType::Phone,
        phone,
        &regions,
    )?)))
}

fn shown(
    function: &'static str,
    value: Option<Value<'_>>,
    show: impl FnOnce(&bytes::Plain<'_>) -> Result<TextOut>,
) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(cipher::open_typed(
        value.bytes(),
        Destination::Client(function),
        show,
    )?))
}

/// `phone_decrypt(value)`: the E.164 number; the text where that is no number. All of the value is verified first.
///
/// Errors: malformed, 22P02; not authentic, or a tag of another number, 22000; a key that is not configured, 55000; the
/// connection is not trusted with plain text, 42501.
#[pg_extern(stable, parallel_restricted, name = "phone_decrypt", requires = ["encrypted_phone_type"])]
fn decrypt_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    shown("phone_decrypt", value, show::number)
}

/// `phone_show(value)`: as `phone_decrypt`, under the name that plain text answers to as well: one query works before
/// and after a column is converted.
///
/// Errors: as `phone_decrypt`.
#[pg_extern(stable, parallel_restricted, name = "phone_show", requires = ["encrypted_phone_type"])]
fn show_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    shown("phone_show", value, show::number)
}

/// `phone_show(text)`: the text.
#[pg_extern(immutable, parallel_safe, name = "phone_show")]
fn show_text(text: Option<Text<'_>>) -> Option<TextOut> {
    text.map(|text| TextOut::copy(text))
}

/// `phone_original(value)`: what was written, where the value keeps it, else as `phone_decrypt`.
///
/// Errors: as `phone_decrypt`.
#[pg_extern(stable, parallel_restricted, requires = ["encrypted_phone_type"])]
fn phone_original(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    shown("phone_original", value, show::original)
}

/// `phone_extension(value)`: the extension that was written after the number; NULL where there is none.
///
/// Errors: as `phone_decrypt`; default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_restricted, requires = ["encrypted_phone_type"])]
fn phone_extension(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(cipher::open_typed(
        value.bytes(),
        Destination::Client("phone_extension"),
        show::extension,
    )?)
}

/// `phone_reveal(value)`: the number for whoever may execute `phone_decrypt(encrypted_phone)`, else its mask. It is
/// decided at run time, for the current user and whoever calls the outermost function, so that one view serves both and a
/// SECURITY DEFINER function does not show what its owner may see.
///
/// Errors: as `phone_decrypt`; the mask is not subject to require_tls.
#[pg_extern(stable, parallel_restricted, name = "phone_reveal", requires = ["encrypted_phone_type"])]
fn reveal_value(value: Option<Value<'_>>, fcinfo: FunctionCallInfo) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let schema = catalog::schema_of_call(fcinfo);
    match catalog::outermost_may_execute_with(
        schema,
        c"phone_decrypt",
        &[catalog::argument_type(fcinfo)],
    ) {
        true => shown("phone_reveal", Some(value), show::number),
        false => masked("phone_reveal", value),
    }
}

fn masked(function: &'static str, value: Value<'_>) -> Answer<Option<TextOut>> {
    let destination = Destination::Masked(function);
    let masked = cipher::open_typed(value.bytes(), destination, show::mask)?;
    Ok(Some(masked))
}

/// `phone_mask(value)`: calling code and the last three digits. Text that is no number is hidden entirely.
///
/// Errors: as `phone_decrypt`, but no plain text leaves, so require_tls does not apply.
#[pg_extern(stable, parallel_safe, name = "phone_mask", requires = ["encrypted_phone_type"])]
fn mask_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    match value {
        Some(value) => masked("phone_mask", value),
        None => Ok(None),
    }
}

/// `phone_region(value)`: the region that the number belongs to; NULL where it has none, and for text that is no number.
///
/// Errors: as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_region", requires = ["encrypted_phone_type"])]
fn region_of_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(cipher::open_typed(
        value.bytes(),
        Destination::Masked("phone_region"),
        |plain| Result::Ok(show::fact(plain, |phone| phone.region())),
    )?)
}

/// `phone_timezones(value)`: the time zones where its line may be; NULL for text that is no number.
///
/// Errors: as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_timezones", requires = ["encrypted_phone_type"])]
fn timezones_of_value(value: Option<Value<'_>>) -> Answer<Option<Vec<&'static str>>> {
    let Some(value) = value else { return Ok(None) };
    Ok(cipher::open_typed(
        value.bytes(),
        Destination::Masked("phone_timezones"),
        |plain| Result::Ok(show::parsed(plain).map(|phone| phone.time_zones())),
    )?)
}

/// `phone_type(value)`: what sort of number it is; NULL for text that is no number.
///
/// Errors: as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_type", requires = ["encrypted_phone_type"])]
fn type_of_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(cipher::open_typed(
        value.bytes(),
        Destination::Masked("phone_type"),
        |plain| Result::Ok(show::fact(plain, |phone| Some(phone.phone_type().as_str()))),
    )?)
}

fn inspected(value: Value<'_>) -> Result<bytes::Info> {
    Ok(bytes::inspect(value.bytes())?)
}

/// `phone_is_number(value)`: whether it holds a phone number, as opposed to other text. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_is_number(value: Option<Value<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(is_number(value)?))
}

fn is_number(value: Value<'_>) -> Result<bool> {
    Ok(bytes::is_number(value.bytes())?)
}

/// `phone_require_number(value)`: true; an error where it holds other text. For CHECK constraints: unlike a constraint
/// that is false, the error shows no row. Needs no key.
///
/// Errors: text that is no number, 23514; malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_require_number(value: Option<Value<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    match is_number(value) {
        Ok(true) => Ok(Some(true)),
        result => {
            raw_function::without_context();
            Err(result.err().unwrap_or(Error::NumberRequired).into())
        }
    }
}

/// `phone_key_id(value)`: the id of the key it is encrypted under. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, name = "phone_key_id", requires = ["encrypted_phone_type"])]
fn key_id_of_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let id = inspected(value)?.key_id.to_string();
    Ok(Some(TextOut::ascii(id.as_bytes())))
}

/// `phone_hash_key_id(value)`: the id of the key that it is compared under. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_hash_key_id(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let id = inspected(value)?.hash_key_id.to_string();
    Ok(Some(TextOut::ascii(id.as_bytes())))
}

/// `phone_reencrypt(value)`: verified, and encrypted again under the primary key; what it equals stays.
///
/// Errors: as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_reencrypt", requires = ["encrypted_phone_type"])]
fn reencrypt_value(value: Option<Value<'_>>) -> Answer<Option<ValueOut>> {
    let Some(value) = value else { return Ok(None) };
    Ok(Some(with_scratch(|out| -> Result<_> {
        let value = value.bytes();
        match cipher::reseal_typed(value, out)? {
            Reencrypted::Unchanged => Ok(ValueOut::new(value)),
            Reencrypted::Replaced => Ok(ValueOut::new(out)),
        }
    })?))
}

/// `phone_hash(value)`: the hash of its number, as `phone_hash` gives it of the plain text.
///
/// Errors: text that is no number, 22023; as `phone_mask`.
#[pg_extern(stable, parallel_safe, name = "phone_hash", requires = ["encrypted_phone_type"])]
fn hash_of_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let mut hash = [0; HASH_LEN];
    show::with_number(value.bytes(), |e164| cipher::hash(e164, b"", &mut hash))?;
    Ok(Some(TextOut::ascii(&hash)))
}

/// `phone_ratelimit_key(value)`: `phone_hash:` and the hash of its number.
///
/// Errors: as `phone_hash`.
#[pg_extern(stable, parallel_safe, name = "phone_ratelimit_key", requires = ["encrypted_phone_type"])]
fn ratelimit_key_of_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let mut hash = [0; HASH_LEN];
    show::with_number(value.bytes(), |e164| cipher::hash(e164, b"", &mut hash))?;
    Ok(Some(TextOut::ascii(
        &[PHONE_PREFIX.as_slice(), &hash].concat(),
    )))
}

/// `phone_value(value)`: the same value as text `iv:encrypted_data`. Needs no key.
///
/// Errors: malformed, 22P02.
#[pg_extern(immutable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_value(value: Option<Value<'_>>) -> Answer<Option<TextOut>> {
    let Some(value) = value else { return Ok(None) };
    let mut text = Vec::new();
    bytes::append_value_text(value.bytes(), &mut text).map_err(Error::from)?;
    Ok(Some(TextOut::ascii(&text)))
}

/// `phone_from_value(value, hash_key_id)`: the value that `phone_value` was given. Needs no key; where there are keys,
/// it is verified.
///
/// Errors: malformed, 22P02; not authentic, or of another hash key, 22000; no key id, 22023; hash_key_id NULL, 22004.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_from_value(
    value: Option<Text<'_>>,
    hash_key_id: Option<Text<'_>>,
) -> Answer<Option<ValueOut>> {
    let hash_key_id = given(hash_key_id, "hash_key_id")?;
    let hash_key_id = hash_key_id.or_empty().parse().map_err(Error::from)?;
    let Some(value) = value else { return Ok(None) };
    let mut typed = Vec::new();
    bytes::from_value_text(DataType::Phone, value.bytes(), hash_key_id, &mut typed)
        .map_err(Error::from)?;
    cipher::verify_if_possible(&typed)?;
    Ok(Some(ValueOut::new(&typed)))
}

/// `phone_verify(value)`: whether the value is authentic and its tag that of its plain text. Shows nothing of it.
///
/// Errors: a key that is not configured, or keys that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe, requires = ["encrypted_phone_type"])]
fn phone_verify(value: Option<Value<'_>>) -> Answer<Option<bool>> {
    let Some(value) = value else { return Ok(None) };
    match cipher::verify_typed(value.bytes()) {
        Ok(()) => Ok(Some(true)),
        Err(error) if error.is_fault_of_the_value() => Ok(Some(false)),
        Err(error) => Err(error.into()),
    }
}
