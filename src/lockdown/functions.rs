//! The SQL functions of lockdowns. Those of one database are PL/pgSQL (`sql/lockdown`).

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{PgLogLevel, PgSqlErrorCode, ereport, name, pg_extern};
use phone_crypt_core::audit::Class;

use super::cluster;
use super::error::{Error, Result};
use super::file::{self, Note};
use super::{Scope, database};
use crate::audit::{self, Event};
use crate::pg::arguments::required;
use crate::pg::text::{RawText, Text};
use crate::pg::trigger_rows::{StoredRow, table_of_trigger};
use crate::pg::{Answer, ErrorReport, FunctionCallInfo, PgError, process, transaction, user};

/// `phone_crypt.announce_lockdown()`: the trigger of `phone_crypt.database_lockdowns`: makes every session read it again.
///
/// Errors: called otherwise than as a trigger, 39P01.
#[pg_extern(sql = false)]
fn announce_lockdown(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let table = table_of_trigger(fcinfo).ok_or(PgError::NotATrigger)?;
    database::note_change(table);
    Ok(StoredRow::none())
}

/// `phone_crypt.is_locked_down(scope)`: whether the calls of a scope (`decrypt`, `tokens`, `sending`) are refused now, by a
/// lockdown of this database or of the server.
///
/// Errors: NULL, 22004; no such scope, 22023.
#[pg_extern(volatile, parallel_safe, schema = "phone_crypt")]
fn is_locked_down(scope: Option<Text<'_>>) -> Answer<bool> {
    let scope = required(scope, "scope")?;
    let scope = Scope::of_name(&scope).ok_or(Error::NoSuchScope)?;
    Ok(super::is_on(scope))
}

/// `phone_crypt.warn_of_open_transaction()`: a WARNING where a transaction block is open, since others see nothing of a
/// lockdown until it has committed.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn warn_of_open_transaction() {
    if transaction::is_in_block() {
        ereport!(
            PgLogLevel::WARNING,
            PgSqlErrorCode::ERRCODE_WARNING,
            "the lockdown is not in force before this transaction is committed"
        );
    }
}

/// `phone_crypt_lockdown_cluster(reason)`: locks down every database of this server, all scopes, at once: a ROLLBACK does not
/// undo it. It works on a standby, too.
///
/// Errors: no superuser, 42501; NULL, 22004; an empty reason, 22023; without shared memory, a file that cannot be written,
/// 58030.
#[pg_extern(volatile, parallel_unsafe)]
fn phone_crypt_lockdown_cluster(reason: Option<Text<'_>>) -> Answer<()> {
    check_superuser()?;
    let reason = required(reason, "reason")?;
    if reason.is_empty() {
        return Err(Error::Empty("reason").into());
    }
    let note = Note {
        since: process::now(),
        role: user::session_user_name(),
        reason: reason.into_owned(),
    };
    let event = Event::new(Class::Admin, "locked_down");
    audit::record(event.word("level", "cluster"));
    match cluster::lock(&note) {
        Ok(()) => {}
        Err(error) if cluster::is_on() => warn_of_missing_file(error.kind()),
        Err(error) => return Err(Error::NotWritten(error.kind()).into()),
    }
    Ok(())
}

fn warn_of_missing_file(kind: std::io::ErrorKind) {
    ereport!(
        PgLogLevel::WARNING,
        PgSqlErrorCode::ERRCODE_IO_ERROR,
        format!(
            "the lockdown is in force, but not after a restart: its file could not be written: {kind}"
        )
    );
}

/// `phone_crypt_lockdown_cluster_release()`: ends the lockdown of the server; those of databases stay. Whether there was one.
///
/// Errors: no superuser, 42501; the file cannot be removed, 58030, and the lockdown stays.
#[pg_extern(volatile, parallel_unsafe)]
fn phone_crypt_lockdown_cluster_release() -> Answer<bool> {
    check_superuser()?;
    let was_locked = cluster::release().map_err(|error| Error::NotRemoved(error.kind()))?;
    let event = Event::new(Class::Admin, "lockdown_released");
    audit::record(event.word("level", "cluster"));
    Ok(was_locked)
}

fn check_superuser() -> Result<()> {
    match user::is_superuser() {
        true => Ok(()),
        false => Err(Error::NotSuperuser),
    }
}

/// `phone_crypt.cluster_lockdown()`: a row where the server is locked down: since when, who did it, and why. NULL where the
/// file was made by hand, or has characters that this database lacks.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn cluster_lockdown() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(since, Option<TimestampWithTimeZone>),
            name!(by_role, Option<RawText>),
            name!(reason, Option<RawText>),
        ),
    >,
    ErrorReport,
> {
    let text = |text: &str| RawText::utf8(text.as_bytes()).ok();
    let note = file::read();
    let row = cluster::is_on().then(|| {
        let note = note.as_ref();
        (
            note.and_then(|note| TimestampWithTimeZone::try_from(note.since).ok()),
            note.and_then(|note| text(&note.role)),
            note.and_then(|note| text(&note.reason)),
        )
    });
    Ok(TableIterator::new(row))
}
