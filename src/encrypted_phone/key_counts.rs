//! Under which keys the values of a column are: what a rotation has left to do, and which keys are still needed.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::inspect;
use std::collections::BTreeMap;

use super::column;
use crate::pg::ErrorReport;
use crate::pg::regclass::Regclass;
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
) -> std::result::Result<
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
    let mut counts = BTreeMap::new();
    column::scan(table, column, |value| {
        let info = inspect(value)?;
        *counts.entry((info.key_id, info.hash_key_id)).or_insert(0) += 1;
        Ok(())
    })?;
    let rows = counts
        .into_iter()
        .map(|((key, hash_key), rows)| (key.to_string(), hash_key.to_string(), rows));
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}
