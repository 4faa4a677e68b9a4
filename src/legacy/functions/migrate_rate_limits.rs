//! The work of `phone_migrate_rate_limits`, a batch a call.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use crate::pg::{Answer, ErrorReport, TupleId};
use pgrx::datum::{Interval, JsonB, TimestampWithTimeZone};
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::ratelimit::Quota;

use crate::jobs;
use crate::legacy::error::Result;
use crate::legacy::{self, Batch, Kinds, PHONE, RowOutcome};
use crate::pg::arguments::{self, given};
use crate::pg::interval::{POSTGRES_EPOCH_US, span_us};
use crate::pg::regclass::Regclass;
use crate::pg::text::{RawText, Text};
use crate::phone::regions::with_default;
use crate::ratelimit::{self, PHONE_PREFIX};

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
    let source = arguments::relation(source)?.oid();
    let size = i64::from(given(size, "size")?);
    let batch = Batch {
        after: given(after, "after")?,
        until: given(until, "until")?,
        size,
        kinds: Kinds {
            phones: true,
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

/// `phone_crypt.count_legacy_rows(relation, phones, hashes, others)`: how many rows of these kinds a table has.
///
/// Errors: NULL, 22004; not the owner, 42501; no such table, 42P01.
#[pg_extern(schema = "phone_crypt", volatile, parallel_unsafe)]
fn count_legacy_rows(
    relation: Option<Regclass>,
    phones: Option<bool>,
    hashes: Option<bool>,
    others: Option<bool>,
) -> Answer<i64> {
    let kinds = Kinds {
        phones: given(phones, "phones")?,
        hashes: given(hashes, "hashes")?,
        others: given(others, "others")?,
    };
    let table = arguments::relation(relation)?.oid();
    Ok(jobs::count_rows(table, &legacy::condition(kinds))?)
}

/// A window that the engine takes, too.
fn window_us(window: Option<Interval>) -> Result<i64> {
    let window_us = span_us(&given(window, "window")?);
    Quota::new(0, window_us, None).map_err(ratelimit::error::Error::from)?;
    Ok(window_us)
}

/// `phone_crypt.legacy_key(id)`: what `phone_migrate_rate_limits` would make of a row with this id: the key that it
/// would have, or why it would stay as it is; and its kind: `phone`, `hash` or `other`.
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
            name!(kind, &'static str),
        ),
    >,
    ErrorReport,
> {
    let id = given(id, "id")?;
    let kind = match id.bytes() {
        id if id.starts_with(PHONE) => "phone",
        id if id.starts_with(PHONE_PREFIX) => "hash",
        _ => "other",
    };
    let outcome = with_default(|regions| legacy::outcome_of(id, regions))?;
    let (key, repaired, reason) = match outcome {
        RowOutcome::Phone(key) | RowOutcome::Key(key) => (Some(RawText(key)), false, None),
        RowOutcome::Repaired(key) => (Some(RawText(key)), true, None),
        RowOutcome::Unrepairable => (None, false, Some("left_naive")),
        RowOutcome::NotAPhoneNumber => (None, false, Some("left_not_a_phone_number")),
        RowOutcome::KeyLength => (None, false, Some("left_key_length")),
    };
    Ok(TableIterator::once((key, repaired, reason, kind)))
}
