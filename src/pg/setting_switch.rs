//! The settings under which statements on a user's table run, whatever the caller has set.
//!
//! The path is pinned, so that nothing of the caller's is taken for PostgreSQL's own. Rows are to be found through
//! the primary key, in its order, and written back through their place in the table; a table whose columns were
//! just added has no statistics that would lead the planner there. Row-level security, where it would hide rows from
//! the owner, raises an error instead: a row left out would be a row lost.
//!
//! All of it is undone at the end, and so is what code of the table's owner has set meanwhile: a level is never
//! committed. (Committed, a `search_path` that a trigger sets would be the session's from then on.)

use pgrx::pg_sys;
use std::ffi::CStr;

const SETTINGS: [(&CStr, &CStr); 9] = [
    (c"search_path", c"pg_catalog, pg_temp"),
    (c"row_security", c"off"),
    // The place to go on from is kept as text: a key that is rounded is another key.
    (c"extra_float_digits", c"1"),
    (c"enable_seqscan", c"off"),
    (c"enable_bitmapscan", c"off"),
    (c"enable_sort", c"off"),
    (c"enable_hashjoin", c"off"),
    (c"enable_mergejoin", c"off"),
    (c"jit", c"off"),
];

const ANY_ROWS: [(&CStr, &CStr); 2] = [
    (c"search_path", c"pg_catalog, pg_temp"),
    (c"row_security", c"off"),
];

/// How long a lock is waited for where nothing else is set, so that whoever holds one stops only what needs it.
const LOCK_TIMEOUT: (&CStr, &CStr) = (c"lock_timeout", c"10s");

/// A level of settings, until dropped: whatever is set meanwhile, by whomever, is undone then.
pub struct SettingsLevel {
    nest_level: i32,
}

impl SettingsLevel {
    /// Opens one within those that are open.
    pub fn open() -> SettingsLevel {
        // SAFETY: opens a nest level of settings, which is closed on drop or when the (sub)transaction is aborted.
        let nest_level = unsafe { pg_sys::NewGUCNestLevel() };
        SettingsLevel { nest_level }
    }
}

impl Drop for SettingsLevel {
    fn drop(&mut self) {
        // After an error PostgreSQL closes the level itself, with the (sub)transaction.
        if !std::thread::panicking() {
            // SAFETY: closes the level that was opened above, and those within. `false` undoes what was set.
            unsafe { pg_sys::AtEOXact_GUC(false, self.nest_level) };
        }
    }
}

/// The settings, until dropped.
pub struct BatchSettings {
    _level: SettingsLevel,
}

impl BatchSettings {
    /// Sets them, as a function's SET clause would.
    pub fn apply() -> BatchSettings {
        BatchSettings::of(&SETTINGS)
    }

    /// Settings for statements that have to find every row, in whatever way.
    pub fn for_any_rows() -> BatchSettings {
        BatchSettings::of(&ANY_ROWS)
    }

    /// As [`BatchSettings::for_any_rows`], and no lock is waited for without an end.
    pub fn for_one_table_of_many() -> BatchSettings {
        let settings = BatchSettings::for_any_rows();
        // SAFETY: reads a variable of this process; 0 is "without an end".
        if unsafe { pg_sys::LockTimeout } == 0 {
            set(&[LOCK_TIMEOUT]);
        }
        settings
    }

    /// Another search_path, within the settings in force.
    pub fn with_path(path: &CStr) -> BatchSettings {
        BatchSettings::of(&[(c"search_path", path)])
    }

    fn of(settings: &[(&CStr, &CStr)]) -> BatchSettings {
        let level = SettingsLevel::open();
        set(settings);
        BatchSettings { _level: level }
    }
}

fn set(settings: &[(&CStr, &CStr)]) {
    for (name, value) in settings {
        // SAFETY: names and values end in NUL; PostgreSQL copies them.
        unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
    }
}
