//! An application that goes on writing while a procedure works on its table: it inserts, updates, deletes, upserts
//! and holds rows locked, in several sessions.

use phone_crypt_client_tests::{Sequence, Server};
use postgres::Client;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;

const SESSIONS: i32 = 5;

/// Rows that no writer touches have ids from here on.
pub const UNTOUCHED: i64 = 1_000_000;

/// Where the application writes numbers to.
#[derive(Clone, Copy)]
pub struct Target {
    /// The column.
    pub column: &'static str,
    /// Whether it encrypts what it writes.
    pub encrypts: bool,
    /// What ON CONFLICT names.
    pub arbiter: &'static str,
}

/// Plain text, before a column is encrypted and while it is.
pub const PLAIN: Target = Target {
    column: "phone",
    encrypts: false,
    arbiter: "(phone)",
};

/// The encrypted column of an application that has been changed over.
pub const ENCRYPTED: Target = Target {
    column: "phone_encrypted",
    encrypts: true,
    arbiter: "(phone_hash) WHERE phone_hash IS NOT NULL",
};

/// What the sessions of the application came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Statements that were done.
    pub done: u32,
    /// Numbers that were there already.
    pub conflicts: u32,
    /// Other errors, and unique violations of upserts at the index that they name.
    pub errors: Vec<String>,
}

/// The last id that a row was inserted with.
static LAST_ID: AtomicI64 = AtomicI64::new(100_000);

struct Writer {
    target: Target,
    sequence: Sequence,
}

impl Writer {
    /// A number that other rows and sessions have, too; as it is written, and in E.164.
    fn number(&mut self) -> (String, String) {
        let digits = format!("{:06}", self.sequence.below(3000));
        let e164 = format!("+61401{digits}");
        if self.target.encrypts {
            return (format!("phone_encrypt('{e164}')"), e164);
        }
        let spelling = match self.sequence.below(3) {
            0 => format!("'{e164}'"),
            1 => format!("'0401{digits}'"),
            _ => format!("'+61 401 {} {}'", &digits[..3], &digits[3..]),
        };
        (spelling, e164)
    }

    fn insert(&mut self) -> String {
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        let (number, truth) = self.number();
        format!(
            "INSERT INTO customers (id, {}, truth, seen_at) VALUES ({id}, {number}, '{truth}', now())",
            self.target.column
        )
    }

    fn update(&mut self) -> String {
        let (number, truth) = self.number();
        format!(
            "UPDATE customers SET {} = {number}, truth = '{truth}' WHERE id = {}",
            self.target.column,
            self.sequence.below(4000)
        )
    }

    fn upsert(&mut self) -> String {
        format!(
            "{} ON CONFLICT {} DO UPDATE SET visits = customers.visits + 1",
            self.insert(),
            self.target.arbiter
        )
    }

    /// Statements in one transaction that takes its time.
    fn slowly(&mut self, first: &str, second: &str) -> String {
        format!("BEGIN; {first}; SELECT pg_sleep(0.02); {second}; COMMIT")
    }

    fn next(&mut self) -> (String, bool) {
        let id = self.sequence.below(4000);
        let visit = format!("UPDATE customers SET visits = visits + 1 WHERE id = {id}");
        let sql = match self.sequence.below(8) {
            0 => self.insert(),
            1 | 2 => self.update(),
            3 => format!("DELETE FROM customers WHERE id = {id}"),
            4 => visit,
            5 => {
                let lock = format!("SELECT FROM customers WHERE id = {id} FOR UPDATE");
                self.slowly(&lock, &visit)
            }
            6 => {
                let insert = self.insert();
                self.slowly(&insert, &visit)
            }
            _ => return (self.upsert(), self.target.encrypts),
        };
        (sql, false)
    }

    /// Writes until told to stop, or until the column that it writes to is gone.
    fn write(&mut self, client: &mut Client, stop: &AtomicBool) -> Outcome {
        let mut outcome = Outcome::default();
        while !stop.load(Ordering::Relaxed) {
            let (sql, must_succeed) = self.next();
            let Err(error) = client.batch_execute(&sql) else {
                outcome.done += 1;
                continue;
            };
            let state = error.code().map_or("", |state| state.code()).to_owned();
            // An upsert waits at the index that it names. At the other one, of the plain column, PostgreSQL has it fail.
            let is_of_hash = error
                .as_db_error()
                .and_then(|error| error.constraint())
                .is_some_and(|name| name.contains("hash"));
            let _ = client.batch_execute("ROLLBACK");
            match state.as_str() {
                "23505" if !(must_succeed && is_of_hash) => outcome.conflicts += 1,
                "42703" => break,
                _ => outcome.errors.push(format!("{sql}: {error:?}")),
            }
        }
        outcome
    }
}

/// Runs the application while the work is done, and for a moment after it.
pub fn while_written<T>(
    server: &Server,
    database: &str,
    target: Target,
    work: impl FnOnce() -> T,
) -> (T, Outcome) {
    let stop = AtomicBool::new(false);
    let one = |number: i32| {
        let mut writer = Writer {
            target,
            sequence: Sequence::new(number as u64),
        };
        writer.write(&mut server.connect_as("postgres", database), &stop)
    };
    let one = &one;
    thread::scope(|scope| {
        let sessions: Vec<_> = (1..=SESSIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let result = work();
        thread::sleep(std::time::Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
        let mut sum = Outcome::default();
        for session in sessions {
            let outcome = session.join().unwrap();
            sum.done += outcome.done;
            sum.conflicts += outcome.conflicts;
            sum.errors.extend(outcome.errors);
        }
        (result, sum)
    })
}
