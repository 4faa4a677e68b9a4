//! The counts in shared memory: they stay whatever becomes of the caller's transaction. What a region had before the server
//! started is read from the table when it is first asked for.

use phone_crypt_core::sending::observed::{
    Attempt, NumberHash, Outcome, Region, Scope, Send, Suspect,
};
use std::hash::{DefaultHasher, Hash as _, Hasher};

use super::area::{OBSERVED, settle};
use super::entered::{Answer, Entered};
use super::store::{self, Tables};
use super::write::WriteObserved;
use crate::cipher::Hash;
use crate::worker;

fn scope(tables: &Tables, space: i32) -> Scope {
    Scope {
        owner: tables.owner(),
        space: i64::from(space),
    }
}

/// A client's network as a number, which is not 0.
fn client(network: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    network.hash(&mut hasher);
    hasher.finish().max(1)
}

pub fn reserve(tables: &Tables, entered: &Entered<'_>, has_verified: bool) -> Answer {
    let scope = scope(tables, entered.space);
    let region = Region::of(entered.region);
    let attempt = Attempt {
        send: Send {
            scope,
            id: entered.id,
            number: store::short(entered.number),
            client: entered.client.map_or(0, client),
            due_s: entered.due_s,
            region,
            ..Send::default()
        }
        .with_digits(entered.digits),
        rules: entered.rules,
        has_verified,
    };
    let mut memory = OBSERVED.exclusive();
    if !memory.book().is_loaded(scope, region.as_u64()) {
        // No lock is held while a table is read.
        drop(memory);
        let stored = store::region(tables, entered.space, entered.region).unwrap_or_default();
        memory = OBSERVED.exclusive();
        memory
            .book()
            .load_region(scope, region.as_u64(), &stored, entered.now_s);
    }
    let answer = memory.book().reserve(&attempt, entered.now_s);
    drop(memory);
    worker::note_work(&WriteObserved);
    answer.map(|admitted| admitted.is_suspect)
}

pub fn give_back(tables: &Tables, id: i64) {
    OBSERVED.exclusive().book().give_back(tables.owner(), id);
}

pub fn report(tables: &Tables, id: i64, outcome: Outcome, now_s: i64) -> bool {
    let mut memory = OBSERVED.exclusive();
    let number = memory.book().report(tables.owner(), id, outcome, now_s);
    drop(memory);
    worker::note_work(&WriteObserved);
    number.is_some()
}

/// The first of the hashes is the one that is noted.
pub fn report_number(tables: &Tables, hashes: &[Hash], outcome: Outcome, now_s: i64) -> bool {
    let owner = tables.owner();
    let mut is_known = false;
    let mut memory = OBSERVED.exclusive();
    for hash in hashes {
        is_known |= memory
            .book()
            .report_number(owner, store::short(hash), outcome, now_s);
    }
    if let (Outcome::Verified, Some(hash)) = (outcome, hashes.first()) {
        memory
            .book()
            .note_verified(owner, store::short(hash), now_s);
    }
    drop(memory);
    worker::note_work(&WriteObserved);
    is_known
}

pub fn has_verified(tables: &Tables, number: NumberHash) -> bool {
    OBSERVED
        .exclusive()
        .book()
        .has_verified(tables.owner(), number)
}

pub fn forget(tables: &Tables, hashes: &[Hash]) -> u64 {
    if !OBSERVED.is_there() {
        return 0;
    }
    let mut memory = OBSERVED.exclusive();
    hashes
        .iter()
        .map(|hash| {
            memory
                .book()
                .forget_number(tables.owner(), store::short(hash))
        })
        .sum()
}

/// The ranges of this database that look pumped.
pub fn suspects(tables: &Tables, now_s: i64) -> Vec<Suspect> {
    settle(now_s);
    let mut memory = OBSERVED.exclusive();
    let mut book = memory.book();
    book.look(now_s);
    let own = tables.owner();
    book.suspects
        .iter()
        .filter(|it| it.scope.owner == own && it.is_live(now_s))
        .copied()
        .collect()
}
