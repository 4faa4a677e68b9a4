//! The SQL functions.

use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::DataType;
use phone_crypt_core::crypto::{Kind, ValueError};
use phone_crypt_core::email::{self, MatchRules};

use super::error::{Error, Result};
use super::show;
use crate::cipher::{self, Destination, with_scratch};
use crate::encrypted_type::decode_text_form;
use crate::pg::Answer;
use crate::pg::arguments::{given, required};
use crate::pg::text::{Text, TextOut};

/// The address in its one spelling.
fn normalized(address: Text<'_>) -> Result<String> {
    Ok(email::normalize(&address.exact()?)?)
}

/// `email_normalize(address)`: the domain in lower case and in ASCII (UTS 46), the local part as it is, without blanks around it.
/// NULL gives NULL.
///
/// Errors: not an e-mail address, 22023.
#[pg_extern(immutable, parallel_safe)]
fn email_normalize(address: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let Some(address) = address else {
        return Ok(None);
    };
    Ok(Some(TextOut::new(&normalized(address)?)?))
}

/// `email_is_valid(address)`: whether [`email_normalize`] takes it. It says nothing of a mailbox. NULL gives NULL.
#[pg_extern(immutable, parallel_safe)]
fn email_is_valid(address: Option<Text<'_>>) -> Option<bool> {
    let address = address?;
    Some(email::normalize(&address.or_empty()).is_ok())
}

/// `email_mask(address)`: the first character of both sides and the top-level domain, such as `j***@e***.com`; ten asterisks for a
/// text that is no address. NULL gives NULL.
#[pg_extern(immutable, parallel_safe)]
fn email_mask(address: Option<Text<'_>>) -> Answer<Option<TextOut>> {
    let Some(address) = address else {
        return Ok(None);
    };
    Ok(Some(TextOut::new(&email::mask(&address.or_empty()))?))
}

/// `email_match_key(address[, without_tag[, as_gmail]])`: a text that is equal for addresses that are taken for one person's: all of
/// it in lower case; without what follows a `+`; at Gmail without dots, and gmail.com for googlemail.com. NULL address gives NULL.
///
/// Errors: not an e-mail address, 22023; another argument NULL, 22004.
#[pg_extern(immutable, parallel_safe)]
fn email_match_key(
    address: Option<Text<'_>>,
    without_tag: default!(Option<bool>, "false"),
    as_gmail: default!(Option<bool>, "false"),
) -> Answer<Option<TextOut>> {
    let rules = MatchRules {
        without_tag: given(without_tag, "without_tag")?,
        as_gmail: given(as_gmail, "as_gmail")?,
    };
    let Some(address) = address else {
        return Ok(None);
    };
    let key = email::match_key(&address.exact()?, rules).map_err(Error::from)?;
    Ok(Some(TextOut::new(&key)?))
}

/// `email_encrypt(address[, context])`: the normalised address, encrypted. NULL address gives NULL.
///
/// Errors: not an e-mail address, 22023; context NULL, 22004; no key, or a ring that differs from the pin, 55000.
#[pg_extern(volatile, parallel_safe)]
fn email_encrypt(
    address: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = required(context, "context")?;
    let Some(address) = address else {
        return Ok(None);
    };
    Ok(Some(encrypted(address, context.as_bytes())?))
}

fn encrypted(address: Text<'_>, context: &[u8]) -> Result<TextOut> {
    let address = normalized(address)?;
    with_scratch(|out| {
        cipher::seal(Kind::Address, address.as_bytes(), context, out)?;
        Ok(TextOut::ascii(out))
    })
}

/// `email_decrypt(value[, context])`: the address. A value of `encrypted_email` in its form as text has no context. NULL value
/// gives NULL.
///
/// Errors: not a phone_crypt value, 22P02; not authentic, wrong context or kind, 22000; context NULL, 22004; a key that is not
/// configured, or a ring that differs from the pin, 55000; the connection is not trusted with plain text, 42501.
#[pg_extern(stable, parallel_restricted)]
fn email_decrypt(
    value: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = required(context, "context")?;
    let Some(value) = value else {
        return Ok(None);
    };
    Ok(Some(decrypted(value.bytes(), context.as_bytes())?))
}

fn decrypted(value: &[u8], context: &[u8]) -> Result<TextOut> {
    let destination = Destination::Client("email_decrypt");
    // PostgreSQL calls the function of text where it does not know the type, as with a bound argument.
    if let Some(typed) = decode_text_form(DataType::Email, Text::of(value)) {
        let typed = typed?;
        if !context.is_empty() {
            return Err(ValueError::NotAuthentic.into());
        }
        return cipher::open_typed(&typed, destination, show::address);
    }
    with_scratch(|out| {
        cipher::open(Kind::Address, value, context, destination, out)?;
        Ok(TextOut::utf8(out)?)
    })
}

/// `email_hash(address[, context])`: 64 hexadecimal digits, equal for addresses that are equal once normalised; a context keeps two
/// tables from being linked. NULL address gives NULL.
///
/// Errors: as `email_encrypt`.
#[pg_extern(stable, parallel_safe)]
fn email_hash(
    address: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<TextOut>> {
    let context = required(context, "context")?;
    let Some(address) = address else {
        return Ok(None);
    };
    let address = normalized(address)?;
    let hash = cipher::address_hash(address.as_bytes(), context.as_bytes());
    Ok(Some(TextOut::ascii(&hash.map_err(Error::from)?)))
}

/// `email_hashes(address[, context])`: the hashes under every configured key, that of `email_hash` first:
/// `WHERE email_hash = ANY(email_hashes($1))`. NULL address gives NULL.
///
/// Errors: as `email_encrypt`.
#[pg_extern(stable, parallel_safe)]
fn email_hashes(
    address: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
) -> Answer<Option<Vec<String>>> {
    let context = required(context, "context")?;
    let Some(address) = address else {
        return Ok(None);
    };
    let address = normalized(address)?;
    let hashes = cipher::address_hashes(address.as_bytes(), context.as_bytes());
    let texts = hashes.map_err(Error::from)?.into_iter();
    Ok(Some(
        texts
            .map(|hash| String::from_utf8_lossy(&hash).into_owned())
            .collect(),
    ))
}
