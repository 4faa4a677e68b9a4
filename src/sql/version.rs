//! What is installed.

use pgrx::{pg_extern, pg_sys};

/// `phone_crypt_version()`: version, git revision, and the PostgreSQL major it was built for.
#[pg_extern(immutable, parallel_safe)]
fn phone_crypt_version() -> String {
    format!(
        "phone_crypt {} (git {}) for PostgreSQL {}",
        env!("CARGO_PKG_VERSION"),
        env!("PHONE_CRYPT_GIT_REVISION"),
        pg_sys::PG_VERSION_NUM / 10_000,
    )
}
