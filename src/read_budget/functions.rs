//! The SQL functions of read budgets. Those that change them are PL/pgSQL (`sql/read_budget`).

use pgrx::datum::TimestampWithTimeZone;
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};

use super::{budgets, counts};
use crate::pg::interval::to_timestamp;
use crate::pg::text::RawText;
use crate::pg::trigger_rows::{StoredRow, table_of_trigger};
use crate::pg::{Answer, ErrorReport, FunctionCallInfo, Oid, PgError, user};

/// `phone_crypt.announce_read_budget()`: the trigger of `phone_crypt.role_read_budgets`: makes every session read it again.
///
/// Errors: called otherwise than as a trigger, 39P01.
#[pg_extern(sql = false)]
fn announce_read_budget(fcinfo: FunctionCallInfo) -> Answer<StoredRow> {
    let table = table_of_trigger(fcinfo).ok_or(PgError::NotATrigger)?;
    budgets::note_change(table);
    Ok(StoredRow::none())
}

/// `phone_crypt.read_counts()`: what is used of each budget by each role that reads, of this database; without preload, by this
/// session. Names are NULL where a role is gone.
#[pg_extern(volatile, parallel_restricted, schema = "phone_crypt")]
#[allow(clippy::type_complexity)] // pgrx reads the columns off the type
fn read_counts() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(role, Option<RawText>),
            name!(reader, Option<RawText>),
            name!(began_at, Option<TimestampWithTimeZone>),
            name!(used, i64),
            name!(refused, i64),
        ),
    >,
    ErrorReport,
> {
    let name = |role: Oid| RawText::utf8(user::role_name(role)?.as_bytes()).ok();
    let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let rows = counts::running().into_iter().map(move |(pair, window)| {
        (
            name(pair.owner),
            name(pair.reader),
            to_timestamp(window.began_us),
            signed(window.used),
            signed(window.refused),
        )
    });
    Ok(TableIterator::new(rows))
}
