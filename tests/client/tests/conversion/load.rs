//! An application that was written for plain text and goes on as it is, in several sessions, with statements that it
//! prepared at first and with such that it makes anew.

use phone_crypt_client_tests::{Sequence, Server, Sql};
use postgres::{Client, Statement};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const SESSIONS: i32 = 4;

/// Rows that all sessions write have ids up to here.
pub const SHARED_ROWS: i32 = 2500;

/// Rows that nobody writes have ids from here on, and numbers of their own.
const UNTOUCHED: i64 = 900_000_000;
const UNTOUCHED_ROWS: i32 = 300;

/// Where the work that goes on meanwhile is, as far as it matters to the application.
#[derive(Debug, Default)]
pub struct Progress {
    stop: AtomicBool,
    swapped: AtomicBool,
}

impl Progress {
    /// From now on a number is the same however it is written.
    pub fn is_swapped(&self) {
        self.swapped.store(true, Ordering::Relaxed);
    }
}

/// Ends the sessions also where the work panics: else the test would wait for them instead of failing.
struct StopWhenDropped<'a>(&'a Progress);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// What the sessions of the application came to.
#[derive(Debug, Default)]
pub struct Outcome {
    written: u32,
    conflicts: u32,
    upserts: u32,
    looked_up: u32,
    /// How often each statement that returns the column had to be prepared anew.
    prepared_anew: Vec<u32>,
    errors: Vec<String>,
    /// The rows that only one session wrote, and the numbers that it gave them last.
    own: BTreeMap<i64, String>,
}

/// Makes the table `customer`, with a column of this type. Its column `truth` says what number a row's last writer meant.
pub fn make_table(client: &mut Client, of_type: &str) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone {of_type} NOT NULL UNIQUE, truth text NOT NULL,
                                visits integer NOT NULL DEFAULT 0);
         INSERT INTO customer (id, phone, truth) SELECT i, number, number
           FROM generate_series(1, {SHARED_ROWS}) AS i, concat('+61401', to_char(i, 'FM000000')) AS number;
         INSERT INTO customer (id, phone, truth) SELECT {UNTOUCHED} + i, number, number
           FROM generate_series(1, {UNTOUCHED_ROWS}) AS i, concat('+61402', to_char(i, 'FM000000')) AS number"
    ));
}

/// Every row says what its last writer meant, none was lost, no number is there twice, and each is found.
pub fn check_rows(client: &mut Client, outcome: &Outcome) {
    for (what, sql) in [
        (
            "rows that say something else",
            "SELECT count(*) FROM customer WHERE phone_decrypt(phone) IS DISTINCT FROM truth OR NOT phone = truth",
        ),
        (
            "numbers that repeat",
            "SELECT count(*) - count(DISTINCT truth) FROM customer",
        ),
        (
            "numbers that are not found",
            "SELECT count(*) FROM customer AS c
              WHERE NOT EXISTS (SELECT FROM customer AS o WHERE o.phone = c.truth AND o.id = c.id)",
        ),
    ] {
        assert_eq!(client.number(sql), 0, "{what}");
    }
    let untouched = format!("SELECT count(*) FROM customer WHERE id > {UNTOUCHED}");
    assert_eq!(client.number(&untouched), i64::from(UNTOUCHED_ROWS));
    let own = "SELECT id || ' ' || truth FROM customer WHERE id BETWEEN 1000000 AND 899999999 ORDER BY id";
    let expected: Vec<_> = outcome
        .own
        .iter()
        .map(|(id, number)| format!("{id} {number}"))
        .collect();
    assert!(
        client.rows(own) == expected,
        "rows are not as their sessions left them"
    );
}

/// Nothing failed, and enough was done to prove something.
pub fn check_outcome(outcome: &Outcome) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.errors);
    let counts = [outcome.written, outcome.upserts, outcome.looked_up];
    assert!(
        counts.iter().all(|count| *count > 40) && outcome.conflicts > 0,
        "too little to prove anything: {counts:?}, {} conflicts",
        outcome.conflicts
    );
}

/// Each statement that returns the column had to be prepared anew once, and no other.
pub fn check_prepared_anew(outcome: &Outcome) {
    assert!(
        outcome.prepared_anew.iter().all(|times| *times == 1),
        "{:?}",
        outcome.prepared_anew
    );
}

/// A number as it is written, and in E.164.
struct Number {
    written: String,
    e164: String,
}

/// The statements that a session prepares before anything begins.
struct Prepared {
    insert: Statement,
    update: Statement,
    upsert: Statement,
    delete: Statement,
    look_up: Statement,
    show: Statement,
    returning: Statement,
}

const RETURNING: &str = "SELECT id, phone FROM customer WHERE phone = $1::text";
const UPSERT: &str = "ON CONFLICT (phone) DO UPDATE SET phone = EXCLUDED.phone, visits = customer.visits + 1 RETURNING id";

impl Prepared {
    fn in_session(client: &mut Client) -> Prepared {
        let insert = "INSERT INTO customer (id, phone, truth) VALUES ($1, $2::text, $3)";
        let mut prepare = |sql: &str| client.prepare(sql).unwrap();
        Prepared {
            insert: prepare(insert),
            update: prepare("UPDATE customer SET phone = $2::text, truth = $3 WHERE id = $1"),
            upsert: prepare(&format!("{insert} {UPSERT}")),
            delete: prepare("DELETE FROM customer WHERE id = $1"),
            look_up: prepare("SELECT id FROM customer WHERE phone = $1::text"),
            show: prepare("SELECT phone_show(phone) FROM customer WHERE id = $1"),
            returning: prepare(RETURNING),
        }
    }
}

struct Session<'a> {
    client: Client,
    prepared: Prepared,
    progress: &'a Progress,
    sequence: Sequence,
    first_id: i64,
    last_id: i64,
    /// How its own rows' numbers were written.
    own: BTreeMap<i64, Number>,
    outcome: Outcome,
}

impl Session<'_> {
    /// A number that others write, too. Before the swap another spelling of a number is another text, and the two would
    /// not go into one encrypted column: all write E.164 until then.
    fn number(&mut self) -> Number {
        let digits = format!("{:06}", self.sequence.below(SHARED_ROWS * 3 / 2));
        match self.progress.swapped.load(Ordering::Relaxed) {
            true => self.spelling("401", &digits),
            false => Number {
                written: format!("+61401{digits}"),
                e164: format!("+61401{digits}"),
            },
        }
    }

    fn spelling(&mut self, prefix: &str, digits: &str) -> Number {
        let (first, last) = digits.split_at(3);
        let written = match self.sequence.below(4) {
            0 => format!("+61{prefix}{digits}"),
            1 => format!("0{prefix}{digits}"),
            2 => format!("+61 {prefix} {first} {last}"),
            _ => format!("(0{prefix}) {first}-{last}"),
        };
        Number {
            written,
            e164: format!("+61{prefix}{digits}"),
        }
    }

    /// One of its own rows or of those that all write.
    fn id(&mut self) -> i64 {
        if self.sequence.below(2) == 0 && self.last_id > self.first_id {
            let own = i32::try_from(self.last_id - self.first_id).unwrap();
            return self.first_id + 1 + i64::from(self.sequence.below(own));
        }
        i64::from(self.sequence.below(SHARED_ROWS))
    }

    fn is_own(&self, id: i64) -> bool {
        id > self.first_id && id <= self.last_id
    }

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Notes what a statement that writes came to: whether it was done.
    fn written(&mut self, what: &str, result: Result<u64, postgres::Error>) -> bool {
        match result {
            Ok(rows) => {
                self.outcome.written += 1;
                rows > 0
            }
            // What a number that is there already gives to whoever does not upsert it.
            Err(error) if error.code().is_some_and(|state| state.code() == "23505") => {
                self.outcome.conflicts += 1;
                false
            }
            Err(error) => {
                self.failed(what, &error);
                false
            }
        }
    }

    fn failed(&mut self, what: &str, error: &postgres::Error) {
        // The detail of some errors has the row.
        let said = error.as_db_error().map_or_else(
            || error.to_string(),
            |error| format!("{} {}", error.code().code(), error.message()),
        );
        self.outcome.errors.push(format!("{what}: {said}"));
        let _ = self.client.batch_execute("ROLLBACK");
    }

    fn insert(&mut self) {
        let (id, number) = (self.new_id(), self.number());
        let result = match self.sequence.below(2) {
            0 => self
                .client
                .execute(&self.prepared.insert, &[&id, &number.written, &number.e164]),
            _ => self.client.execute(
                &format!(
                    "INSERT INTO customer (id, phone, truth) VALUES ({id}, '{}', '{}')",
                    number.written, number.e164
                ),
                &[],
            ),
        };
        if self.written("insert", result) {
            self.own.insert(id, number);
        }
    }

    fn update(&mut self) {
        let (id, number) = (self.id(), self.number());
        let result = match self.sequence.below(2) {
            0 => self
                .client
                .execute(&self.prepared.update, &[&id, &number.written, &number.e164]),
            _ => self.client.execute(
                &format!(
                    "UPDATE customer SET phone = '{}', truth = '{}' WHERE id = {id}",
                    number.written, number.e164
                ),
                &[],
            ),
        };
        if self.written("update", result) && self.is_own(id) {
            self.own.insert(id, number);
        }
    }

    /// Never fails, whatever others write.
    fn upsert(&mut self) {
        let (id, number) = (self.new_id(), self.number());
        let result = match self.sequence.below(2) {
            0 => self
                .client
                .query_one(&self.prepared.upsert, &[&id, &number.written, &number.e164]),
            _ => self.client.query_one(
                &format!(
                    "INSERT INTO customer (id, phone, truth) VALUES ({id}, '{}', '{}') {UPSERT}",
                    number.written, number.e164
                ),
                &[],
            ),
        };
        match result {
            Ok(row) => {
                self.outcome.upserts += 1;
                if row.get::<_, i64>(0) == id {
                    self.own.insert(id, number);
                }
            }
            Err(error) => self.failed("upsert", &error),
        }
    }

    fn delete(&mut self) {
        let id = self.id();
        let result = self.client.execute(&self.prepared.delete, &[&id]);
        if self.written("delete", result) {
            self.own.remove(&id);
        }
    }

    /// A transaction that holds a row for a while.
    fn hold(&mut self) {
        let id = self.id();
        let sql = format!(
            "BEGIN; UPDATE customer SET visits = visits + 1 WHERE id = {id}; SELECT pg_sleep(0.02); COMMIT"
        );
        let result = self.client.batch_execute(&sql);
        self.written("hold", result.map(|()| 1));
    }

    /// A number that is in the table, and the row that has it.
    fn known(&mut self) -> (i64, Number) {
        let own = i32::try_from(self.own.len()).unwrap();
        if own > 0 && self.sequence.below(2) == 0 {
            let index = usize::try_from(self.sequence.below(own)).unwrap();
            let (id, number) = self.own.iter().nth(index).unwrap();
            let (written, e164) = (number.written.clone(), number.e164.clone());
            return (*id, Number { written, e164 });
        }
        let number = self.sequence.below(UNTOUCHED_ROWS) + 1;
        let e164 = format!("+61402{number:06}");
        let written = e164.clone();
        (UNTOUCHED + i64::from(number), Number { written, e164 })
    }

    fn look_up(&mut self) {
        let (id, number) = self.known();
        let found = self
            .client
            .query(&self.prepared.look_up, &[&number.written]);
        self.found("a prepared look-up", id, found);
        let literal = format!("SELECT id FROM customer WHERE phone = '{}'", number.written);
        let found = self.client.query(&literal, &[]);
        self.found("a look-up", id, found);
        match self.client.query_one(&self.prepared.show, &[&id]) {
            Ok(row) => {
                let shown: String = row.get(0);
                let shown = shown.trim_end();
                if shown != number.written && shown != number.e164 {
                    let said = "phone_show shows another number".to_owned();
                    self.outcome.errors.push(said);
                }
            }
            Err(error) => self.failed("show", &error),
        }
    }

    fn found(&mut self, by: &str, id: i64, found: Result<Vec<postgres::Row>, postgres::Error>) {
        match found {
            Ok(rows) if rows.len() == 1 && rows[0].get::<_, i64>(0) == id => {
                self.outcome.looked_up += 1;
            }
            Ok(rows) => {
                let said = format!("{by} of row {id} found {} rows", rows.len());
                self.outcome.errors.push(said);
            }
            Err(error) => self.failed(by, &error),
        }
    }

    /// A statement that returns the column itself is of another type after the swap.
    fn look_up_returning(&mut self) {
        let (id, number) = self.known();
        let mut found = self
            .client
            .query(&self.prepared.returning, &[&number.written]);
        let is_of_old_type = |error: &postgres::Error| {
            error
                .as_db_error()
                .is_some_and(|it| it.message() == "cached plan must not change result type")
        };
        if found.as_ref().is_err_and(is_of_old_type) {
            self.outcome.prepared_anew[0] += 1;
            self.prepared.returning = self.client.prepare(RETURNING).unwrap();
            found = self
                .client
                .query(&self.prepared.returning, &[&number.written]);
        }
        self.found("a look-up that returns the column", id, found);
    }

    fn next(&mut self) {
        match self.sequence.below(10) {
            0 | 1 => self.insert(),
            2 | 3 => self.update(),
            4 | 5 => self.upsert(),
            6 => self.delete(),
            7 => self.hold(),
            8 => self.look_up(),
            _ => self.look_up_returning(),
        }
    }

    fn run(mut self) -> Outcome {
        while !self.progress.stop.load(Ordering::Relaxed) {
            self.next();
        }
        // Once more of each, now that all is done.
        self.look_up();
        self.look_up_returning();
        self.outcome.own = std::mem::take(&mut self.own)
            .into_iter()
            .map(|(id, number)| (id, number.e164))
            .collect();
        self.outcome
    }
}

/// Runs the application before the work, while it is done, and for a moment after it.
pub fn while_used<T>(
    server: &Server,
    database: &str,
    work: impl FnOnce(&Progress) -> T,
) -> (T, Outcome) {
    let progress = Progress::default();
    let one = |number: i32| {
        let mut client = server.connect_as("postgres", database);
        let first_id = i64::from(number) * 1_000_000;
        Session {
            prepared: Prepared::in_session(&mut client),
            client,
            progress: &progress,
            sequence: Sequence::new(u64::try_from(number).unwrap()),
            first_id,
            last_id: first_id,
            own: BTreeMap::new(),
            outcome: Outcome {
                prepared_anew: vec![0],
                ..Outcome::default()
            },
        }
        .run()
    };
    let one = &one;
    thread::scope(|scope| {
        let sessions: Vec<_> = (1..=SESSIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let stop = StopWhenDropped(&progress);
        thread::sleep(Duration::from_millis(200));
        let result = work(&progress);
        thread::sleep(Duration::from_millis(200));
        drop(stop);
        let mut sum = Outcome::default();
        for session in sessions {
            let outcome = session.join().unwrap();
            sum.written += outcome.written;
            sum.conflicts += outcome.conflicts;
            sum.upserts += outcome.upserts;
            sum.looked_up += outcome.looked_up;
            sum.prepared_anew.extend(outcome.prepared_anew);
            sum.errors.extend(outcome.errors);
            sum.own.extend(outcome.own);
        }
        (result, sum)
    })
}
