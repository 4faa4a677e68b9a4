//! The SQL functions of whoever has something to record.

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{default, name, pg_extern};
use phone_crypt_core::audit::{Record, batch_records};

use super::error::Error;
use super::event::Event;
use super::record::record;
use super::{queue, vocabulary};
use crate::pg::Answer;
use crate::pg::arguments::{optional, required};
use crate::pg::interval::to_timestamp;
use crate::pg::process;
use crate::pg::regclass::Regclass;
use crate::pg::text::Text;

/// `phone_crypt.audit_event(event[, relation, name, count])`: records an event of ours. A name that may hold a number or a
/// secret is left out.
///
/// Errors: NULL event, 22004; no event that SQL may record, 22023.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn audit_event(
    event: Option<Text<'_>>,
    relation: default!(Option<Regclass>, "NULL"),
    name: default!(Option<Text<'_>>, "NULL"),
    count: default!(Option<i64>, "NULL"),
) -> Answer<()> {
    let event = required(event, "event")?;
    let (word, class) = vocabulary::find(&event).ok_or(Error::UnknownEvent)?;
    let mut event = Event::new(class, word);
    if let Some(relation) = relation {
        event = event.table(relation.oid());
    }
    if let Some(name) = optional(name)? {
        event = event.name("name", &name);
    }
    if let Some(count) = count {
        event = event.number("count", count);
    }
    record(event);
    Ok(())
}

/// `phone_crypt.audit_queue()`: what waits in shared memory of this database's records. No row without preload.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn audit_queue() -> TableIterator<
    'static,
    (
        name!(waiting, i64),
        name!(oldest, Option<TimestampWithTimeZone>),
        name!(lost, i64),
        name!(used, i64),
        name!(capacity, i64),
    ),
> {
    if !queue::is_there() {
        return TableIterator::new(Vec::new());
    }
    let status = queue::status(process::database());
    let oldest = status.oldest_us.and_then(to_timestamp);
    TableIterator::new(vec![(
        i64::from(status.waiting),
        oldest,
        i64::try_from(status.lost).unwrap_or(i64::MAX),
        i64::from(queue::used()),
        queue::CAPACITY as i64,
    )])
}

/// `phone_crypt.audit_unpack(last, records)`: the records that a row of the log holds, given the number of the last one. None where
/// the bytes are not what the worker wrote, which `phone_crypt_audit_verify` finds.
#[pg_extern(immutable, strict, parallel_safe, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn audit_unpack(
    last: i64,
    records: &[u8],
) -> TableIterator<
    'static,
    (
        name!(seq, i64),
        name!(happened_at, Option<TimestampWithTimeZone>),
        name!(record, Vec<u8>),
    ),
> {
    let last = u64::try_from(last);
    let records = last.map_or(Ok(Vec::new()), |last| batch_records(last, records));
    let row = |record: Record<'_>| {
        let happened_at = to_timestamp(record.time_us);
        (record.seq.cast_signed(), happened_at, record.bytes())
    };
    let rows: Vec<_> = records.unwrap_or_default().into_iter().map(row).collect();
    TableIterator::new(rows)
}
