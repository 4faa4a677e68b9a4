//! The settings whose source matters, or whose change must be noticed: the keys and what goes with them.

use pgrx::{GucContext, GucFlags};
use std::ffi::CStr;
use std::sync::atomic::AtomicU64;

use super::{auto_conf, check};
use crate::pg::tracked_setting::{Check, Secret, TrackedSetting};
use crate::{define_tracked_setting, documentation};

/// Changes of the settings that shape the keyring, and of those that name regions.
static KEYRING_CHANGES: AtomicU64 = AtomicU64::new(1);
static REGION_CHANGES: AtomicU64 = AtomicU64::new(1);
/// Changes of the classes that are audited.
static AUDIT_CHANGES: AtomicU64 = AtomicU64::new(1);

/// The tracked settings, by name.
pub struct TrackedSettings {
    pub encryption_key: TrackedSetting,
    pub previous_keys: TrackedSetting,
    pub hash_key_id: TrackedSetting,
    pub legacy_key_id: TrackedSetting,
    pub hash_scheme: TrackedSetting,
    pub default_regions: TrackedSetting,
    pub audit: TrackedSetting,
}

/// The one instance.
pub static TRACKED: TrackedSettings = TrackedSettings {
    encryption_key: secret(c"phone_crypt.encryption_key", check::encryption_key),
    previous_keys: secret(c"phone_crypt.previous_keys", check::previous_keys),
    hash_key_id: TrackedSetting::plain(
        c"phone_crypt.hash_key_id",
        c"",
        &KEYRING_CHANGES,
        check::key_id,
    ),
    legacy_key_id: TrackedSetting::plain(
        c"phone_crypt.legacy_key_id",
        c"",
        &KEYRING_CHANGES,
        check::key_id,
    ),
    hash_scheme: TrackedSetting::plain(
        c"phone_crypt.hash_scheme",
        c"derived",
        &KEYRING_CHANGES,
        check::hash_scheme,
    ),
    default_regions: TrackedSetting::plain(
        c"phone_crypt.default_regions",
        c"AU,US",
        &REGION_CHANGES,
        check::default_regions,
    ),
    audit: TrackedSetting::plain(
        c"phone_crypt.audit",
        c"auth, admin",
        &AUDIT_CHANGES,
        check::audit,
    ),
};

/// Whether a setting that shapes the keyring has a value of this session's own.
pub fn any_set_in_session() -> bool {
    let shaping = [
        &TRACKED.encryption_key,
        &TRACKED.previous_keys,
        &TRACKED.hash_key_id,
        &TRACKED.legacy_key_id,
        &TRACKED.hash_scheme,
    ];
    shaping.iter().any(|setting| setting.is_set_in_session())
}

/// The secret setting whose name is in `message`, in whatever case a configuration file wrote it. How the name is
/// quoted depends on the language of the server's messages.
pub fn secret_named_in(message: &str) -> Option<String> {
    let message = message.to_ascii_lowercase();
    [&TRACKED.encryption_key, &TRACKED.previous_keys]
        .into_iter()
        .map(|setting| setting.name().to_string_lossy().into_owned())
        .find(|name| message.contains(name.as_str()))
}

const fn secret(name: &'static CStr, check: Check) -> TrackedSetting {
    let secret = Secret {
        hint: concat!(
            "Use phone_crypt.key_file, or set_config with a bound parameter in the session: ",
            documentation!("keys.md#where-to-put-it")
        ),
        found_in_file: auto_conf::warn_if_there,
    };
    TrackedSetting::secret(name, secret, &KEYRING_CHANGES, check)
}

const PAGES: &CStr = match CStr::from_bytes_with_nul(
    concat!("See ", documentation!("settings.md"), "\0").as_bytes(),
) {
    Ok(text) => text,
    Err(_) => c"",
};

/// Defines the tracked settings.
pub fn define() {
    // All three together (measured on live servers): the show hook alone leaves the value in
    // pg_settings.reset_val, NO_SHOW_ALL alone leaves SHOW to everyone, SUPERUSER_ONLY alone leaves it to
    // members of pg_read_all_settings.
    let secret = GucFlags::SUPERUSER_ONLY | GucFlags::NO_SHOW_ALL;
    let plain = GucFlags::default();
    define_tracked_setting!(
        TRACKED.encryption_key,
        c"The primary key: encrypts, decrypts and hashes.",
        PAGES,
        GucContext::Suset,
        secret
    );
    define_tracked_setting!(
        TRACKED.previous_keys,
        c"Keys that still decrypt and hash, never encrypt.",
        PAGES,
        GucContext::Suset,
        secret
    );
    define_tracked_setting!(
        TRACKED.hash_key_id,
        c"Which configured key hashes; empty: the one the database is pinned to, else the primary.",
        PAGES,
        GucContext::Suset,
        plain
    );
    define_tracked_setting!(
        TRACKED.legacy_key_id,
        c"Which configured key reads legacy values; empty: the primary.",
        PAGES,
        GucContext::Suset,
        plain
    );
    define_tracked_setting!(
        TRACKED.hash_scheme,
        c"Hash schemes: the first is what phone_hash writes.",
        PAGES,
        GucContext::Suset,
        plain
    );
    define_tracked_setting!(
        TRACKED.default_regions,
        c"Ordered regions for numbers without +.",
        PAGES,
        GucContext::Suset,
        plain
    );
    define_tracked_setting!(
        TRACKED.audit,
        c"What is recorded in the audit log: none, all, or a list of auth, write, read, admin, limit.",
        PAGES,
        GucContext::Suset,
        plain
    );
}
