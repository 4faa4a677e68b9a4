//! The syntax of each tracked setting. Nothing here echoes a value.

use phone_crypt_core::audit::Classes;
use phone_crypt_core::crypto::{HashSchemes, KeyId, KeyText, parse_previous_keys};
use phone_crypt_core::phone::Regions;

use crate::pg::tracked_setting::Refusal;

const KEY_HINT: &str = concat!(
    "SELECT phone_crypt_generate_key() makes a good one. Where to put it: ",
    crate::documentation!("keys.md#where-to-put-it")
);

/// `encryption_key`: one key, or empty for none.
pub fn encryption_key(value: &str) -> Result<(), Refusal> {
    if value.is_empty() {
        return Ok(());
    }
    KeyText::parse(value)
        .map(drop)
        .map_err(|error| (format!("phone_crypt.encryption_key: {error}"), KEY_HINT))
}

/// `previous_keys`: keys separated by commas, none twice.
pub fn previous_keys(value: &str) -> Result<(), Refusal> {
    parse_previous_keys(value)
        .map(drop)
        .map_err(|error| (format!("phone_crypt.previous_keys: {error}"), KEY_HINT))
}

/// `hash_key_id` and `legacy_key_id`: empty, or eight hexadecimal digits.
pub fn key_id(value: &str) -> Result<(), Refusal> {
    if value.is_empty() || value.parse::<KeyId>().is_ok() {
        return Ok(());
    }
    Err((
        "a key id has 8 hexadecimal digits, in lower case".to_owned(),
        "phone_crypt.key_status shows the ids of the configured keys.",
    ))
}

/// `hash_scheme`.
pub fn hash_scheme(value: &str) -> Result<(), Refusal> {
    HashSchemes::parse(value).map(drop).map_err(|error| {
        (
            error.to_string(),
            "One of: derived; raw; derived,raw; raw,derived. The first is what phone_hash writes.",
        )
    })
}

/// `default_regions`.
pub fn default_regions(value: &str) -> Result<(), Refusal> {
    Regions::parse(value).map(drop).map_err(|error| {
        (
            format!("phone_crypt.default_regions: {error}"),
            "An ordered list of two-letter regions, such as 'AU,US', or empty for numbers with + only.",
        )
    })
}

/// `audit`.
pub fn audit(value: &str) -> Result<(), Refusal> {
    Classes::parse(value).map(drop).map_err(|error| {
        (
            format!("phone_crypt.audit: {error}"),
            "Such as 'auth, admin, read', or 'all'.",
        )
    })
}
