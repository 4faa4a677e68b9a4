//! The trigger that enters numbers into the filter, and how far it is.

use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use super::filter_state::{self as state, Phase};
use super::filter_words;
use crate::pg::trigger_rows::{StoredRow, TriggerRows, Version};
use crate::pg::{Answer, ErrorReport, FunctionCallInfo, PgError, process};
use crate::settings;

/// The column of numbers.
const PHONE: i32 = 1;

/// `phone_crypt.note_suppressed()`: BEFORE INSERT OR UPDATE trigger that enters the row's number into the filter.
///
/// Errors: called otherwise than as such a trigger, 39P01; a column of another type, 42804.
#[pg_extern(sql = r#"
CREATE FUNCTION phone_crypt.note_suppressed() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn note_suppressed(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let rows = TriggerRows::of(fcinfo).ok_or(PgError::NotATrigger)?;
    if let Some(value) = rows.bytes(Version::New, PHONE) {
        filter_words::add(value);
    }
    Ok(rows.unchanged())
}

/// `phone_crypt.filter_status()`: how far the filter of this database is, how many numbers of all databases it is made for,
/// and the share of look-ups of others that it does not rule out.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn filter_status() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(state, &'static str),
            name!(size, i64),
            name!(false_alarms, f64),
        ),
    >,
    ErrorReport,
> {
    let state = match state::phase() {
        _ if !filter_words::exist() || process::is_recovering() => "off",
        Phase::None => "none",
        Phase::Filling => "filling",
        Phase::Complete => "complete",
    };
    let size = match filter_words::exist() {
        false => 0,
        true => i64::try_from(settings::suppression_filter_size()).unwrap_or(i64::MAX),
    };
    Ok(TableIterator::once((
        state,
        size,
        filter_words::false_alarms(),
    )))
}
