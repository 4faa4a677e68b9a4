//! The counts in tables, as part of the caller's transaction. A row of a region is locked only when a code's time is over or it
//! is verified, that of a client with each send.

use pgrx::IntoDatum;
use phone_crypt_core::sending::observed::{
    ClientTraffic, Known, Outcome, Region, RegionTraffic, judge,
};
use std::collections::BTreeMap;

use super::entered::{Answer, Entered};
use super::store::{self, Kind, Tables};
use crate::cipher::Hash;
use crate::pg::statement::Statement;
use crate::pg::table_row::TableRow;
use crate::pg::{Datum, Oid, oids};
use crate::sending::error::Result;

/// How many sends are settled at a time, and old rows deleted.
const FEW: i64 = 64;

thread_local! {
    static ENTER: Statement = const { Statement::new(
        c"INSERT INTO phone_crypt.send_pending (send_id, space, number, region, client, due) VALUES ($1, $2, $3, $4, $5, $6)",
        &[oids::INT8OID, oids::INT4OID, oids::TEXTOID, oids::TEXTOID, oids::TEXTOID, oids::INT8OID],
    ) };
    static TAKE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_pending AS s WHERE s.send_id OPERATOR(pg_catalog.=) $1 \
          RETURNING s.space, s.region, s.client, s.due, s.number",
        &[oids::INT8OID],
    ) };
    static TAKE_TO: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_pending AS s WHERE s.number OPERATOR(pg_catalog.=) ANY ($1) \
             AND ($2 IS NULL OR s.space OPERATOR(pg_catalog.=) $2) \
          RETURNING s.space, s.region, s.client, s.due, s.number",
        &[oids::TEXTARRAYOID, oids::INT4OID],
    ) };
    static HAS: Statement = const { Statement::new(
        c"SELECT FROM phone_crypt.send_pending AS s WHERE s.send_id OPERATOR(pg_catalog.=) $1",
        &[oids::INT8OID],
    ) };
    static HAS_TO: Statement = const { Statement::new(
        c"SELECT FROM phone_crypt.send_pending AS s WHERE s.number OPERATOR(pg_catalog.=) ANY ($1)",
        &[oids::TEXTARRAYOID],
    ) };
    static UNDER_WAY: Statement = const { Statement::new(
        c"SELECT FROM phone_crypt.send_pending AS s WHERE s.space OPERATOR(pg_catalog.=) $1 \
             AND s.region OPERATOR(pg_catalog.=) $2 LIMIT $3",
        &[oids::INT4OID, oids::TEXTOID, oids::INT8OID],
    ) };
    static TAKE_DUE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.send_pending AS d WHERE d.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(\
            SELECT s.ctid FROM phone_crypt.send_pending AS s WHERE s.due OPERATOR(pg_catalog.<=) $1 \
             ORDER BY s.due LIMIT $2 FOR UPDATE SKIP LOCKED)) \
          RETURNING d.space, d.region, d.client, d.due, d.number",
        &[oids::INT8OID, oids::INT8OID],
    ) };
}

/// A row of `send_pending`.
struct Pending {
    space: i32,
    region: String,
    client: Option<String>,
    due_s: i64,
    number: String,
}

impl Pending {
    fn of_row(row: &TableRow) -> Option<Pending> {
        Some(Pending {
            space: row.get(1)?,
            region: row.string(2)?,
            client: row.string(3),
            due_s: row.get(4)?,
            number: row.string(5)?,
        })
    }
}

fn pendings(
    statement: &'static std::thread::LocalKey<Statement>,
    role: Oid,
    arguments: &[Option<Datum>],
) -> Vec<Pending> {
    let mut all = Vec::new();
    statement
        .with(|statement| statement.run(role, arguments, |row| all.extend(Pending::of_row(row))));
    all
}

pub fn reserve(tables: &Tables, entered: &Entered<'_>, has_verified: bool) -> Result<Answer> {
    settle(tables, entered.now_s);
    let space = entered.space;
    let region = store::region(tables, space, entered.region);
    let under_way = under_way(tables, entered, region.as_ref());
    let refused = |client: Option<&ClientTraffic>| {
        let known = Known {
            region: region.as_ref(),
            under_way,
            client,
            suspect_until_s: None,
        };
        let to = Region::of(entered.region);
        judge(entered.rules, to, known, entered.now_s).filter(|_| !has_verified)
    };
    // First without a lock: a refusal takes none.
    let client = entered
        .client
        .and_then(|client| store::client(tables, space, client));
    if let Some(refused) = refused(client.as_ref()) {
        return Ok(Err(refused));
    }
    if let Some(name) = entered.client {
        let state = store::lock(tables, space, Kind::Client, name);
        let mut client = ClientTraffic::of_bytes(&state).unwrap_or_default();
        if let Some(refused) = refused(Some(&client)) {
            return Ok(Err(refused));
        }
        client
            .visits
            .enter(Region::of(entered.region), entered.now_s);
        store::write(tables, space, Kind::Client, name, &client.to_bytes());
    }
    let row = [
        entered.id.into_datum(),
        space.into_datum(),
        store::text_of(entered.number).into_datum(),
        entered.region.into_datum(),
        entered.client.into_datum(),
        entered.due_s.into_datum(),
    ];
    ENTER.with(|enter| enter.run(tables.role, &row, |_| ()));
    Ok(Ok(false))
}

/// How many codes to the region are neither verified nor late, as far as it matters.
fn under_way(tables: &Tables, entered: &Entered<'_>, region: Option<&RegionTraffic>) -> u64 {
    if !entered.rules.conversion {
        return 0;
    }
    let region = region.copied().unwrap_or_default();
    let limit = region.counts(entered.now_s).may_be_under_way();
    let arguments = [
        entered.space.into_datum(),
        entered.region.into_datum(),
        i64::try_from(limit).unwrap_or(i64::MAX).into_datum(),
    ];
    UNDER_WAY.with(|statement| statement.run(tables.role, &arguments, |_| ()))
}

pub fn give_back(tables: &Tables, id: i64) {
    for pending in pendings(&TAKE, tables.role, &[id.into_datum()]) {
        leave(tables, &pending);
    }
}

fn leave(tables: &Tables, pending: &Pending) {
    with_client(tables, pending, |client, region| {
        client.visits.leave(region)
    });
}

pub fn report(tables: &Tables, id: i64, outcome: Outcome, now_s: i64) -> bool {
    settle(tables, now_s);
    let id = [id.into_datum()];
    match outcome {
        Outcome::Sent | Outcome::Delivered => HAS.with(|has| has.run(tables.role, &id, |_| ())) > 0,
        Outcome::Failed => {
            let taken = pendings(&TAKE, tables.role, &id);
            taken.iter().for_each(|pending| leave(tables, pending));
            !taken.is_empty()
        }
        Outcome::Verified => {
            let taken = pendings(&TAKE, tables.role, &id);
            for pending in &taken {
                verify(tables, pending, now_s);
                store::note_verified(tables, &pending.number, now_s);
                // What else was sent to the number under the same policy is settled with it.
                let others = [
                    vec![pending.number.clone()].into_datum(),
                    pending.space.into_datum(),
                ];
                pendings(&TAKE_TO, tables.role, &others);
            }
            !taken.is_empty()
        }
    }
}

/// The first of the hashes is the one that is noted.
pub fn report_number(tables: &Tables, hashes: &[Hash], outcome: Outcome, now_s: i64) -> bool {
    settle(tables, now_s);
    let numbers: Vec<String> = hashes.iter().map(store::text_of).collect();
    let numbers_datum = numbers.clone().into_datum();
    if matches!(outcome, Outcome::Sent | Outcome::Delivered) {
        return HAS_TO.with(|has| has.run(tables.role, &[numbers_datum], |_| ())) > 0;
    }
    let taken = pendings(
        &TAKE_TO,
        tables.role,
        &[numbers_datum, None::<i32>.into_datum()],
    );
    // The newest of each policy; its id has risen with time, and so has when it is due.
    let mut newest: BTreeMap<i32, &Pending> = BTreeMap::new();
    for pending in &taken {
        let known = newest.entry(pending.space).or_insert(pending);
        if pending.due_s > known.due_s {
            *known = pending;
        }
    }
    match outcome {
        Outcome::Verified => {
            for pending in newest.values() {
                verify(tables, pending, now_s);
            }
            if let Some(number) = numbers.first() {
                store::note_verified(tables, number, now_s);
            }
        }
        _ => taken.iter().for_each(|pending| leave(tables, pending)),
    }
    !taken.is_empty()
}

fn verify(tables: &Tables, pending: &Pending, now_s: i64) {
    with_region(tables, pending.space, &pending.region, |traffic| {
        traffic.verified(now_s);
    });
    with_client(tables, pending, |client, region| {
        client.verified(region, now_s);
    });
}

/// Counts as unverified what is due. Rows are locked in the order of their names, regions first.
fn settle(tables: &Tables, now_s: i64) {
    let mut due = pendings(
        &TAKE_DUE,
        tables.role,
        &[now_s.into_datum(), FEW.into_datum()],
    );
    if due.is_empty() {
        return;
    }
    due.sort_by(|one, other| (one.space, &one.region).cmp(&(other.space, &other.region)));
    for same in due.chunk_by(|one, other| (one.space, &one.region) == (other.space, &other.region))
    {
        if let Some(first) = same.first() {
            with_region(tables, first.space, &first.region, |traffic| {
                for pending in same {
                    traffic.unverified(pending.due_s);
                }
            });
        }
    }
    due.sort_by(|one, other| (one.space, &one.client).cmp(&(other.space, &other.client)));
    for pending in &due {
        with_client(tables, pending, |client, _| {
            client.unverified(pending.due_s);
        });
    }
    store::delete_old(tables, FEW);
}

fn with_region(tables: &Tables, space: i32, region: &str, change: impl FnOnce(&mut RegionTraffic)) {
    let state = store::lock(tables, space, Kind::Region, region);
    let mut traffic = RegionTraffic::of_bytes(&state).unwrap_or_default();
    change(&mut traffic);
    store::write(tables, space, Kind::Region, region, &traffic.to_bytes());
}

fn with_client(
    tables: &Tables,
    pending: &Pending,
    change: impl FnOnce(&mut ClientTraffic, Region),
) {
    let Some(name) = &pending.client else {
        return;
    };
    let state = store::lock(tables, pending.space, Kind::Client, name);
    let mut client = ClientTraffic::of_bytes(&state).unwrap_or_default();
    change(&mut client, Region::of(&pending.region));
    store::write(
        tables,
        pending.space,
        Kind::Client,
        name,
        &client.to_bytes(),
    );
}
