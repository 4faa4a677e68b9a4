//! A table of the legacy application's form, read and written in batches.
//!
//! Its five columns may stand anywhere among others, which stay as they are. The statements here run under
//! [`BatchSettings`](crate::pg::setting_switch::BatchSettings), which pins the search_path.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::LegacyRow;

use super::batch::{Batch, Kinds};
use super::keys::PHONE;
use crate::legacy::error::{Error, Result};
use crate::pg::arrays::{longs, texts, tids};
use crate::pg::statement::run;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::pg::{Oid, TupleId, oids};
use crate::ratelimit::PHONE_PREFIX;

/// Each of the five columns: the table's name as SQL wants it, the column's, its type below a domain.
const COLUMNS: &str = "\
    SELECT format('%I.%I', n.nspname, c.relname), a.attname::text, \
           CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END \
      FROM pg_class AS c \
      JOIN pg_namespace AS n ON n.oid = c.relnamespace \
      JOIN pg_attribute AS a ON a.attrelid = c.oid \
      JOIN pg_type AS t ON t.oid = a.atttypid \
     WHERE c.oid = $1 AND a.attname = ANY ('{id,count,window_start,created_at,updated_at}'::name[])";

/// A table, and what its columns hold.
pub struct LegacyTable {
    name: String,
    count_type: Oid,
    created_type: Oid,
    updated_type: Oid,
}

/// A row, locked.
pub struct Met<K> {
    /// Where it lies.
    pub place: TupleId,
    /// What its id turned out to be.
    pub key: K,
    /// What it counts.
    pub row: LegacyRow,
}

impl LegacyTable {
    /// The table with this oid.
    ///
    /// Errors: it lacks a column, or has one of another type, 55000.
    pub fn of(table: Oid) -> Result<LegacyTable> {
        let mut name = Err(Error::NotALegacyTable);
        let mut types = Vec::new();
        run(COLUMNS, &[(oids::OIDOID, table.into_datum())], |row| {
            if let Some(text) = row.get::<Text<'_>>(1) {
                name = text
                    .exact()
                    .map(|name| name.into_owned())
                    .map_err(Error::from);
            }
            types.extend(row.get::<String>(2).zip(row.get::<Oid>(3)));
        });
        let type_among = |column: &str, allowed: &[Oid]| {
            let found = types.iter().find(|(name, _)| name == column);
            let found = found.filter(|(_, kind)| allowed.contains(kind));
            found.map(|(_, kind)| *kind).ok_or(Error::NotALegacyTable)
        };
        let times = [oids::TIMESTAMPTZOID, oids::TIMESTAMPOID];
        type_among("id", &[oids::TEXTOID, oids::VARCHAROID])?;
        type_among("window_start", &[oids::INT8OID])?;
        Ok(LegacyTable {
            count_type: type_among("count", &[oids::INT4OID, oids::INT8OID])?,
            created_type: type_among("created_at", &times)?,
            updated_type: type_among("updated_at", &times)?,
            name: name?,
        })
    }

    /// The largest count that it holds.
    pub fn most(&self) -> i64 {
        match self.count_type == oids::INT8OID {
            true => i64::MAX,
            false => i64::from(i32::MAX),
        }
    }

    /// Locks the rows of a batch, but for those that somebody else has locked.
    pub fn lock_batch(&self, batch: &Batch, each: impl FnMut(Text<'_>, Met<()>)) {
        let sql = format!(
            "SELECT {COLUMNS_OF_ROW} FROM ONLY {} AS t \
              WHERE t.ctid > $1 AND t.ctid < $2 AND {} \
              LIMIT $3 FOR UPDATE SKIP LOCKED",
            self.name,
            condition(batch.kinds)
        );
        let arguments = [
            (oids::TIDOID, batch.after.into_datum()),
            (oids::TIDOID, batch.until.into_datum()),
            (oids::INT8OID, batch.size.into_datum()),
        ];
        run(&sql, &arguments, with_rows(each));
    }

    /// Every id `phone_hash:…`, read in portions.
    pub fn each_hash(&self, mut each: impl FnMut(Text<'_>)) {
        let sql = format!(
            "SELECT t.ctid, t.id::text FROM ONLY {} AS t WHERE t.ctid > $1 AND {} LIMIT {PORTION}",
            self.name,
            begins_with(PHONE_PREFIX)
        );
        let mut after = Some(TupleId::default());
        while after.is_some() {
            let arguments = [(oids::TIDOID, after.take().into_datum())];
            let read = run(&sql, &arguments, |row| {
                after = row.get(1);
                row.get(2).into_iter().for_each(&mut each);
            });
            after = after.filter(|_| read == PORTION);
        }
    }

    /// Those of these ids that the table has, as far as can be seen.
    pub fn existing<'a>(&self, ids: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
        let sql = format!(
            "SELECT t.id::text FROM ONLY {} AS t WHERE t.id = ANY ($1)",
            self.name
        );
        let mut found = Vec::new();
        run(&sql, &[(oids::TEXTARRAYOID, texts(ids.map(Some)))], |row| {
            found.extend(row.get::<Text<'_>>(1).map(|id| id.bytes().to_vec()));
        });
        found
    }

    /// Locks the rows with these ids, but for those that somebody else has locked.
    pub fn lock_ids(&self, ids: &[Vec<u8>], each: impl FnMut(Text<'_>, Met<()>)) {
        let sql = format!(
            "SELECT {COLUMNS_OF_ROW} FROM ONLY {} AS t WHERE t.id = ANY ($1) \
                FOR UPDATE SKIP LOCKED",
            self.name
        );
        let ids = texts(ids.iter().map(|id| Some(id.as_slice())));
        run(&sql, &[(oids::TEXTARRAYOID, ids)], with_rows(each));
    }

    /// Writes every row of another table or view, over what there is of their ids.
    pub fn write_all_of(&self, other: &LegacyTable) {
        let sql = format!(
            "INSERT INTO {} AS t (id, count, window_start, created_at, updated_at) \
             SELECT o.id, o.count, o.window_start, o.created_at, o.updated_at FROM {} AS o \
                 ON CONFLICT (id) DO UPDATE SET count = excluded.count, window_start = excluded.window_start, \
                    created_at = least(t.created_at, excluded.created_at), updated_at = excluded.updated_at",
            self.name, other.name
        );
        run(&sql, &[], |_| ());
    }

    /// Deletes locked rows.
    ///
    /// Errors: a trigger kept some, 27000.
    pub fn delete(&self, places: &[TupleId]) -> Result<()> {
        if places.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "DELETE FROM ONLY {} AS t WHERE t.ctid = ANY ($1)",
            self.name
        );
        let tids = tids(places.iter().copied());
        all_done(run(&sql, &[(TIDARRAYOID, tids)], |_| ()), places.len())
    }

    /// Gives locked rows other ids.
    ///
    /// Errors: a trigger kept some, 27000.
    pub fn rename(&self, rows: &[(TupleId, &[u8])]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "UPDATE ONLY {} AS t SET id = u.id FROM unnest($1, $2) AS u (place, id) WHERE t.ctid = u.place",
            self.name
        );
        let arguments = [
            (TIDARRAYOID, tids(rows.iter().map(|(place, _)| *place))),
            (
                oids::TEXTARRAYOID,
                texts(rows.iter().map(|(_, id)| Some(*id))),
            ),
        ];
        all_done(run(&sql, &arguments, |_| ()), rows.len())
    }

    /// Writes locked rows: their ids and what they count.
    ///
    /// Errors: a trigger kept some, 27000.
    pub fn update(&self, rows: &[Met<&[u8]>]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "UPDATE ONLY {} AS t SET id = u.id, count = u.count, window_start = u.window_start, \
                    created_at = u.created_at, updated_at = u.updated_at \
               FROM unnest($1, $2, $3, $4, $5, $6) \
                 AS u (place, id, count, window_start, created_at, updated_at) \
              WHERE t.ctid = u.place",
            self.name
        );
        let long = |kind, of: fn(&LegacyRow) -> Option<i64>| {
            longs(kind, rows.iter().map(|met| of(&met.row)))
        };
        let arguments = [
            (TIDARRAYOID, tids(rows.iter().map(|met| met.place))),
            (
                oids::TEXTARRAYOID,
                texts(rows.iter().map(|met| Some(met.key))),
            ),
            (
                oids::INT8ARRAYOID,
                long(oids::INT8OID, |row| Some(row.count)),
            ),
            (
                oids::INT8ARRAYOID,
                long(oids::INT8OID, |row| Some(row.window_start_ms)),
            ),
            (
                array_of_times(self.created_type),
                long(self.created_type, |row| row.created_us),
            ),
            (
                array_of_times(self.updated_type),
                long(self.updated_type, |row| row.updated_us),
            ),
        ];
        all_done(run(&sql, &arguments, |_| ()), rows.len())
    }
}

/// `tid[]`, which pgrx does not name.
const TIDARRAYOID: Oid = Oid::from_u32(1010);
/// `timestamp[]`, which pgrx does not name.
const TIMESTAMPARRAYOID: Oid = Oid::from_u32(1115);

/// Rows that are held in memory at a time while the whole table is read.
const PORTION: u64 = 10_000;

fn array_of_times(kind: Oid) -> Oid {
    match kind == oids::TIMESTAMPTZOID {
        true => oids::TIMESTAMPTZARRAYOID,
        false => TIMESTAMPARRAYOID,
    }
}

const COLUMNS_OF_ROW: &str =
    "t.ctid, t.id::text, t.count::bigint, t.window_start, t.created_at, t.updated_at";

// No index is of use to these conditions, so rows come in the order in which they lie in the table.

fn begins_with(prefix: &[u8]) -> String {
    let text = String::from_utf8_lossy(prefix);
    format!(
        "left(t.id, {}) COLLATE \"C\" = '{text}'",
        text.chars().count()
    )
}

/// Whether a row `t` is of one of these kinds.
pub fn condition(kinds: Kinds) -> String {
    format!(
        "t.id IS NOT NULL AND CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {} END",
        begins_with(PHONE),
        kinds.phones,
        begins_with(PHONE_PREFIX),
        kinds.hashes,
        kinds.others
    )
}

fn with_rows(mut each: impl FnMut(Text<'_>, Met<()>)) -> impl FnMut(&TableRow) {
    move |row| {
        if let (Some(place), Some(id)) = (row.get(1), row.get::<Text<'_>>(2)) {
            let row = LegacyRow {
                count: row.get(3).unwrap_or(0),
                window_start_ms: row.get(4).unwrap_or(0),
                created_us: time(row, 5),
                updated_us: time(row, 6),
            };
            let key = ();
            each(id, Met { place, key, row });
        }
    }
}

/// Both kinds of timestamps are stored as microseconds.
fn time(row: &TableRow, number: i32) -> Option<i64> {
    row.get(number)
}

fn all_done(done: u64, wanted: usize) -> Result<()> {
    match done == wanted as u64 {
        true => Ok(()),
        false => Err(Error::RowsNotChanged),
    }
}
