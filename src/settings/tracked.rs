//! Settings whose source matters, or whose change must be noticed: the keys and what goes with them.
//!
//! Each is one row of `TRACKED`. Their hooks are the same few lines, made once by a macro because a C
//! function pointer carries no state.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, pg_guard, pg_sys};
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::auto_conf;
use super::check::{self, Refusal};
use super::hooks::{self, Source};

/// A string setting that remembers where its value came from.
pub struct Tracked {
    name: &'static CStr,
    value: GucSetting<Option<CString>>,
    source: AtomicU32,
    secret: bool,
    /// Counts the changes of what is derived from the setting, so that it is derived anew only then.
    changes: &'static AtomicU64,
    check: Check,
}

type Check = fn(&str) -> Result<(), Refusal>;

/// Changes of the settings that shape the keyring, and of those that name regions.
static KEYRING_CHANGES: AtomicU64 = AtomicU64::new(1);
static REGION_CHANGES: AtomicU64 = AtomicU64::new(1);

/// The tracked settings, by name.
pub struct TrackedSettings {
    pub encryption_key: Tracked,
    pub previous_keys: Tracked,
    pub hash_key_id: Tracked,
    pub legacy_key_id: Tracked,
    pub hash_scheme: Tracked,
    pub default_regions: Tracked,
}

/// The one instance.
pub static TRACKED: TrackedSettings = TrackedSettings {
    encryption_key: Tracked::secret(c"phone_crypt.encryption_key", check::encryption_key),
    previous_keys: Tracked::secret(c"phone_crypt.previous_keys", check::previous_keys),
    hash_key_id: Tracked::plain(
        c"phone_crypt.hash_key_id",
        c"",
        &KEYRING_CHANGES,
        check::key_id,
    ),
    legacy_key_id: Tracked::plain(
        c"phone_crypt.legacy_key_id",
        c"",
        &KEYRING_CHANGES,
        check::key_id,
    ),
    hash_scheme: Tracked::plain(
        c"phone_crypt.hash_scheme",
        c"derived",
        &KEYRING_CHANGES,
        check::hash_scheme,
    ),
    default_regions: Tracked::plain(
        c"phone_crypt.default_regions",
        c"AU,US",
        &REGION_CHANGES,
        check::default_regions,
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
        .map(|setting| setting.name.to_string_lossy().into_owned())
        .find(|name| message.contains(name.as_str()))
}

impl Tracked {
    const fn secret(name: &'static CStr, check: Check) -> Tracked {
        Tracked {
            name,
            value: GucSetting::<Option<CString>>::new(None),
            source: AtomicU32::new(pg_sys::GucSource::PGC_S_DEFAULT),
            secret: true,
            changes: &KEYRING_CHANGES,
            check,
        }
    }

    const fn plain(
        name: &'static CStr,
        default: &'static CStr,
        changes: &'static AtomicU64,
        check: Check,
    ) -> Tracked {
        Tracked {
            name,
            value: GucSetting::<Option<CString>>::new(Some(default)),
            source: AtomicU32::new(pg_sys::GucSource::PGC_S_DEFAULT),
            secret: false,
            changes,
            check,
        }
    }

    /// The number of changes so far, in this process, of this setting and those it works together with.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The value as text; empty where it is not set.
    pub fn get(&self) -> zeroize::Zeroizing<String> {
        let bytes = self
            .value
            .get()
            .map(CString::into_bytes)
            .unwrap_or_default();
        // The check hook let nothing else than UTF-8 through.
        zeroize::Zeroizing::new(String::from_utf8(bytes).unwrap_or_default())
    }

    /// Whether it has a value other than the empty one.
    pub fn is_set(&self) -> bool {
        // SAFETY: PostgreSQL keeps the pointer valid, or null, between assignments.
        unsafe {
            let value = *self.value.as_ptr();
            !value.is_null() && *value != 0
        }
    }

    /// Whether the value was set in this session rather than by the server's configuration.
    pub fn is_set_in_session(&self) -> bool {
        self.is_set() && self.source.load(Ordering::Relaxed) > pg_sys::GucSource::PGC_S_FILE
    }

    /// Whether the value comes from the server's configuration files.
    pub fn is_set_in_file(&self) -> bool {
        self.is_set() && self.source.load(Ordering::Relaxed) == pg_sys::GucSource::PGC_S_FILE
    }

    /// # Safety
    /// To be called by PostgreSQL as a check hook.
    unsafe fn check(
        &self,
        newval: *mut *mut c_char,
        extra: *mut *mut c_void,
        source: Source,
    ) -> bool {
        // SAFETY: a check hook's arguments, valid for the call.
        let value = unsafe { *newval };
        if !value.is_null() {
            if self.secret && source_is_readable_by_others(source) {
                return refuse_source(self.name);
            }
            // SAFETY: not null, NUL-terminated.
            let Ok(text) = unsafe { CStr::from_ptr(value) }.to_str() else {
                return hooks::refuse("the value is not valid UTF-8", "Use printable ASCII.");
            };
            if let Err((message, hint)) = (self.check)(text) {
                return hooks::refuse(&message, hint);
            }
        }
        // SAFETY: PostgreSQL's own pointer.
        unsafe { hooks::remember(extra, source) }
    }

    /// # Safety
    /// To be called by PostgreSQL as an assign hook.
    unsafe fn assign(&self, extra: *const c_void) {
        // SAFETY: PostgreSQL's own pointer.
        let source = unsafe { hooks::remembered(extra) };
        self.source.store(source, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Relaxed);
        if self.secret && source == pg_sys::GucSource::PGC_S_FILE {
            auto_conf::warn_if_there(&self.name.to_string_lossy());
        }
    }

    /// What SHOW prints for a secret.
    fn show(&self) -> *const c_char {
        if self.is_set() { c"<set>" } else { c"<unset>" }.as_ptr()
    }
}

/// Sources from which other users could read the value: the catalogues (`pg_db_role_setting`,
/// `pg_proc.proconfig`), where a value arrives as TEST when it is stored, and the process list.
fn source_is_readable_by_others(source: Source) -> bool {
    use pg_sys::GucSource::*;
    matches!(
        source,
        PGC_S_ARGV | PGC_S_GLOBAL | PGC_S_DATABASE | PGC_S_USER | PGC_S_DATABASE_USER | PGC_S_TEST
    )
}

fn refuse_source(name: &CStr) -> bool {
    // SAFETY: sets the SQLSTATE of the refusal, which PostgreSQL resets before each hook.
    unsafe {
        pg_sys::GUC_check_errcode(
            pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE as i32,
        );
    }
    hooks::refuse(
        &format!(
            "{} cannot be set there: other users could read it",
            name.to_string_lossy()
        ),
        "Use phone_crypt.key_file, or set_config with a bound parameter in the session; see docs/keys.md.",
    )
}

macro_rules! define_tracked {
    ($field:ident, $short:expr, $context:expr, $flags:expr) => {{
        #[pg_guard]
        unsafe extern "C-unwind" fn check(
            newval: *mut *mut c_char,
            extra: *mut *mut c_void,
            source: Source,
        ) -> bool {
            // SAFETY: called by PostgreSQL as a check hook.
            unsafe { TRACKED.$field.check(newval, extra, source) }
        }
        #[pg_guard]
        unsafe extern "C-unwind" fn assign(_newval: *const c_char, extra: *mut c_void) {
            // SAFETY: called by PostgreSQL as an assign hook.
            unsafe { TRACKED.$field.assign(extra) }
        }
        #[pg_guard]
        unsafe extern "C-unwind" fn show() -> *const c_char {
            TRACKED.$field.show()
        }
        let setting = &TRACKED.$field;
        let show_hook: pg_sys::GucShowHook = if setting.secret { Some(show) } else { None };
        // SAFETY: the hooks have the signatures PostgreSQL asks for, and live as long as the library.
        unsafe {
            GucRegistry::define_string_guc_with_hooks(
                setting.name,
                $short,
                c"See docs/keys.md and docs/settings.md.",
                &setting.value,
                $context,
                $flags,
                Some(check),
                Some(assign),
                show_hook,
            );
        }
    }};
}

/// Defines the tracked settings.
pub fn define() {
    // All three together (measured on live servers): the show hook alone leaves the value in
    // pg_settings.reset_val, NO_SHOW_ALL alone leaves SHOW to everyone, SUPERUSER_ONLY alone leaves it to
    // members of pg_read_all_settings.
    let secret = GucFlags::SUPERUSER_ONLY | GucFlags::NO_SHOW_ALL;
    let plain = GucFlags::default();
    define_tracked!(
        encryption_key,
        c"The primary key: encrypts, decrypts and hashes.",
        GucContext::Suset,
        secret
    );
    define_tracked!(
        previous_keys,
        c"Keys that still decrypt and hash, never encrypt.",
        GucContext::Suset,
        secret
    );
    define_tracked!(
        hash_key_id,
        c"Which configured key phone_hash uses; empty: the primary.",
        GucContext::Suset,
        plain
    );
    define_tracked!(
        legacy_key_id,
        c"Which configured key reads legacy values; empty: the primary.",
        GucContext::Suset,
        plain
    );
    define_tracked!(
        hash_scheme,
        c"Hash schemes: the first is what phone_hash writes.",
        GucContext::Suset,
        plain
    );
    define_tracked!(
        default_regions,
        c"Ordered regions for numbers without +.",
        GucContext::Suset,
        plain
    );
}
