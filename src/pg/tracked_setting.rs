//! A string setting whose source matters, or whose change must be noticed at once.
//!
//! The hooks of such settings are the same few lines, made once by a macro because a C function pointer carries
//! no state.

use pgrx::{GucContext, GucFlags, GucRegistry, GucSetting, pg_sys};
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::check_hook::{self, Source};
use super::process;
use super::user::{CATALOG_OWNER, UserSwitch};

/// A string setting that remembers where its value came from.
pub struct TrackedSetting {
    name: &'static CStr,
    value: GucSetting<Option<CString>>,
    source: AtomicU32,
    /// Whether RESET may go back to a value of the connection's options.
    had_connection_value: AtomicBool,
    secret: Option<Secret>,
    /// Counts the changes of what is derived from the setting, so that it is derived anew only then.
    changes: &'static AtomicU64,
    check: Check,
}

/// What goes with a setting whose value nobody may see.
pub struct Secret {
    /// The hint for whoever sets it where other users could read it.
    pub hint: &'static str,
    /// Called with the setting's name when a configuration file has set it.
    pub found_in_file: fn(&str),
}

/// Judges the syntax of a value. Must not repeat it.
pub type Check = fn(&str) -> Result<(), Refusal>;

/// A refusal: the message and the hint.
pub type Refusal = (String, &'static str);

/// The hooks' signatures.
type CheckHook = unsafe extern "C-unwind" fn(*mut *mut c_char, *mut *mut c_void, Source) -> bool;
type AssignHook = unsafe extern "C-unwind" fn(*const c_char, *mut c_void);
type ShowHook = unsafe extern "C-unwind" fn() -> *const c_char;

impl TrackedSetting {
    /// A setting whose value is shown to nobody.
    pub const fn secret(
        name: &'static CStr,
        secret: Secret,
        changes: &'static AtomicU64,
        check: Check,
    ) -> TrackedSetting {
        TrackedSetting {
            name,
            value: GucSetting::<Option<CString>>::new(None),
            source: AtomicU32::new(pg_sys::GucSource::PGC_S_DEFAULT),
            had_connection_value: AtomicBool::new(false),
            secret: Some(secret),
            changes,
            check,
        }
    }

    /// A setting that anybody may read.
    pub const fn plain(
        name: &'static CStr,
        default: &'static CStr,
        changes: &'static AtomicU64,
        check: Check,
    ) -> TrackedSetting {
        TrackedSetting {
            name,
            value: GucSetting::<Option<CString>>::new(Some(default)),
            source: AtomicU32::new(pg_sys::GucSource::PGC_S_DEFAULT),
            had_connection_value: AtomicBool::new(false),
            secret: None,
            changes,
            check,
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static CStr {
        self.name
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

    /// The value of the configuration files, also where the session has one of its own; empty where it is not known.
    ///
    /// PostgreSQL keeps it as what RESET goes back to, unless the options of the connection have taken its place.
    pub fn in_files(&self) -> zeroize::Zeroizing<String> {
        if self.is_set_in_file() {
            return self.get();
        }
        if self.had_connection_value.load(Ordering::Relaxed) {
            return zeroize::Zeroizing::default();
        }
        // A secret's reset value is for members of pg_read_all_settings only.
        let _superuser = UserSwitch::to(CATALOG_OWNER);
        // SAFETY: the setting exists; the text is PostgreSQL's own, valid until the next assignment.
        let text = unsafe {
            let value = pg_sys::GetConfigOptionResetString(self.name.as_ptr());
            (!value.is_null()).then(|| CStr::from_ptr(value).to_bytes().to_vec())
        };
        // The check hook let nothing else than UTF-8 through.
        zeroize::Zeroizing::new(String::from_utf8(text.unwrap_or_default()).unwrap_or_default())
    }

    /// The check hook.
    ///
    /// # Safety
    /// To be called by PostgreSQL.
    pub unsafe fn check(
        &self,
        newval: *mut *mut c_char,
        extra: *mut *mut c_void,
        source: Source,
    ) -> bool {
        // SAFETY: a check hook's arguments, valid for the call.
        let value = unsafe { *newval };
        if !value.is_null() {
            if let Some(secret) = &self.secret
                && source_is_readable_by_others(source)
            {
                return refuse_source(self.name, secret.hint);
            }
            // SAFETY: not null, NUL-terminated.
            let Ok(text) = unsafe { CStr::from_ptr(value) }.to_str() else {
                return check_hook::refuse("the value is not valid UTF-8", "Use printable ASCII.");
            };
            if let Err((message, hint)) = (self.check)(text) {
                return check_hook::refuse(&message, hint);
            }
        }
        // SAFETY: PostgreSQL's own pointer.
        unsafe { check_hook::remember(extra, source) }
    }

    /// The assign hook.
    ///
    /// # Safety
    /// To be called by PostgreSQL.
    pub unsafe fn assign(&self, extra: *const c_void) {
        // SAFETY: PostgreSQL's own pointer.
        let source = unsafe { check_hook::remembered(extra) };
        self.source.store(source, Ordering::Relaxed);
        if source > pg_sys::GucSource::PGC_S_FILE && source <= pg_sys::GucSource::PGC_S_OVERRIDE {
            self.had_connection_value.store(true, Ordering::Relaxed);
        }
        self.changes.fetch_add(1, Ordering::Relaxed);
        process::reset_plans();
        if let Some(secret) = &self.secret
            && source == pg_sys::GucSource::PGC_S_FILE
        {
            (secret.found_in_file)(&self.name.to_string_lossy());
        }
    }

    /// Makes the setting known to PostgreSQL; [`define_tracked_setting!`](crate::define_tracked_setting) calls it.
    ///
    /// # Safety
    /// The hooks must be those of this setting.
    #[expect(clippy::too_many_arguments, reason = "as many as a setting has")]
    pub unsafe fn define(
        &'static self,
        short: &'static CStr,
        long: &'static CStr,
        context: GucContext,
        flags: GucFlags,
        check: CheckHook,
        assign: AssignHook,
        show: ShowHook,
    ) {
        let show = self.secret.is_some().then_some(show);
        // SAFETY: the caller's promise; the hooks live as long as the library.
        unsafe {
            GucRegistry::define_string_guc_with_hooks(
                self.name,
                short,
                long,
                &self.value,
                context,
                flags,
                Some(check),
                Some(assign),
                show,
            );
        }
    }

    /// What SHOW prints for a secret.
    pub fn show(&self) -> *const c_char {
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

fn refuse_source(name: &CStr, hint: &str) -> bool {
    // SAFETY: sets the SQLSTATE of the refusal, which PostgreSQL resets before each hook.
    unsafe {
        pg_sys::GUC_check_errcode(
            pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE as i32,
        );
    }
    check_hook::refuse(
        &format!(
            "{} cannot be set there: other users could read it",
            name.to_string_lossy()
        ),
        hint,
    )
}

/// Defines a [`TrackedSetting`] that is a static, with its hooks: the setting, both descriptions, context, flags.
#[macro_export]
macro_rules! define_tracked_setting {
    ($setting:expr, $short:expr, $long:expr, $context:expr, $flags:expr) => {{
        use $crate::pg::tracked_setting::TrackedSetting;
        use std::ffi::{c_char, c_void};
        #[pgrx::pg_guard]
        unsafe extern "C-unwind" fn check(
            newval: *mut *mut c_char,
            extra: *mut *mut c_void,
            source: $crate::pg::check_hook::Source,
        ) -> bool {
            let setting: &TrackedSetting = &$setting;
            // SAFETY: called by PostgreSQL as a check hook.
            unsafe { setting.check(newval, extra, source) }
        }
        #[pgrx::pg_guard]
        unsafe extern "C-unwind" fn assign(_newval: *const c_char, extra: *mut c_void) {
            let setting: &TrackedSetting = &$setting;
            // SAFETY: called by PostgreSQL as an assign hook.
            unsafe { setting.assign(extra) }
        }
        #[pgrx::pg_guard]
        unsafe extern "C-unwind" fn show() -> *const c_char {
            $setting.show()
        }
        let setting: &'static TrackedSetting = &$setting;
        let (short, long, context, flags) = ($short, $long, $context, $flags);
        // SAFETY: the hooks have the signatures PostgreSQL asks for, and live as long as the library.
        unsafe {
            setting.define(short, long, context, flags, check, assign, show);
        }
    }};
}
