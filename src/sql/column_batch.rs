//! One batch of a procedure that works through a registered column.

use crate::pg::ErrorReport;
use crate::pg::PgError;
use crate::pg::TransactionId;
use pgrx::iter::TableIterator;
use pgrx::{Array, default, name, pg_extern};
use phone_crypt_core::crypto::{KeyId, LegacyScheme};

use std::ffi::CString;

use super::args::{optional, required, texts};
use super::jobs::relation;
use crate::columns::batch::{self, Request, import};
use crate::columns::convert::{self, Reading};
use crate::error::{Answer, Error};
use crate::pg::regclass::Regclass;
use crate::pg::text::{RawText, Text};

/// `phone_crypt.column_batch(work, leaf, column, after, batch_size[, writes[, arguments[, looks_up]]])`: one row: the primary
/// key of the last row looked at, rows looked at, rows changed, and counts by name as JSON. Behind the column
/// procedures; `docs/migration.md` tells what each kind of work counts.
///
/// Errors: not the owner, 42501; not registered, no primary key, no key, 55000; unknown work, 22023; NULL, 22004;
/// what the table's constraints and triggers raise.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::type_complexity, clippy::too_many_arguments)]
fn column_batch(
    work: Option<Text<'_>>,
    leaf: Option<Regclass>,
    column: Option<Text<'_>>,
    after: Option<Array<'_, Text<'_>>>,
    batch_size: Option<i32>,
    writes: default!(Option<bool>, "true"),
    arguments: default!(Option<Array<'_, Text<'_>>>, "'{}'"),
    looks_up: default!(Option<bool>, "true"),
    path: default!(Option<Text<'_>>, "'pg_catalog, pg_temp'"),
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(last, Option<Vec<RawText>>),
            name!(seen, i32),
            name!(changed, i32),
            name!(counts, String),
        ),
    >,
    ErrorReport,
> {
    let path = path.ok_or(Error::NullArgument("path"))?;
    let path = CString::new(path.bytes()).map_err(|_| PgError::NulInText)?;
    let report = batch::run(&Request {
        work: &required(work, "work")?,
        leaf: relation(leaf)?.oid(),
        column: &required(column, "column")?,
        after: after.map(|key| key.iter().map(bytes).collect()),
        size: batch_size.ok_or(Error::NullArgument("batch_size"))?,
        writes: writes.ok_or(Error::NullArgument("writes"))?,
        looks_up: looks_up.ok_or(Error::NullArgument("looks_up"))?,
        path: &path,
        arguments: texts(arguments, "arguments")?,
    })
    .map_err(quotes_no_row)?;
    Ok(TableIterator::once((
        report.last,
        report.seen,
        report.changed,
        report.counts,
    )))
}

/// An error of our own, marked as one that may be passed on as it is: see `phone_crypt.batch_failed`.
fn quotes_no_row(error: Error) -> ErrorReport {
    ErrorReport::from(error).set_detail("No row is quoted here.")
}

/// `phone_crypt.column_pending(work, leaf, column[, arguments])`: how many rows are still to be done.
///
/// Errors: as `phone_crypt.column_batch`.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn column_pending(
    work: Option<Text<'_>>,
    leaf: Option<Regclass>,
    column: Option<Text<'_>>,
    arguments: default!(Option<Array<'_, Text<'_>>>, "'{}'"),
) -> Answer<i64> {
    Ok(batch::pending(&Request {
        work: &required(work, "work")?,
        leaf: relation(leaf)?.oid(),
        column: &required(column, "column")?,
        after: None,
        size: 0,
        writes: false,
        looks_up: false,
        path: c"",
        arguments: texts(arguments, "arguments")?,
    })?)
}

/// `phone_crypt.column_differing(leaf, column, since)`: how many of the rows that transaction `since` or a later one
/// has written differ from what is encrypted.
///
/// Errors: as `phone_crypt.column_batch`.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn column_differing(
    leaf: Option<Regclass>,
    column: Option<Text<'_>>,
    since: Option<TransactionId>,
) -> Answer<i64> {
    let since = since.ok_or(Error::NullArgument("since"))?;
    let column = required(column, "column")?;
    Ok(batch::differing_since(
        relation(leaf)?.oid(),
        &column,
        since,
    )?)
}

/// `phone_crypt.read_plain(plain, regions)`: what the column procedures would take a text for: `number`,
/// `with_extension`, `with_text` or `not_a_phone_number`. NULL regions are those of the setting.
///
/// Errors: not UTF-8, 22021; an unknown region, 22023.
#[pg_extern(schema = "phone_crypt", stable, parallel_safe)]
fn read_plain(plain: Option<Text<'_>>, regions: Option<Text<'_>>) -> Answer<Option<&'static str>> {
    let regions = optional(regions)?;
    let Some(plain) = plain else { return Ok(None) };
    Ok(Some(
        match convert::read_text(&plain.exact()?, regions.as_deref())? {
            Reading::Number(_) => "number",
            Reading::WithExtension(_) => "with_extension",
            Reading::WithText(_) => "with_text",
            Reading::Other => "not_a_phone_number",
        },
    ))
}

/// `phone_crypt.read_legacy(value, scheme, key_id, regions)`: what `phone_import_legacy_column` would count a value
/// as: `imported`, `repaired`, `naive`, `not_a_phone_number` or `left_unreadable`.
///
/// Errors: not UTF-8, 22021; an unknown scheme or region, a malformed key id, 22023; a key that is not configured, 55000.
#[pg_extern(schema = "phone_crypt", stable, parallel_restricted)]
fn read_legacy(
    value: Option<Text<'_>>,
    scheme: Option<Text<'_>>,
    key_id: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> Answer<Option<&'static str>> {
    let regions = optional(regions)?;
    let scheme = LegacyScheme::parse(&required(scheme, "scheme")?).map_err(Error::from)?;
    let key_id = key_id.map(Text::or_empty);
    let key_id: Option<KeyId> = key_id
        .map(|id| id.parse())
        .transpose()
        .map_err(Error::from)?;
    let Some(value) = value else { return Ok(None) };
    Ok(Some(import::outcome_of(
        value.bytes(),
        scheme,
        key_id,
        regions.as_deref(),
    )?))
}

/// A part of a primary key, in the database's encoding.
fn bytes(text: Option<Text<'_>>) -> Vec<u8> {
    text.map(|text| text.bytes().to_vec()).unwrap_or_default()
}
