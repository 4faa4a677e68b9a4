//! Under which keys the values of a column are: what a rotation has left to do, and which keys are still needed.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::inspect;
use std::collections::BTreeMap;

use super::column;
use crate::pg::ErrorReport;
use crate::pg::regclass::Regclass;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::text::Text;

/// `phone_column_keys(table, column)`: how many values of a column are encrypted under which key and compared under which.
/// Elements of arrays count one by one. The table is read in its owner's name; no key is needed.
///
/// Errors: not the owner, 42501; no such column, 42703; the column is of another type, 42804; a malformed value, 22P02; NULL,
/// 22004.
#[pg_extern(volatile, parallel_unsafe, requires = ["encrypted_phone_type"])]
#[allow(clippy::type_complexity)]
fn phone_column_keys(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(key_id, String),
            name!(hash_key_id, String),
            name!(rows, i64),
        ),
    >,
    ErrorReport,
> {
    let counts = counts(table, column, BatchSettings::for_any_rows)?;
    Ok(TableIterator::new(counts))
}

/// `phone_crypt.count_column_keys(table, column)`: the same, and no lock is waited for without an end. Behind
/// `phone_column_keys()`.
///
/// Errors: as `phone_column_keys`; could not acquire a lock, 55P03.
#[pg_extern(
    schema = "phone_crypt",
    volatile,
    parallel_unsafe,
    requires = ["encrypted_phone_type"]
)]
#[allow(clippy::type_complexity)]
fn count_column_keys(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(key_id, String),
            name!(hash_key_id, String),
            name!(rows, i64),
        ),
    >,
    ErrorReport,
> {
    let counts = counts(table, column, BatchSettings::for_one_table_of_many)?;
    Ok(TableIterator::new(counts))
}

fn counts(
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    settings: fn() -> BatchSettings,
) -> Result<Vec<(String, String, i64)>, ErrorReport> {
    let mut counts = BTreeMap::new();
    column::scan(table, column, settings, |value| {
        let info = inspect(value)?;
        *counts.entry((info.key_id, info.hash_key_id)).or_insert(0) += 1;
        Ok(())
    })?;
    let counts = counts
        .into_iter()
        .map(|((key, hash_key), rows)| (key.to_string(), hash_key.to_string(), rows));
    Ok(counts.collect())
}
