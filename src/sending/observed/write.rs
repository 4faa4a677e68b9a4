//! Writing down what must survive a restart, in the background: the counts of regions, and which numbers have verified.

use pgrx::bgworkers::BackgroundWorker;
use pgrx::{IntoDatum, PgXactCallbackEvent, register_xact_callback};
use phone_crypt_core::sending::observed::{
    NumberHash, Region, RegionTraffic, Scope, SlotName, Suspect,
};
use std::time::Duration;

use super::area::{OBSERVED, settle};
use super::store::{self, Kind, Tables};
use crate::pg::statement::Statement;
use crate::pg::{Oid, clock, oids};
use crate::worker::{Job, Task, beat, note_work};

/// The time between two runs: what a crash loses at most, and the time of a run.
const INTERVAL: Duration = Duration::from_secs(10);
/// How many old rows are deleted in a transaction.
const MANY: i64 = 10_000;

thread_local! {
    static ANNOUNCE: Statement = const { Statement::new(
        c"SELECT pg_catalog.pg_notify('phone_crypt_send_suspects', p.name) FROM phone_crypt.send_policies AS p \
           WHERE (p.space OPERATOR(pg_catalog.=) $1 OR p.trial_space OPERATOR(pg_catalog.=) $1) \
             AND p.suspects OPERATOR(pg_catalog.=) 'notify'",
        &[oids::INT4OID],
    ) };
}

/// Writes down what was observed.
pub struct WriteObserved;

impl Task for WriteObserved {
    fn name(&self) -> &'static str {
        "outcomes of sends"
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn run(&self, job: &Job) -> bool {
        BackgroundWorker::transaction(|| match store::tables() {
            Ok(tables) => {
                load(&tables);
                let are_under_way = write(&tables);
                announce(&tables);
                // What they will be found to be is written and told, too, though nobody sends any more.
                if are_under_way {
                    note_work(self);
                }
            }
            // The extension is gone, or is not committed yet.
            Err(_) => self.forget(job.database),
        });
        let delete_some = || {
            store::tables()
                .is_ok_and(|tables| store::delete_old(&tables, MANY) >= MANY.unsigned_abs())
        };
        while BackgroundWorker::transaction(delete_some) {
            beat();
        }
        true
    }

    fn is_used(&self, database: Oid) -> bool {
        OBSERVED
            .exclusive()
            .book()
            .is_used(|scope| is_of(scope, database))
    }

    fn forget(&self, database: Oid) {
        OBSERVED
            .exclusive()
            .book()
            .forget(|scope| is_of(scope, database));
    }
}

fn is_of(scope: Scope, database: Oid) -> bool {
    scope.owner >> 32 == u64::from(database.to_u32())
}

/// What is to be written.
#[derive(Default)]
struct Taken {
    regions: Vec<(Scope, u64, RegionTraffic)>,
    numbers: Vec<(NumberHash, i64)>,
}

/// Reads what the table has of regions that were only counted since.
fn load(tables: &Tables) {
    let own = tables.owner();
    let unloaded: Vec<SlotName> = {
        let mut memory = OBSERVED.exclusive();
        let own = memory
            .book()
            .regions
            .iter()
            .filter(|it| it.name.scope.owner == own);
        own.filter(|it| it.value.is_loaded == 0)
            .map(|it| it.name)
            .collect()
    };
    let now_s = clock::now_us() / 1_000_000;
    for name in unloaded {
        let stored = store::region(
            tables,
            space(name.scope),
            Region::of_u64(name.name).as_str(),
        )
        .unwrap_or_default();
        OBSERVED
            .exclusive()
            .book()
            .load_region(name.scope, name.name, &stored, now_s);
    }
}

fn space(scope: Scope) -> i32 {
    i32::try_from(scope.space).unwrap_or(-1)
}

/// Writes what has changed. If the transaction is rolled back, it is to be written again. Whether there are sends, at that
/// moment, whose codes may still be verified: any session, of any database, finds out later that they were not.
fn write(tables: &Tables) -> bool {
    let own = tables.owner();
    let now_s = clock::now_us() / 1_000_000;
    let mut taken = Taken::default();
    settle(now_s);
    store::lock_to_write(tables);
    let are_under_way = {
        let mut memory = OBSERVED.exclusive();
        let book = memory.book();
        let changed = book.regions.iter_mut();
        for slot in changed.filter(|it| it.name.scope.owner == own && it.value.is_changed != 0) {
            if slot.value.is_loaded != 0 {
                slot.value.is_changed = 0;
                let traffic = slot.value.traffic;
                taken
                    .regions
                    .push((slot.name.scope, slot.name.name, traffic));
            }
        }
        taken.numbers = book.verified_of(own);
        book.sends.are_of(own)
    };
    let regions: Vec<(Scope, u64)> = taken.regions.iter().map(|it| (it.0, it.1)).collect();
    let numbers = taken.numbers.clone();
    register_xact_callback(PgXactCallbackEvent::Abort, move || {
        are_changed(&regions);
    });
    // Until then a number that has verified is one in memory; afterwards, one in the table.
    register_xact_callback(PgXactCallbackEvent::Commit, move || {
        let mut memory = OBSERVED.exclusive();
        memory.book().verified_are_written(own, &numbers);
    });
    for (scope, name, traffic) in &taken.regions {
        let state = traffic.to_bytes();
        store::write(
            tables,
            space(*scope),
            Kind::Region,
            Region::of_u64(*name).as_str(),
            &state,
        );
    }
    taken.numbers.sort_unstable();
    for (number, at_s) in &taken.numbers {
        store::note_verified(tables, &store::text(*number), *at_s);
    }
    are_under_way
}

/// These regions are to be written again.
fn are_changed(regions: &[(Scope, u64)]) {
    let mut memory = OBSERVED.exclusive();
    for slot in memory.book().regions.iter_mut() {
        if regions.contains(&(slot.name.scope, slot.name.name)) {
            slot.value.is_changed = 1;
        }
    }
    drop(memory);
    note_work(&WriteObserved);
}

/// Tells those who listen of ranges that look pumped: the policy's name, and no digit. What is not committed has told nobody:
/// then the next run does it.
fn announce(tables: &Tables) {
    let now_s = clock::now_us() / 1_000_000;
    let news: Vec<Suspect> = {
        let mut memory = OBSERVED.exclusive();
        memory.book().news(tables.owner(), now_s)
    };
    if news.is_empty() {
        return;
    }
    for suspect in &news {
        let space = [space(suspect.scope).into_datum()];
        ANNOUNCE.with(|announce| announce.run(tables.role, &space, |_| ()));
    }
    register_xact_callback(PgXactCallbackEvent::Commit, move || {
        OBSERVED.exclusive().book().are_told(&news);
    });
}
