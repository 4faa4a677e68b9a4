//! What a column holds, before it is converted.

use crate::pg::ErrorReport;
use crate::pg::Oid;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use super::check;
use crate::pg::arguments::given;
use crate::pg::arguments::required;
use crate::pg::text::{RawText, Text};
use crate::phone::arguments;

/// `phone_crypt.column_outcomes(table, column, regions)`: behind `phone_check_column`, which has looked at the column's
/// type.
///
/// Errors: NULL, 22004; no such relation, 42P01; an unknown region, 22023; default regions that differ from the pin,
/// 55000; the caller may not read the column, or row-level security would hide rows, 42501.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::type_complexity)]
fn column_outcomes(
    table: Option<Oid>,
    column: Option<Text<'_>>,
    regions: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(outcome, &'static str),
            name!(region, Option<&'static str>),
            name!(with_extension, bool),
            name!(rows, i64),
            name!(samples, Vec<RawText>),
        ),
    >,
    ErrorReport,
> {
    let column = required(column, "column")?;
    let groups = check::run(
        given(table, "table")?,
        &column,
        &arguments::regions(regions)?,
    )?;
    let rows = groups.into_iter().map(|(group, found)| {
        let samples = found.samples.into_iter();
        (
            group.outcome,
            group.region,
            group.has_extension,
            found.rows,
            samples.map(|sample| RawText(sample.into_bytes())).collect(),
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}
