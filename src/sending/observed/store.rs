//! The tables: what is kept of regions and clients, the sends whose time is not over, and the numbers that have verified.

use pgrx::IntoDatum;
use phone_crypt_core::crypto::primitives::hex;
use phone_crypt_core::sending::observed::{ClientTraffic, NumberHash, RegionTraffic};
use std::cell::Cell;

use crate::cipher::Hash;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::statement::Statement;
use crate::pg::{Datum, Oid, oids, process, relation, table_scan};
use crate::sending::error::{Error, Result};
use crate::settings::SCHEMA;

/// Only where they are is remembered, never their rows.
static TRAFFIC: CachedTable = CachedTable::new(SCHEMA, c"send_traffic");
static VERIFIED: CachedTable = CachedTable::new(SCHEMA, c"send_verified");

/// How many characters of a number's hash are kept.
const HASH_CHARACTERS: usize = 32;

const NAME: [Oid; 3] = [oids::INT4OID, oids::INT2OID, oids::TEXTOID];

thread_local! {
    static FOUND: Cell<Option<Tables>> = const { Cell::new(None) };
    static READ: Statement = const { Statement::new(
        c"SELECT t.state FROM phone_crypt.send_traffic AS t WHERE t.space OPERATOR(pg_catalog.=) $1 \
             AND t.kind OPERATOR(pg_catalog.=) $2 AND t.name OPERATOR(pg_catalog.=) $3",
        &NAME,
    ) };
    static LOCK: Statement = const { Statement::new(
        c"SELECT t.state FROM phone_crypt.send_traffic AS t WHERE t.space OPERATOR(pg_catalog.=) $1 \
             AND t.kind OPERATOR(pg_catalog.=) $2 AND t.name OPERATOR(pg_catalog.=) $3 FOR UPDATE",
        &NAME,
    ) };
    static INSERT: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.send_traffic (space, kind, name, state) VALUES ($1, $2, $3, '') ON CONFLICT DO NOTHING",
        &NAME,
    ) };
    static WRITE: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.send_traffic AS t (space, kind, name, state) VALUES ($1, $2, $3, $4) \
          ON CONFLICT ON CONSTRAINT send_traffic_pkey DO UPDATE SET state = excluded.state, \
              updated_at = pg_catalog.clock_timestamp()",
        &[oids::INT4OID, oids::INT2OID, oids::TEXTOID, oids::BYTEAOID],
    ) };
    static ALL_REGIONS: Statement = const { Statement::new(
        c"SELECT t.space, t.name, t.state FROM phone_crypt.send_traffic AS t WHERE t.kind OPERATOR(pg_catalog.=) 0",
        &[],
    ) };
    static NOTE_VERIFIED: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.send_verified AS v (number, verified_at) \
          VALUES ($1, pg_catalog.to_timestamp($2::double precision)) \
          ON CONFLICT ON CONSTRAINT send_verified_pkey DO UPDATE SET verified_at = excluded.verified_at \
           WHERE v.verified_at OPERATOR(pg_catalog.<) (excluded.verified_at OPERATOR(pg_catalog.-) INTERVAL '1 day')",
        &[oids::TEXTOID, oids::INT8OID],
    ) };
    /// Whoever takes numbers out of memory to write them down does so within this.
    static LOCK_TO_WRITE: Statement = const { Statement::new(
        c"LOCK TABLE phone_crypt.send_verified IN ROW EXCLUSIVE MODE", &[],
    ) };
    static LOCK_TO_FORGET: Statement = const { Statement::new(
        c"LOCK TABLE phone_crypt.send_verified IN SHARE ROW EXCLUSIVE MODE", &[],
    ) };
    static FORGET_NUMBERS: Statement = const { Statement::new(
        c"WITH v AS (DELETE FROM phone_crypt.send_verified AS v WHERE v.number OPERATOR(pg_catalog.=) ANY ($1) RETURNING 1), \
               s AS (DELETE FROM phone_crypt.send_pending AS s WHERE s.number OPERATOR(pg_catalog.=) ANY ($1) RETURNING 1) \
          SELECT FROM v UNION ALL SELECT FROM s",
        &[oids::TEXTARRAYOID],
    ) };
    static DELETE_OLD: Statement = const { Statement::new(
        c"WITH t AS (DELETE FROM phone_crypt.send_traffic WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\
                SELECT t.ctid FROM phone_crypt.send_traffic AS t \
                 WHERE t.updated_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) \
                       CASE WHEN t.kind OPERATOR(pg_catalog.=) 0 THEN INTERVAL '15 days' ELSE INTERVAL '25 hours' END) \
                 LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1), \
               v AS (DELETE FROM phone_crypt.send_verified WHERE ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\
                SELECT v.ctid FROM phone_crypt.send_verified AS v \
                 WHERE v.verified_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) INTERVAL '400 days') \
                 LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1) \
          SELECT FROM t UNION ALL SELECT FROM v",
        &[oids::INT8OID],
    ) };
}

/// Where the tables are.
#[derive(Debug, Clone, Copy)]
pub struct Tables {
    /// Who owns them.
    pub role: Oid,
    traffic: Oid,
    verified: Oid,
    verified_index: Oid,
}

/// Whose traffic a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A region's, by its code.
    Region = 0,
    /// A client's, by its network.
    Client = 1,
}

/// The tables of this database.
///
/// Errors: they do not exist, 55000.
pub fn tables() -> Result<Tables> {
    cached_table::listen_once_a_statement();
    if TRAFFIC.is_valid()
        && VERIFIED.is_valid()
        && let Some(found) = FOUND.get()
    {
        return Ok(found);
    }
    let traffic = TRAFFIC.watch().ok_or(Error::NoTable)?;
    let verified = VERIFIED.watch().ok_or(Error::NoTable)?;
    // Before the look-ups: a change that arrives meanwhile makes them be done again.
    TRAFFIC.mark_valid();
    VERIFIED.mark_valid();
    let found = Tables {
        role: relation::owner_and_name(traffic).0,
        traffic,
        verified,
        verified_index: relation::primary_key(verified),
    };
    FOUND.set(Some(found));
    Ok(found)
}

impl Tables {
    /// Whose counts in shared memory are this database's.
    pub fn owner(&self) -> u64 {
        process::with_database(self.traffic.to_u32())
    }
}

/// A hash as it is kept in memory.
pub fn short(hash: &Hash) -> NumberHash {
    let half: [u8; 16] = hex::first(hash);
    let number = u128::from_be_bytes(half);
    [(number >> 64) as u64, number as u64]
}

/// And in a table.
pub fn text(number: NumberHash) -> String {
    format!("{:016x}{:016x}", number[0], number[1])
}

/// The same of a whole hash.
pub fn text_of(hash: &Hash) -> String {
    String::from_utf8_lossy(hash.get(..HASH_CHARACTERS).unwrap_or_default()).into_owned()
}

fn name(space: i32, kind: Kind, name: &str) -> [Option<Datum>; 3] {
    [
        space.into_datum(),
        (kind as i16).into_datum(),
        name.into_datum(),
    ]
}

fn state_by(
    statement: &'static std::thread::LocalKey<Statement>,
    tables: &Tables,
    key: &[Option<Datum>],
) -> Option<Vec<u8>> {
    let mut state = None;
    statement
        .with(|statement| statement.run(tables.role, key, |row| state = row.get::<Vec<u8>>(1)));
    state
}

/// What the table has of a region.
pub fn region(tables: &Tables, space: i32, region: &str) -> Option<RegionTraffic> {
    let state = state_by(&READ, tables, &name(space, Kind::Region, region))?;
    RegionTraffic::of_bytes(&state)
}

/// And of a client.
pub fn client(tables: &Tables, space: i32, client: &str) -> Option<ClientTraffic> {
    let state = state_by(&READ, tables, &name(space, Kind::Client, client))?;
    ClientTraffic::of_bytes(&state)
}

/// Locks a row, which is made if there is none, and gives its state.
pub fn lock(tables: &Tables, space: i32, kind: Kind, of: &str) -> Vec<u8> {
    loop {
        if let Some(state) = state_by(&LOCK, tables, &name(space, kind, of)) {
            return state;
        }
        INSERT.with(|insert| insert.run(tables.role, &name(space, kind, of), |_| ()));
    }
}

/// Writes a row.
pub fn write(tables: &Tables, space: i32, kind: Kind, of: &str, state: &[u8]) {
    let [space, kind, of] = name(space, kind, of);
    let columns = [space, kind, of, state.into_datum()];
    WRITE.with(|write| write.run(tables.role, &columns, |_| ()));
}

/// What the table has of all regions: the policy's space, the region and its traffic.
pub fn all_regions(tables: &Tables) -> Vec<(i32, String, RegionTraffic)> {
    let mut all = Vec::new();
    ALL_REGIONS.with(|regions| {
        regions.run(tables.role, &[], |row| {
            let state: Option<Vec<u8>> = row.get(3);
            let traffic = state.and_then(|state| RegionTraffic::of_bytes(&state));
            if let (Some(space), Some(region), Some(traffic)) = (row.get(1), row.string(2), traffic)
            {
                all.push((space, region, traffic));
            }
        })
    });
    all
}

/// Whether a number has verified a code before, as far as the table knows.
pub fn has_verified(tables: &Tables, hash: &Hash) -> bool {
    let mut is_known = false;
    let key = text_of(hash);
    table_scan::scan_key(
        tables.verified,
        tables.verified_index,
        key.as_bytes(),
        |_| is_known = true,
    );
    is_known
}

/// Notes that a number has verified a code, in seconds since 1970.
pub fn note_verified(tables: &Tables, number: &str, at_s: i64) {
    let columns = [number.into_datum(), at_s.into_datum()];
    NOTE_VERIFIED.with(|note| note.run(tables.role, &columns, |_| ()));
}

/// Until the end of the transaction nobody forgets a number: to be called before numbers are taken out of memory.
pub fn lock_to_write(tables: &Tables) {
    LOCK_TO_WRITE.with(|lock| lock.run(tables.role, &[], |_| ()));
}

/// Waits for those who have taken numbers out of memory: they are in the table then. They wait until this transaction ends.
pub fn lock_to_forget(tables: &Tables) {
    LOCK_TO_FORGET.with(|lock| lock.run(tables.role, &[], |_| ()));
}

/// Deletes what is kept of these numbers. How many rows.
pub fn forget_numbers(tables: &Tables, numbers: Vec<String>) -> u64 {
    FORGET_NUMBERS.with(|forget| forget.run(tables.role, &[numbers.into_datum()], |_| ()))
}

/// Deletes some rows that mean nothing any more. How many.
pub fn delete_old(tables: &Tables, limit: i64) -> u64 {
    DELETE_OLD.with(|delete| delete.run(tables.role, &[limit.into_datum()], |_| ()))
}
