//! Writing what waits: from the queue, or without preload from the table `phone_crypt.audit_waiting`.

use pgrx::IntoDatum;

use super::append::{Unnumbered, append};
use super::start;
use super::state::{self, LogState};
use super::watched;
use crate::audit::error::Result;
use crate::audit::event::Event;
use crate::audit::queue;
use crate::audit::record::text_of;
use crate::pg::clock::now_us;
use crate::pg::statement::Statement;
use crate::pg::{Oid, oids};

/// Records that are written in one transaction.
pub const BATCH: usize = 4000;

thread_local! {
    static TAKE_WAITING: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.audit_waiting WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(\
            SELECT w.id FROM phone_crypt.audit_waiting AS w ORDER BY w.id LIMIT $1)) \
          RETURNING id, time_us, fields",
        &[oids::INT8OID],
    ) };
}

/// What has been written, to be told to the queue once it is committed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Written {
    /// The last number of the queue.
    pub up_to: u64,
    /// Lost records that the log tells of now.
    pub lost: u64,
    /// How many records came from the queue.
    pub count: usize,
    /// The size of the log afterwards, and that of its last checkpoint.
    pub size: u64,
    /// See `size`.
    pub signed_size: u64,
    /// When that was signed, in microseconds since 2000.
    pub signed_at: Option<i64>,
}

/// Writes the first records of the queue, in the present transaction; before the first of several times, what the worker finds
/// changed.
///
/// Errors: no log, 55000; a broken one, XX001.
pub fn write_queued(database: Oid, is_first: bool) -> Result<Written> {
    let owner = state::owner()?;
    let mut state = LogState::lock(owner)?;
    // After the lock: whoever had it may have taken some out.
    let status = queue::status(database);
    let queued = queue::first(database, BATCH);
    let run = status.run.cast_signed();
    let taken = match state.run == Some(run) {
        true => state.taken.unwrap_or(0).cast_unsigned(),
        false => 0,
    };
    let mut records: Vec<Unnumbered> = Vec::with_capacity(queued.len() + 3);
    if !status.is_started {
        let (here, wal) = start::here();
        let events = start::events(&state.place, &here, &wal, status.is_clean);
        records.extend(events.into_iter().map(own));
        state.place = here;
    }
    if is_first {
        records.extend(watched::changes(owner, &mut state).into_iter().map(own));
    }
    let mut written = Written {
        up_to: taken,
        count: queued.len(),
        lost: status.lost,
        ..Written::default()
    };
    for record in queued {
        written.up_to = written.up_to.max(record.number);
        // A worker that was killed after its commit may have left some in the queue.
        if record.number > taken {
            records.push((record.time_us, record.text));
        }
    }
    if status.lost > 0 {
        records.push(own(start::gap(status.lost, status.lost_since_us)));
    }
    state.run = Some(run);
    state.taken = Some(written.up_to.cast_signed());
    finish(owner, &mut state, &records, written)
}

/// Writes what waits in the table, in the present transaction: where there is no queue.
///
/// Errors: as [`write_queued`].
pub fn write_waiting() -> Result<Written> {
    let owner = state::owner()?;
    let mut state = LogState::lock(owner)?;
    let mut waiting: Vec<(i64, Unnumbered)> = Vec::new();
    let most = i64::try_from(BATCH).unwrap_or(i64::MAX);
    TAKE_WAITING.with(|take| {
        take.run(owner, &[most.into_datum()], |row| {
            let (id, time_us, fields) = (row.get(1), row.get(2), row.get(3));
            if let (Some(id), Some(time_us), Some(fields)) = (id, time_us, fields) {
                waiting.push((id, (time_us, fields)));
            }
        })
    });
    waiting.sort_unstable();
    let mut records: Vec<Unnumbered> = Vec::with_capacity(waiting.len() + 1);
    let (here, wal) = start::here();
    // Nobody knows of the server's starts here; but a log that goes on elsewhere is seen.
    if here != state.place {
        records.extend(
            start::events(&state.place, &here, &wal, true)
                .into_iter()
                .map(own),
        );
        state.place = here;
    }
    records.extend(watched::changes(owner, &mut state).into_iter().map(own));
    let count = waiting.len();
    records.extend(waiting.into_iter().map(|(_, record)| record));
    let written = Written {
        count,
        ..Written::default()
    };
    finish(owner, &mut state, &records, written)
}

fn finish(
    owner: Oid,
    state: &mut LogState,
    records: &[Unnumbered],
    mut written: Written,
) -> Result<Written> {
    append(owner, state, records)?;
    state.store(owner);
    written.size = state.tree.size();
    written.signed_size = state.signed_size.unwrap_or(0).cast_unsigned();
    written.signed_at = state.signed_at;
    Ok(written)
}

/// A record of the log's own.
pub fn own(event: Event) -> Unnumbered {
    (now_us(), text_of(event))
}
