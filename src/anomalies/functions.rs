//! The SQL functions of watching. Those that change what is watched are PL/pgSQL (`sql/anomalies`).

use pgrx::pg_extern;
use phone_crypt_core::anomaly::Sensitivity;

use super::error::Error;
use super::schedule;
use crate::pg::arguments::required;
use crate::pg::text::Text;
use crate::pg::trigger_rows::{StoredRow, table_of_trigger};
use crate::pg::{Answer, FunctionCallInfo, PgError, process, transaction};
use crate::ratelimit::{Engine, in_force};
use crate::worker::announce;

/// `phone_crypt.announce_watch()`: the trigger of `phone_crypt.activity_watches`: has the worker read it again.
///
/// Errors: called otherwise than as a trigger, 39P01.
#[pg_extern(sql = false)]
fn announce_watch(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    table_of_trigger(fcinfo).ok_or(PgError::NotATrigger)?;
    if schedule::run().is_some() {
        transaction::at_commit(look_again);
    }
    Ok(StoredRow::none())
}

fn look_again() {
    schedule::forget(process::database());
    announce(process::database());
}

/// `phone_crypt.check_watch(sensitivity)`: whether the keys of a policy are counted one by one (by the memory engine), so that
/// they can be watched.
///
/// Errors: NULL, 22004; no such sensitivity, 22023; not preloaded, 55000.
#[pg_extern(stable, parallel_restricted, schema = "phone_crypt")]
fn check_watch(sensitivity: Option<Text<'_>>) -> Answer<bool> {
    let sensitivity = required(sensitivity, "sensitivity")?;
    Sensitivity::parse(&sensitivity).map_err(Error::from)?;
    if schedule::run().is_none() {
        return Err(Error::NotPreloaded.into());
    }
    Ok(in_force().is_ok_and(|engine| engine == Engine::Memory))
}
