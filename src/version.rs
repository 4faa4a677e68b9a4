//! What is installed.

use pgrx::pg_extern;
use phone_crypt_core::phone::METADATA_VERSION;

use crate::pg::process;

/// `phone_crypt_version()`: version, git revision, libphonenumber metadata, and the PostgreSQL major it was built for.
#[pg_extern(immutable, parallel_safe)]
fn phone_crypt_version() -> String {
    format!(
        "phone_crypt {} (git {}, libphonenumber {METADATA_VERSION}) for PostgreSQL {}",
        env!("CARGO_PKG_VERSION"),
        env!("PHONE_CRYPT_GIT_REVISION"),
        process::MAJOR,
    )
}

/// `phone_crypt.metadata_version()`: the release of libphonenumber whose numbering plans are built in. Behind the view
/// `phone_crypt.metadata`.
#[pg_extern(schema = "phone_crypt", immutable, parallel_safe)]
fn metadata_version() -> String {
    METADATA_VERSION.to_owned()
}
