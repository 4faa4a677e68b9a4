//! The work of `phone_migrate_rate_limits`, a batch a call.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use crate::pg::ErrorReport;
use crate::pg::TupleId;
use pgrx::datum::{Interval, JsonB, TimestampWithTimeZone};
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::ratelimit::Quota;

use crate::legacy::error::Result;
use crate::legacy::{self, Batch, Kinds, RowOutcome};
use crate::pg::arguments::given;
use crate::pg::arguments::relation;
use crate::pg::interval::{POSTGRES_EPOCH_US, span_us};
use crate::pg::regclass::Regclass;
use crate::pg::text::{RawText, Text};
use crate::phone::regions::with_default;
use crate::ratelimit;

/// `phone_crypt.migrate_batch(source, after, until, size, as_of, window, hashes, others, into_engine,
/// looks_up_all)`: converts rows of the legacy application between two places of the table, or moves them into the
/// engine. `last` is where to go on from, NULL at the end; `changed` says how many rows were dealt with; `counts` are counts
/// by name, those of rows that stay beginning with `left_`.
///
/// Errors: any NULL, 22004; a bad window, 22023; not the table's owner, 42501; not such a table, no key, a ring that
/// differs from the pin, or no engine, 55000; a trigger that keeps rows, 27000; out of slots, 53400; a key that is there and
/// was not looked up, 23505.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
#[allow(clippy::too_many_arguments)]
fn migrate_batch(
    source: Option<Regclass>,
    after: Option<TupleId>,
    until: Option<TupleId>,
    size: Option<i32>,
    as_of: Option<TimestampWithTimeZone>,
    window: Option<Interval>,
    hashes: Option<bool>,
    others: Option<bool>,
    into_engine: Option<bool>,
    looks_up_all: Option<bool>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(last, Option<TupleId>),
            name!(changed, i64),
            name!(counts, JsonB),
        ),
    >,
    ErrorReport,
> {
    let source = relation(source)?.oid();
    let size = i64::from(given(size, "size")?);
    let batch = Batch {
        after: given(after, "after")?,
        until: given(until, "until")?,
        size,
        kinds: Kinds {
            hashes: given(hashes, "hashes")?,
            others: given(others, "others")?,
        },
        looks_up_all: given(looks_up_all, "looks_up_all")?,
        window_us: window_us(window)?,
        as_of_us: i64::from(given(as_of, "as_of")?).saturating_add(POSTGRES_EPOCH_US),
    };
    let (seen, last, counts) = match given(into_engine, "into_engine")? {
        true => legacy::move_into_engine(source, &batch)?,
        false => legacy::convert(source, &batch)?,
    };
    let last = last.filter(|_| i64::try_from(seen).is_ok_and(|seen| seen >= size));
    Ok(TableIterator::once((
        last,
        counts.changed(),
        JsonB(counts.to_json()),
    )))
}

/// `phone_crypt.forget_known_keys()`: frees what batches remember of a table's keys.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn forget_known_keys() {
    legacy::forget_known();
}

/// A window that the engine takes, too.
fn window_us(window: Option<Interval>) -> Result<i64> {
    let window_us = span_us(&given(window, "window")?);
    Quota::new(0, window_us, None).map_err(ratelimit::error::Error::from)?;
    Ok(window_us)
}

/// `phone_crypt.legacy_key(id)`: what `phone_migrate_rate_limits` would make of a row with this id: the key that it
/// would have, or why it would stay as it is.
///
/// Errors: NULL, 22004; no key, or a ring that differs from the pin, 55000.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn legacy_key(
    id: Option<Text<'_>>,
) -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(key, Option<RawText>),
            name!(repaired, bool),
            name!(reason, Option<&'static str>),
        ),
    >,
    ErrorReport,
> {
    let id = given(id, "id")?;
    let outcome = with_default(|regions| legacy::outcome_of(id, regions))?;
    let row = match outcome {
        RowOutcome::Phone(key) | RowOutcome::Key(key) => (Some(RawText(key)), false, None),
        RowOutcome::Repaired(key) => (Some(RawText(key)), true, None),
        RowOutcome::Unrepairable => (None, false, Some("left_naive")),
        RowOutcome::NotAPhoneNumber => (None, false, Some("left_not_a_phone_number")),
        RowOutcome::KeyLength => (None, false, Some("left_key_length")),
    };
    Ok(TableIterator::once(row))
}
