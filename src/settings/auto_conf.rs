//! The warning for a key that ALTER SYSTEM has put inside the data directory.

use pgrx::{PgLogLevel, PgSqlErrorCode, ereport};
use zeroize::Zeroizing;

use crate::pg::process;

/// What ALTER SYSTEM writes; the postmaster works in the data directory.
const FILE: &str = "postgresql.auto.conf";

/// Warns, in the server log, when `setting` is in that file: every base backup then holds the key. Only the
/// postmaster says it, once a start or reload, not every backend.
pub fn warn_if_there(setting: &str) {
    if process::is_postmaster() && is_there(setting) {
        ereport!(
            PgLogLevel::WARNING,
            PgSqlErrorCode::ERRCODE_WARNING,
            format!(
                "{setting} is set in {FILE}: every base backup of this server contains the key"
            ),
            "Use phone_crypt.key_file with a file outside the data directory, then ALTER SYSTEM RESET."
        );
    }
}

fn is_there(setting: &str) -> bool {
    let Ok(text) = std::fs::read_to_string(FILE).map(Zeroizing::new) else {
        return false;
    };
    text.lines().any(|line| {
        let name = line.split(['=', ' ']).next().unwrap_or_default();
        name.eq_ignore_ascii_case(setting)
    })
}
