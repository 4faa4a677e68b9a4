//! What the procedures of `sql/conversion` call, and their trigger.

use pgrx::iter::TableIterator;
use pgrx::{default, name, pg_extern};
use phone_crypt_core::crypto::encrypted_phone::DataType;
use std::ffi::CString;

use crate::conversion::batch::{self, Batch, Counts};
use crate::conversion::constraint;
use crate::conversion::error::Error;
use crate::conversion::source::Source;
use crate::conversion::sync_trigger::{self, Work};
use crate::conversion::verify::{self, Rows};
use crate::encrypted_type::Keep;
use crate::encrypted_type::error::Error as TypedError;
use crate::jobs::own_error;
use crate::pg::Answer;
use crate::pg::SqlError;
use crate::pg::arguments::{given, required};
use crate::pg::regclass::Regclass;
use crate::pg::text::Text;
use crate::pg::trigger_rows::{StoredRow, TriggerRows};
use crate::pg::{ErrorReport, FunctionCallInfo, Oid, PgError, raw_function};

/// `phone_crypt.convert_row(conversion, work)`: BEFORE INSERT OR UPDATE trigger of a table with a column that is being
/// converted. The two columns are those of the trigger with the same first argument that is of UPDATE OF two columns.
///
/// Errors: called otherwise than as such a trigger, 39P01; an encrypted value as plain text, 22P02; the user may not give
/// plain text, 42501; no key, or keys or default regions that differ from the pin, 55000; a column of another type, 42804.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.convert_row() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn convert_row(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let rows = TriggerRows::of(fcinfo).ok_or(PgError::NotATrigger)?;
    let work = rows.argument(1).and_then(Work::parse);
    let row = sync_trigger::row(&rows, &work.ok_or(PgError::NotATrigger)?);
    Ok(row.inspect_err(|_| raw_function::without_context())?)
}

/// `phone_crypt.page_batch(work, table, column, plain, source, pending, first_page, end_page, keeps_repeated, path)`: does
/// work on the rows of some pages for which a condition of row `t` holds. `fill`: the trigger encrypts their plain text.
/// `read`, `read_with_spelling`: what the column `plain` holds, which `source` says, is written into `column`. `reencrypt`:
/// the column's values come under the primary key. `rehash`: the trigger makes the same under another hash key. `decrypt`: their plain text is written into `plain`. Without `end_page`
/// all pages are meant. `keeps_repeated`: a number that another row has already is kept as text.
///
/// Errors: not the owner, or who may not decrypt where that is asked for, 42501; unknown work or source, 22023; NULL,
/// 22004; no key, or keys that differ from the pin, 55000; what the trigger and the table's own constraints and triggers
/// raise.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn page_batch(
    work: Option<Text<'_>>,
    table: Option<Regclass>,
    column: Option<Text<'_>>,
    plain: Option<Text<'_>>,
    source: Option<Text<'_>>,
    pending: Option<Text<'_>>,
    first_page: Option<i64>,
    end_page: Option<i64>,
    keeps_repeated: Option<bool>,
    path: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(changed, i64),
            name!(repeated, i64),
            name!(unreadable, i64),
            name!(repaired, i64),
            name!(texts, i64),
        ),
    >,
    ErrorReport,
> {
    let path = CString::new(given(path, "path")?.bytes()).map_err(|_| PgError::NulInText)?;
    let plain = plain
        .map(|plain| required(Some(plain), "plain"))
        .transpose()?;
    let batch = Batch {
        table: given(table, "table")?.oid(),
        column: &required(column, "column")?,
        plain: plain.as_deref(),
        source: Source::parse(&required(source, "source")?)?,
        keeps_repeated: given(keeps_repeated, "keeps_repeated")?,
        pending: &required(pending, "pending")?,
        first: given(first_page, "first_page")?,
        end: end_page,
        path: &path,
    };
    if !matches!(batch.source, Source::Text) {
        crate::conversion::check_may_decrypt(batch.table, batch.column)?;
    }
    let counts = match &*required(work, "work")? {
        "fill" => batch::fill(&batch),
        // Text stays text.
        "rehash" => batch::fill(&batch).map(|counts| Counts { texts: 0, ..counts }),
        "read" => batch::read(&batch, Keep::More),
        "read_with_spelling" => batch::read(&batch, Keep::Spelling),
        "reencrypt" => batch::reencrypt(&batch),
        "decrypt" => batch::decrypt(&batch),
        _ => Err(Error::UnknownWork),
    }
    .map_err(own_error)?;
    Ok(TableIterator::once((
        counts.changed,
        counts.repeated,
        counts.unreadable,
        counts.repaired,
        counts.texts,
    )))
}

/// `phone_crypt.read_source(text, source[, data_type])`: what `phone_encrypt_column` would count a text as: `encrypted`, `repaired`,
/// `kept_as_text`, `unreadable`, or `encrypted_already` where plain text is expected. For those who may decrypt: the profile
/// `reader` has it.
///
/// Errors: an unknown source, 22023; a key that is not configured, keys or default regions that differ from the pin, 55000.
#[pg_extern(schema = "phone_crypt", stable, parallel_restricted)]
fn read_source(
    text: Option<Text<'_>>,
    source: Option<Text<'_>>,
    data_type: default!(Option<Text<'_>>, "'encrypted_phone'"),
) -> Answer<Option<&'static str>> {
    outcome(
        text,
        data_type,
        &Source::parse(&required(source, "source")?)?,
    )
}

/// `phone_crypt.plain_outcome(text[, data_type])`: the same where plain text is expected, which opens nothing.
///
/// Errors: an unknown data type, 22023; NULL, 22004; no key, or keys or default regions that differ from the pin, 55000.
#[pg_extern(schema = "phone_crypt", stable, parallel_restricted)]
fn plain_outcome(
    text: Option<Text<'_>>,
    data_type: default!(Option<Text<'_>>, "'encrypted_phone'"),
) -> Answer<Option<&'static str>> {
    outcome(text, data_type, &Source::Text)
}

fn outcome(
    text: Option<Text<'_>>,
    data_type: Option<Text<'_>>,
    source: &Source,
) -> Answer<Option<&'static str>> {
    let Some(text) = text else { return Ok(None) };
    let data_type = required(data_type, "data_type")?;
    let data_type = DataType::parse(&data_type).ok_or(Error::UnknownDataType)?;
    match source.outcome(data_type, text) {
        Ok(outcome) => Ok(Some(outcome.as_str())),
        Err(Error::Typed(TypedError::EncryptedAsPlain(_))) => Ok(Some("encrypted_already")),
        Err(error) if error.is_fault_of_the_value() => Ok(Some("unreadable")),
        Err(error) => Err(error.into()),
    }
}

/// `phone_crypt.check_source(source)`: refuses a source that cannot be read.
///
/// Errors: an unknown source, scheme or region, a malformed key id, 22023; a key that is not configured, 55000; NULL, 22004.
#[pg_extern(schema = "phone_crypt", stable, parallel_restricted)]
fn check_source(source: Option<Text<'_>>) -> Answer<()> {
    Ok(Source::parse(&required(source, "source")?)?.check()?)
}

/// `phone_crypt.conversion_differing(table, plain, encrypted, source, rows)`: how many rows would lose something if the plain
/// column went, which holds what `source` says. rows: `all`; `with_plain_text`, those that still have it; `with_both`, those
/// of them that have been read.
///
/// Errors: not the owner, 42501; a column of another type, 42804; an encrypted value as plain text, 22P02; unknown rows or
/// source, 22023; a key that is not configured, 55000; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn conversion_differing(
    table: Option<Regclass>,
    plain: Option<Text<'_>>,
    encrypted: Option<Text<'_>>,
    source: Option<Text<'_>>,
    rows: Option<Text<'_>>,
) -> Answer<i64> {
    let rows = Rows::parse(&required(rows, "rows")?)?;
    let (plain, encrypted) = (required(plain, "plain")?, required(encrypted, "encrypted")?);
    let (table, source) = (given(table, "table")?.oid(), required(source, "source")?);
    let source = Source::parse(&source)?;
    Ok(verify::differing(table, &plain, &encrypted, &source, rows)?)
}

/// `phone_crypt.same_texts(table, column)`: how many values hold as text a number that another value of the column has.
///
/// Errors: as `phone_crypt.conversion_differing`.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn same_texts(table: Option<Regclass>, column: Option<Text<'_>>) -> Answer<i64> {
    let (table, column) = (given(table, "table")?, required(column, "column")?);
    Ok(verify::same_texts(table.oid(), &column)?)
}

/// `phone_crypt.make_immediate(table, constraint, keeps)`: a deferrable unique constraint of a table that the transaction
/// has locked stops being deferrable; without `keeps` its index stays and is no constraint.
///
/// Errors: not the owner, 42501; the table is not locked, or has no such constraint, 55000; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn make_immediate(
    table: Option<Regclass>,
    constraint: Option<Oid>,
    keeps: Option<bool>,
) -> Answer<()> {
    let (table, constraint) = (given(table, "table")?, given(constraint, "constraint")?);
    Ok(constraint::make_immediate(
        table.oid(),
        constraint,
        given(keeps, "keeps")?,
    )?)
}

/// `phone_crypt.check_always(table, constraint)`: a deferrable unique constraint of a table that the transaction has locked is
/// checked for every session, whatever its `session_replication_role`.
///
/// Errors: not the owner, 42501; the table is not locked, or has no such constraint, 55000; NULL, 22004.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn check_always(table: Option<Regclass>, constraint: Option<Text<'_>>) -> Answer<()> {
    let (table, constraint) = (given(table, "table")?, given(constraint, "constraint")?);
    Ok(constraint::check_always(table.oid(), constraint)?)
}
