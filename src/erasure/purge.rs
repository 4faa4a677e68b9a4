//! One batch of a retention period: rows of a part of a table whose time is over.

use pgrx::IntoDatum;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::spi::quote_identifier;

use super::outcome::attempt;
use crate::encrypted_type as typed;
use crate::encrypted_type::error::Error as TypedError;
use crate::encrypted_type::policy::{self, OnForget};
use crate::erasure::error::{Error, Result};
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement;
use crate::pg::user::{as_owner, full_name};
use crate::pg::{Datum, Oid, catalog, oids};

/// Pages that one batch looks through. Going on from page to page, a run reads a table once, whatever its size and
/// with no index.
const PAGES: i64 = 256;

/// What is purged.
pub struct Target {
    relation: Oid,
    deletes_rows: bool,
    /// The column that tells how old a row is.
    time: String,
    /// The assignments that leave nothing of a number in its row.
    nulls: String,
    /// Whether a row `t` holds anything of a number.
    holds: String,
}

impl Target {
    /// What is to be purged in a column.
    ///
    /// Errors: not of the data type, 42804; without a retention, 55000.
    pub fn of(relation: Oid, column: &str) -> Result<Target> {
        let of_type = catalog::type_of_column(relation, column);
        if of_type.and_then(typed::data_type_of).is_none() {
            return Err(Error::Typed(TypedError::NotEncrypted));
        }
        let number = catalog::column_number(relation, column).ok_or(Error::NoRetention)?;
        let policy = policy::of_column(relation, i32::from(number))?.ok_or(Error::NoRetention)?;
        let column = quote_identifier(column);
        Ok(Target {
            relation,
            deletes_rows: policy.on_forget == OnForget::Delete,
            time: policy.retention_column.ok_or(Error::NoRetention)?,
            nulls: format!("{column} = NULL"),
            holds: format!("t.{column} IS NOT NULL"),
        })
    }

    /// Rows that are due and still hold something, or are to go whole.
    fn due(&self) -> String {
        let is_old = format!("t.{} < $1", quote_identifier(&self.time));
        match self.deletes_rows {
            true => is_old,
            false => format!("{is_old} AND ({})", self.holds),
        }
    }
}

/// What a batch did.
pub struct Batch {
    /// The page to go on from; none at the end.
    pub next_page: Option<i64>,
    /// Rows changed.
    pub changed: i64,
}

/// How many rows of the table are due.
///
/// Errors: not the owner, 42501; PostgreSQL's own, under its SQLSTATE.
pub fn count(target: &Target, cutoff: TimestampWithTimeZone) -> Result<i64> {
    let table = full_name(target.relation)?;
    let sql = format!("SELECT count(*) FROM {table} AS t WHERE {}", target.due());
    let _in_their_name = as_owner(target.relation)?;
    let _settings = BatchSettings::for_any_rows();
    let mut count = 0;
    attempt(&table, || {
        statement::run(&sql, &[cutoff_argument(cutoff)], |row| {
            count = row.get(1).unwrap_or(0);
        });
        Ok(())
    })?;
    Ok(count)
}

/// Deletes or sets to NULL at most `size` due rows of a table or partition, from a page on. Rows that others have
/// locked are passed over.
///
/// Errors: as [`count`].
pub fn batch(
    target: &Target,
    leaf: Oid,
    cutoff: TimestampWithTimeZone,
    from_page: i64,
    size: i32,
) -> Result<Batch> {
    let table = full_name(leaf)?;
    let to_page = from_page.saturating_add(PAGES);
    let work = match target.deletes_rows {
        true => format!("DELETE FROM ONLY {table} AS t"),
        false => format!("UPDATE ONLY {table} AS t SET {}", target.nulls),
    };
    let sql = format!(
        "{work} WHERE t.ctid = ANY (ARRAY( \
            SELECT t.ctid FROM ONLY {table} AS t \
             WHERE t.ctid >= $2::tid AND t.ctid < $3::tid AND {} LIMIT $4 FOR UPDATE SKIP LOCKED))",
        target.due()
    );
    let arguments = [
        cutoff_argument(cutoff),
        (oids::TEXTOID, format!("({from_page},0)").into_datum()),
        (oids::TEXTOID, format!("({to_page},0)").into_datum()),
        (oids::INT4OID, size.into_datum()),
    ];
    let in_their_name = as_owner(leaf)?;
    let _settings = BatchSettings::for_any_rows();
    statement::fire_deferred_triggers_at_once(&in_their_name);
    let (changed, pages) = attempt(&table, || {
        let changed = statement::run(&sql, &arguments, |_| ());
        Ok((i64::try_from(changed).unwrap_or(i64::MAX), pages_of(leaf)))
    })?;
    let next_page = match changed >= i64::from(size) {
        true => from_page,
        false => to_page,
    };
    Ok(Batch {
        next_page: (next_page < pages).then_some(next_page),
        changed,
    })
}

fn cutoff_argument(cutoff: TimestampWithTimeZone) -> (Oid, Option<Datum>) {
    (oids::TIMESTAMPTZOID, cutoff.into_datum())
}

fn pages_of(leaf: Oid) -> i64 {
    let mut pages = 0;
    statement::run(
        "SELECT pg_relation_size($1, 'main') / current_setting('block_size')::bigint",
        &[(oids::REGCLASSOID, leaf.into_datum())],
        |row| pages = row.get(1).unwrap_or(0),
    );
    pages
}
