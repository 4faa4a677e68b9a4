//! What the checks ask that SQL cannot see.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::doctor;

use crate::keys::{form, pin};
use crate::pg::{Oid, preload};

/// `phone_crypt.doctor_server()`: one row: whether the library is preloaded, its version, whether a crash leaves a core file,
/// and whether memory may be swapped out. NULL where the system does not tell.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn doctor_server() -> TableIterator<
    'static,
    (
        name!(is_preloaded, bool),
        name!(version, &'static str),
        name!(has_core_files, Option<bool>),
        name!(has_swap, Option<bool>),
    ),
> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok();
    let swaps = std::fs::read_to_string("/proc/swaps").ok();
    TableIterator::once((
        preload::is_preloaded(),
        env!("CARGO_PKG_VERSION"),
        limits.and_then(|limits| doctor::has_core_files(&limits)),
        swaps.map(|swaps| doctor::has_swap(&swaps)),
    ))
}

/// `phone_crypt.doctor_keys()`: a row for each key of this session, the primary first: where it came from, whether it is 64
/// hexadecimal digits, and whether production takes it. No row where there is none, or a source that cannot be used.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_keys() -> TableIterator<
    'static,
    (
        name!(source, &'static str),
        name!(is_primary, bool),
        name!(is_hex, bool),
        name!(is_strong, bool),
    ),
> {
    let rows: Vec<_> = match form::forms() {
        Ok((source, keys)) => keys
            .into_iter()
            .map(|key| (source.as_str(), key.is_primary, key.is_hex, key.is_strong))
            .collect(),
        Err(_) => Vec::new(),
    };
    TableIterator::new(rows)
}

/// `phone_crypt.doctor_other_pins()`: what other databases are pinned to, as far as the server knows it without asking there: where
/// somebody has needed a key since.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn doctor_other_pins() -> TableIterator<
    'static,
    (
        name!(database, Oid),
        name!(role, String),
        name!(key_id, String),
        name!(fingerprint, String),
        name!(default_regions, Option<String>),
    ),
> {
    let pins = pin::of_other_databases().into_iter();
    let rows: Vec<_> = pins
        .map(|pin| {
            (
                pin.database,
                pin.role,
                pin.key_id,
                pin.fingerprint,
                pin.default_regions,
            )
        })
        .collect();
    TableIterator::new(rows)
}

/// `phone_crypt.doctor_key_file()`: a row where `phone_crypt.key_file` names a file: whether everybody may read it, and
/// whether it is in the data directory.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
fn doctor_key_file() -> TableIterator<
    'static,
    (
        name!(is_world_readable, bool),
        name!(is_in_data_directory, bool),
    ),
> {
    let row = form::key_file().map(|file| (file.is_world_readable, file.is_in_data_directory));
    TableIterator::new(row)
}
