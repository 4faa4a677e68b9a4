//! The live state of rate limits in the form that the legacy application's table had.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use crate::pg::ErrorReport;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::{SetOfIterator, TableIterator};
use pgrx::{name, pg_extern};
use phone_crypt_core::ratelimit::{Algorithm, Entry, KeyKind, KeyName, State};

use crate::legacy;
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::arguments::relation;
use crate::pg::interval::to_timestamp;
use crate::pg::regclass::Regclass;
use crate::pg::text::{RawText, Text};
use crate::ratelimit::{self, Engine, checked_key, memory};

/// What the legacy application's column holds.
const MOST: i64 = i32::MAX as i64;

/// `phone_crypt.live_count(id)`: what is counted of a key at the moment: the count, the window's start in milliseconds
/// since 1970, the last hit. No row where nothing is counted, nor for what cannot be a key.
///
/// Errors: NULL, 22004; no engine, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn live_count(
    id: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(count, i64),
            name!(window_start, i64),
            name!(updated_at, Option<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let id = given(id, "id")?;
    let Ok(key) = checked_key(id.bytes()) else {
        return Ok(TableIterator::empty());
    };
    let live = ratelimit::change(KeyName::plain(key), false, |entry, now_us| {
        (None, live_state(entry, now_us).map(|state| (state, now_us)))
    })?;
    let rows = live.into_iter().map(|(state, now_us)| {
        (
            state.used(now_us).min(MOST),
            start_us(&state).div_euclid(1000),
            to_timestamp(state.seen_us),
        )
    });
    Ok(TableIterator::new(rows))
}

fn live_state(entry: &Entry, now_us: i64) -> Option<State> {
    entry.state.filter(|state| state.expires_us() > now_us)
}

/// A bucket has no window: there the last hit stands for its start.
fn start_us(state: &State) -> i64 {
    match state.algorithm {
        Algorithm::TokenBucket => state.seen_us,
        _ => state.start_us,
    }
}

/// `phone_crypt.unflushed_keys()`: keys in memory that `phone_crypt.rate_limits` does not have yet, but for those of
/// policies.
///
/// Errors: no engine, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn unflushed_keys() -> std::result::Result<SetOfIterator<'static, RawText>, ErrorReport> {
    let mut keys = Vec::new();
    if let (Engine::Memory, Some(owner)) = (ratelimit::in_force()?, ratelimit::storage()?.slots) {
        memory::each_slot(owner, |slot| {
            let name = slot.name();
            if slot.row_expires_us() == 0 && name.kind == KeyKind::Plain {
                keys.push(RawText(name.bytes.to_vec()));
            }
        });
    }
    Ok(SetOfIterator::new(keys))
}

/// `phone_crypt.take_back_counts(table, view)`: writes every row of a view with the legacy application's columns into
/// a table of its form.
///
/// Errors: NULL, 22004; not the table's owner, 42501; not such a table or view, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn take_back_counts(table: Option<Regclass>, view: Option<Regclass>) -> Answer<()> {
    let (table, view) = (relation(table)?, relation(view)?);
    Ok(legacy::take_back(table.oid(), view.oid())?)
}
