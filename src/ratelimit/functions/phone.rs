//! What the lists and blocks of phone numbers are kept with (`sql/ratelimit/phones.sql`).

use pgrx::datum::TimestampWithTimeZone;
use pgrx::{default, pg_extern};
use phone_crypt_core::crypto::Kind;

use super::admin::state_keys;
use super::error::Result;
use crate::cipher::stats::Operation;
use crate::cipher::{self, Destination, Hash, with_scratch};
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::arguments::required;
use crate::pg::interval::to_timestamp;
use crate::pg::text::Text;
use crate::phone::arguments;
use crate::phone::e164::with_e164;
use crate::ratelimit::{self, PHONE_PREFIX};

/// The rate-limit keys of these hashes.
fn keys_of(hashes: &[Hash]) -> Vec<String> {
    let key_of = |hash: &Hash| {
        String::from_utf8_lossy(&[PHONE_PREFIX.as_slice(), hash].concat()).into_owned()
    };
    hashes.iter().map(key_of).collect()
}

/// `phone_crypt.ratelimit_phone_keys(phone[, regions])`: the number's rate-limit keys under every configured key and both hash
/// schemes, that of `phone_ratelimit_key` first.
///
/// Errors: NULL, 22004; not a phone number, or an unknown region, 22023; no key, or keys or default regions that differ
/// from the pin, 55000.
#[pg_extern(stable, parallel_safe, schema = "phone_crypt")]
fn ratelimit_phone_keys(
    phone: Option<Text<'_>>,
    regions: default!(Option<Text<'_>>, "'default'"),
) -> Answer<Vec<String>> {
    let phone = given(phone, "phone")?;
    let regions = arguments::regions(regions)?;
    Ok(with_e164(phone, &regions, Operation::Hash, |e164| {
        Result::Ok(keys_of(&cipher::ordered_hashes(e164)?))
    })?)
}

/// `phone_crypt.ratelimit_phone_keys_of(value, context)`: the same of an encrypted number. No plain text leaves.
///
/// Errors: NULL, 22004; as `phone_decrypt`, but for the transport and lockdowns.
#[pg_extern(stable, parallel_safe, schema = "phone_crypt")]
fn ratelimit_phone_keys_of(
    value: Option<Text<'_>>,
    context: Option<Text<'_>>,
) -> Answer<Vec<String>> {
    let value = given(value, "value")?;
    let context = required(context, "context")?;
    Ok(with_scratch(|e164| {
        cipher::open(
            Kind::Phone,
            value.bytes(),
            context.as_bytes(),
            Destination::Storage,
            e164,
        )?;
        Result::Ok(keys_of(&cipher::stored_hashes(e164)?))
    })?)
}

/// `phone_crypt.ratelimit_blocked_until(key[, policy])`: when the block of a key ends; NULL where none is in force. What
/// the trial of a policy has is none.
///
/// Errors: as `ratelimit_reset`.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn ratelimit_blocked_until(
    key: Option<Text<'_>>,
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<Option<TimestampWithTimeZone>> {
    let (keys, durable) = state_keys(key, policy)?;
    let Some(key) = keys.first() else {
        return Ok(None);
    };
    let until_us = ratelimit::change(key.name(), durable, |entry, now_us| {
        let until_us = entry.blocked_until_us;
        (None, (until_us > now_us).then_some(until_us))
    })?;
    Ok(until_us.and_then(to_timestamp))
}
