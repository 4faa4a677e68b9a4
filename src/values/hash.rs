//! The keyed hash (blind index) that lookups go through.

use pgrx::{Array, default, pg_extern};
use phone_crypt_core::crypto::HASH_LEN;
use phone_crypt_core::phone;
use std::collections::HashSet;

use crate::cipher;
use crate::cipher::stats::{Operation, count};
use crate::pg::Answer;
use crate::pg::text::{Text, TextOut};
use crate::phone::arguments;
use crate::phone::e164::with_e164;
use crate::phone::regions::Chosen;
use crate::ratelimit::PHONE_PREFIX;
use crate::values::error::Result;

/// What `as_text` makes of the current hash of the phone.
fn hashed(
    phone: Text<'_>,
    context: &str,
    regions: &Chosen<'_>,
    as_text: impl FnOnce(&[u8; HASH_LEN]) -> TextOut,
) -> Result<TextOut> {
    with_e164(phone, regions, Operation::Hash, |e164| {
        let mut hash = [0; HASH_LEN];
        cipher::hash(e164, context.as_bytes(), &mut hash)?;
        Ok(as_text(&hash))
    })
}

/// `phone_hash(phone[, context[, regions]])`: 64 hexadecimal digits, equal for equal numbers however they are written.
/// A context keeps two tables from being linked. NULL phone gives NULL.
///
/// Errors: not a phone number, an unknown region, a list of regions as context, or a context under hash scheme raw,
/// 22023; context or regions NULL, 22004; no key, or keys or default regions that differ from the pin, 55000.
#[pg_extern(stable, parallel_safe)]
fn phone_hash(
    phone: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<TextOut>> {
    let context = arguments::context(context)?;
    let regions = arguments::regions(regions)?;
    let Some(phone) = phone else { return Ok(None) };
    let hash = hashed(phone, &context, &regions, |hash| TextOut::ascii(hash))?;
    Ok(Some(hash))
}

fn all_hashed(phone: Text<'_>, context: &str, regions: &Chosen<'_>) -> Result<Vec<String>> {
    with_e164(phone, regions, Operation::Hash, |e164| {
        hash_texts(e164, context)
    })
}

/// As [`all_hashed`], also for what `phone_equivalents` gives and is no phone number any more.
fn all_hashed_as_equivalent(
    phone: Text<'_>,
    context: &str,
    regions: &Chosen<'_>,
) -> Result<Vec<String>> {
    let phone = phone.or_empty();
    let forms = regions.with(&phone, |regions| -> crate::phone::error::Result<_> {
        Ok(phone::equivalents_of(&phone, regions)?)
    });
    let forms = match forms {
        Ok(forms) => forms,
        Err(error) => return count(Operation::Hash, Err(error.into())),
    };
    match forms.first() {
        Some(number) => hash_texts(number.as_bytes(), context),
        None => Ok(Vec::new()),
    }
}

fn hash_texts(e164: &[u8], context: &str) -> Result<Vec<String>> {
    let hashes = cipher::hashes(e164, context.as_bytes())?;
    let texts = hashes.iter().map(|hash| String::from_utf8_lossy(hash));
    Ok(texts.map(|hash| hash.into_owned()).collect())
}

/// `phone_hashes(phone[, context[, regions]])`: the hashes of the number under every scheme and configured key, the one
/// that `phone_hash` gives first: `WHERE phone_hash = ANY(phone_hashes($1))`. NULL phone gives NULL.
///
/// Errors: as `phone_hash`.
#[pg_extern(stable, parallel_safe)]
fn phone_hashes(
    phone: Option<Text<'_>>,
    context: default!(Option<Text<'_>>, "''"),
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<Vec<String>>> {
    let context = arguments::context(context)?;
    let regions = arguments::regions(regions)?;
    let Some(phone) = phone else { return Ok(None) };
    Ok(Some(all_hashed(phone, &context, &regions)?))
}

/// `phone_hashes_of(phones[, context[, regions]])`: the hashes of each of the numbers, without repeats:
/// `WHERE phone_hash = ANY(phone_hashes_of(phone_equivalents($1)))`. A NULL element gives none; NULL gives NULL.
///
/// Errors: as `phone_hash`.
#[pg_extern(stable, parallel_safe)]
fn phone_hashes_of(
    phones: Option<Array<'_, Text<'_>>>,
    context: default!(Option<Text<'_>>, "''"),
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<Vec<String>>> {
    let context = arguments::context(context)?;
    let regions = arguments::regions(regions)?;
    regions.check()?;
    let Some(phones) = phones else {
        return Ok(None);
    };
    let mut seen = HashSet::new();
    let mut hashes = Vec::new();
    for phone in phones.iter().flatten() {
        let of_one = all_hashed_as_equivalent(phone, &context, &regions)?;
        hashes.extend(of_one.into_iter().filter(|hash| seen.insert(hash.clone())));
    }
    Ok(Some(hashes))
}

/// `phone_ratelimit_key(phone[, regions])`: `phone_hash:` and the hash, the conventional rate-limit key of a phone.
///
/// Errors: as `phone_hash`.
#[pg_extern(stable, parallel_safe)]
fn phone_ratelimit_key(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Option<TextOut>> {
    let regions = arguments::regions(regions)?;
    let Some(phone) = phone else { return Ok(None) };
    let key = hashed(phone, "", &regions, |hash| {
        let mut key = [0; PHONE_PREFIX.len() + HASH_LEN];
        key[..PHONE_PREFIX.len()].copy_from_slice(PHONE_PREFIX);
        key[PHONE_PREFIX.len()..].copy_from_slice(hash);
        TextOut::ascii(&key)
    })?;
    Ok(Some(key))
}
