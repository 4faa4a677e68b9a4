//! The extension's settings: where they live, what guards them, how the rest of the code reads them.
//!
//! Each setting is validated when it is set (a check hook), never when it is read. Check hooks judge
//! one value's syntax only, since a reload assigns settings one at a time; whether the settings fit
//! together is judged when the keyring is built (`keys::ring`).

mod auto_conf;
mod check;
mod tracked;

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use std::ffi::{CStr, CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use crate::pg::check_hook::reserve_prefix;
use crate::pg::{log_filter, preload};

pub use tracked::{TRACKED, any_set_in_session};

/// The schema of the extension's tables and views.
pub const SCHEMA: &CStr = c"phone_crypt";

/// `phone_crypt.environment`: whether a server without a key refuses or uses the development key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Environment {
    /// Without a key: an error.
    #[name = c"production"]
    Production,
    /// Without a key: the public development key, with one WARNING a session.
    #[name = c"development"]
    Development,
}

/// `phone_crypt.require_tls`: which connections may receive plain text unencrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum RequireTls {
    /// All of them.
    #[name = c"off"]
    Off,
    /// Unix sockets and loopback only. The default: nothing crosses a network in the clear.
    #[name = c"remote"]
    Remote,
    /// None.
    #[name = c"on"]
    On,
}

/// `phone_crypt.accept_legacy`: which unauthenticated scheme `phone_decrypt` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum AcceptLegacy {
    /// None. The default: whoever can write the column could forge such values.
    #[name = c"off"]
    Off,
    /// AES-256-CBC under the key's 32 bytes.
    #[name = c"cbc"]
    Cbc,
    /// AES-256-CBC under a PBKDF2 key.
    #[name = c"cbc-pbkdf2"]
    CbcPbkdf2,
    /// Node.js's `createCipher`.
    #[name = c"node-evp"]
    NodeEvp,
}

/// `phone_crypt.ratelimit_engine`: where the state of rate limits is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum RatelimitEngine {
    /// In shared memory where it can be had, else in the table.
    #[name = c"auto"]
    Auto,
    /// In shared memory, or nothing works.
    #[name = c"memory"]
    Memory,
    /// In the table.
    #[name = c"table"]
    Table,
}

/// `phone_crypt.audit_mirror`: where audit records go besides the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum AuditMirror {
    /// Nowhere.
    #[name = c"off"]
    Off,
    /// The server log, a line of JSON each.
    #[name = c"log"]
    Log,
    /// NOTIFY on the channel `phone_crypt_audit`.
    #[name = c"notify"]
    Notify,
    /// Both.
    #[name = c"both"]
    Both,
}

/// The most slots that can be asked for.
const MAX_SLOTS: i32 = 1 << 24;
/// The longest time between two flushes: an hour.
const MAX_FLUSH_INTERVAL_MS: i32 = 3_600_000;

static RATELIMIT_ENGINE: GucSetting<RatelimitEngine> =
    GucSetting::<RatelimitEngine>::new(RatelimitEngine::Auto);
static RATELIMIT_SLOTS: GucSetting<i32> = GucSetting::<i32>::new(65_536);
static RATELIMIT_FLUSH_INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(1000);
/// The longest time that records are kept: ten years.
const MAX_SEND_RECORDS_KEEP_MIN: i32 = 5_256_000;
static SEND_RECORDS_KEEP: GucSetting<i32> = GucSetting::<i32>::new(30 * 24 * 60);
static AUDIT_SYNC: GucSetting<bool> = GucSetting::<bool>::new(false);
static AUDIT_SYNC_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(5000);
static AUDIT_CHECKPOINT_INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(60_000);
static AUDIT_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(0);
static AUDIT_MIRROR: GucSetting<AuditMirror> = GucSetting::<AuditMirror>::new(AuditMirror::Off);

/// The most suppressed numbers that the filter can be made for: 512 MB.
const MAX_FILTERED: i32 = 1 << 28;

static SUPPRESSION_FILTER_SIZE: GucSetting<i32> = GucSetting::<i32>::new(1_000_000);
static ENVIRONMENT: GucSetting<Environment> =
    GucSetting::<Environment>::new(Environment::Production);
static REQUIRE_TLS: GucSetting<RequireTls> = GucSetting::<RequireTls>::new(RequireTls::Remote);
static ACCEPT_LEGACY: GucSetting<AcceptLegacy> = GucSetting::<AcceptLegacy>::new(AcceptLegacy::Off);
static VERIFY_INPUT: GucSetting<bool> = GucSetting::<bool>::new(true);
static KEY_FILE: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);
static KEY_COMMAND: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// `phone_crypt.environment`.
pub fn environment() -> Environment {
    ENVIRONMENT.get()
}

/// `phone_crypt.require_tls`.
pub fn require_tls() -> RequireTls {
    REQUIRE_TLS.get()
}

/// `phone_crypt.accept_legacy`.
pub fn accept_legacy() -> AcceptLegacy {
    ACCEPT_LEGACY.get()
}

/// `phone_crypt.verify_input`.
pub fn verify_input() -> bool {
    VERIFY_INPUT.get()
}

/// `phone_crypt.ratelimit_engine`.
pub fn ratelimit_engine() -> RatelimitEngine {
    RATELIMIT_ENGINE.get()
}

/// `phone_crypt.ratelimit_slots`.
pub fn ratelimit_slots() -> usize {
    usize::try_from(RATELIMIT_SLOTS.get()).unwrap_or(0)
}

/// `phone_crypt.ratelimit_flush_interval`; zero for flushes on demand only.
pub fn ratelimit_flush_interval() -> Duration {
    Duration::from_millis(u64::try_from(RATELIMIT_FLUSH_INTERVAL.get()).unwrap_or(0))
}

/// `phone_crypt.send_records_keep` in minutes; 0: nothing is recorded.
pub fn send_records_keep_minutes() -> i32 {
    SEND_RECORDS_KEEP.get()
}

/// `phone_crypt.audit_sync`.
pub fn audit_sync() -> bool {
    AUDIT_SYNC.get()
}

/// `phone_crypt.audit_sync_timeout`.
pub fn audit_sync_timeout() -> Duration {
    Duration::from_millis(u64::try_from(AUDIT_SYNC_TIMEOUT.get()).unwrap_or(0))
}

/// `phone_crypt.audit_checkpoint_interval`.
pub fn audit_checkpoint_interval() -> Duration {
    Duration::from_millis(u64::try_from(AUDIT_CHECKPOINT_INTERVAL.get()).unwrap_or(0))
}

/// `phone_crypt.audit_retention`; none where records are kept for ever.
pub fn audit_retention() -> Option<Duration> {
    let minutes = u64::try_from(AUDIT_RETENTION.get()).unwrap_or(0);
    (minutes > 0).then(|| Duration::from_secs(60 * minutes))
}

/// `phone_crypt.audit_mirror`.
pub fn audit_mirror() -> AuditMirror {
    AUDIT_MIRROR.get()
}

/// `phone_crypt.suppression_filter_size`: how many numbers it is made for; zero for no filter.
pub fn suppression_filter_size() -> usize {
    usize::try_from(SUPPRESSION_FILTER_SIZE.get()).unwrap_or(0)
}

/// `phone_crypt.key_file`; None when empty.
pub fn key_file() -> Option<OsString> {
    non_empty(&KEY_FILE)
}

/// `phone_crypt.key_command`; None when empty.
pub fn key_command() -> Option<OsString> {
    non_empty(&KEY_COMMAND)
}

fn non_empty(setting: &GucSetting<Option<CString>>) -> Option<OsString> {
    let bytes = setting.get()?.into_bytes();
    (!bytes.is_empty()).then(|| OsString::from_vec(bytes))
}

/// Defines every setting. Called once by `_PG_init`.
pub fn define() {
    if preload::in_progress() {
        log_filter::install(tracked::secret_named_in);
    }
    tracked::define();
    GucRegistry::define_enum_guc(
        c"phone_crypt.environment",
        c"production: without a key, an error. development: without a key, the public development key.",
        c"In development require_tls only warns.",
        &ENVIRONMENT,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"phone_crypt.require_tls",
        c"Which connections must be encrypted before plain text is sent over them: off, remote or on.",
        c"remote exempts Unix sockets and loopback addresses.",
        &REQUIRE_TLS,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"phone_crypt.accept_legacy",
        c"Lets phone_decrypt take unauthenticated iv:data values of this scheme: off, cbc, cbc-pbkdf2, node-evp.",
        c"Whoever can write such a column can forge numbers, so turn it off when the migration is over.",
        &ACCEPT_LEGACY,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"phone_crypt.verify_input",
        c"Whether stored values of type encrypted_phone are verified when they are given as input.",
        c"Turn it off for a bulk restore only, and verify the columns afterwards: CALL phone_verify_column().",
        &VERIFY_INPUT,
        GucContext::Suset,
        GucFlags::default(),
    );
    define_key_places();
    define_ratelimit();
    define_sending();
    define_audit();
    GucRegistry::define_int_guc(
        c"phone_crypt.suppression_filter_size",
        c"How many suppressed numbers the filter in shared memory is made for, in all databases.",
        c"2 bytes each; with more, look-ups are slower. 0: no filter.",
        &SUPPRESSION_FILTER_SIZE,
        0,
        MAX_FILTERED,
        at_start_only(),
        GucFlags::default(),
    );
    reserve_prefix(c"phone_crypt");
}

fn define_key_places() {
    GucRegistry::define_string_guc(
        c"phone_crypt.key_file",
        c"File with one key a line, the primary first; read again on reload.",
        c"Its owner and mode must be what PostgreSQL asks of ssl_key_file.",
        &KEY_FILE,
        GucContext::Sighup,
        GucFlags::SUPERUSER_ONLY,
    );
    GucRegistry::define_string_guc(
        c"phone_crypt.key_command",
        c"Command that prints one key a line, the primary first; run once at server start.",
        c"Needs phone_crypt in shared_preload_libraries.",
        &KEY_COMMAND,
        at_start_only(),
        GucFlags::SUPERUSER_ONLY,
    );
}

fn define_ratelimit() {
    GucRegistry::define_enum_guc(
        c"phone_crypt.ratelimit_engine",
        c"Where the state of rate limits is kept: auto, memory or table.",
        c"auto is memory when phone_crypt is in shared_preload_libraries, else table.",
        &RATELIMIT_ENGINE,
        GucContext::Sighup,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"phone_crypt.ratelimit_slots",
        c"How many keys of rate limits shared memory has room for.",
        c"About 0.8 kB each.",
        &RATELIMIT_SLOTS,
        64,
        MAX_SLOTS,
        at_start_only(),
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"phone_crypt.ratelimit_flush_interval",
        c"Time between two flushes of rate limits from shared memory to the table.",
        c"0: only on demand, by ratelimit_flush().",
        &RATELIMIT_FLUSH_INTERVAL,
        0,
        MAX_FLUSH_INTERVAL_MS,
        GucContext::Sighup,
        GucFlags::UNIT_MS,
    );
}

fn define_sending() {
    GucRegistry::define_int_guc(
        c"phone_crypt.send_records_keep",
        c"How long decisions of sending policies are kept in phone_crypt.send_records.",
        c"0: none are recorded.",
        &SEND_RECORDS_KEEP,
        0,
        MAX_SEND_RECORDS_KEEP_MIN,
        GucContext::Sighup,
        GucFlags::UNIT_MIN,
    );
}

fn define_audit() {
    GucRegistry::define_bool_guc(
        c"phone_crypt.audit_sync",
        c"Whether a read waits until the audit record that announces it is durable.",
        c"Needs phone_crypt in shared_preload_libraries; reads are refused on a standby then.",
        &AUDIT_SYNC,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"phone_crypt.audit_sync_timeout",
        c"How long a read waits for its audit record, before it is refused.",
        c"With audit_sync only.",
        &AUDIT_SYNC_TIMEOUT,
        10,
        MAX_FLUSH_INTERVAL_MS,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"phone_crypt.audit_checkpoint_interval",
        c"Time between two signed checkpoints of the audit log, while it grows.",
        c"A checkpoint that is kept elsewhere proves what the log was then.",
        &AUDIT_CHECKPOINT_INTERVAL,
        100,
        24 * MAX_FLUSH_INTERVAL_MS,
        GucContext::Sighup,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"phone_crypt.audit_retention",
        c"How long audit records are kept at least; whole months are dropped. 0: for ever.",
        c"Their hashes stay.",
        &AUDIT_RETENTION,
        0,
        i32::MAX,
        GucContext::Sighup,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_enum_guc(
        c"phone_crypt.audit_mirror",
        c"Where audit records go besides the log: off, log, notify or both.",
        c"log: a line of JSON in the server log. notify: NOTIFY phone_crypt_audit.",
        &AUDIT_MIRROR,
        GucContext::Sighup,
        GucFlags::default(),
    );
}

/// A POSTMASTER setting can be defined in the preload phase only. Elsewhere it has no effect, and is known just so
/// that what needs it can say why.
fn at_start_only() -> GucContext {
    if preload::in_progress() {
        GucContext::Postmaster
    } else {
        GucContext::Sighup
    }
}
