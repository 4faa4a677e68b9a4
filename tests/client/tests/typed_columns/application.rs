//! An application that goes on using a column `phone`, whatever it is of by now: it writes and looks up numbers as plain
//! text, and shows them with `phone_show`.

use phone_crypt_client_tests::{Sequence, Server, Sql};
use postgres::Client;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

const SESSIONS: i32 = 4;

/// Rows that no writer touches have ids from here on, and numbers of their own.
const UNTOUCHED: i64 = 1_000_000;
const UNTOUCHED_ROWS: i32 = 200;

/// What the sessions of the application came to.
#[derive(Debug, Default)]
pub struct Outcome {
    done: u32,
    looked_up: u32,
    errors: Vec<String>,
}

/// Makes the table `customer`, with a column of this type. Its column `truth` says what number a row's last writer meant.
pub fn make_table(client: &mut Client, of_type: &str, rows: u32) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone {of_type} UNIQUE, truth text, visits integer DEFAULT 0);
         INSERT INTO customer (id, phone, truth) SELECT i, number, number
           FROM generate_series(1, {rows}) AS i, concat('+61401', to_char(i, 'FM000000')) AS number;
         INSERT INTO customer (id, phone, truth) SELECT {UNTOUCHED} + i, number, number
           FROM generate_series(1, {UNTOUCHED_ROWS}) AS i, concat('+61402', to_char(i, 'FM000000')) AS number"
    ));
}

/// Every row says what its last writer meant, none was lost, and each number is found.
pub fn check_rows(client: &mut Client) {
    let wrong =
        "SELECT count(*) FROM customer AS c WHERE phone_show(c.phone) IS DISTINCT FROM c.truth";
    assert_eq!(client.number(wrong), 0, "rows that say something else");
    let untouched = format!("SELECT count(*) FROM customer WHERE id > {UNTOUCHED}");
    assert_eq!(client.number(&untouched), i64::from(UNTOUCHED_ROWS));
    let repeated = "SELECT count(phone) - count(DISTINCT truth) FROM customer";
    assert_eq!(client.number(repeated), 0, "numbers that repeat");
    let missed = "SELECT count(*) FROM customer AS c
                   WHERE truth IS NOT NULL AND NOT EXISTS (SELECT FROM customer AS o WHERE o.phone = c.truth AND o.id = c.id)";
    assert_eq!(client.number(missed), 0, "numbers that are not found");
}

struct User<'a> {
    client: Client,
    sequence: Sequence,
    last_id: &'a AtomicI64,
    rows: i32,
    outcome: Outcome,
}

impl User<'_> {
    /// A number that other rows and sessions have, too.
    fn number(&mut self) -> String {
        format!("+61401{:06}", self.sequence.below(self.rows * 3 / 2))
    }

    fn insert(&mut self) -> String {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed);
        let number = self.number();
        format!("INSERT INTO customer (id, phone, truth) VALUES ({id}, '{number}', '{number}')")
    }

    fn write(&mut self) {
        let id = self.sequence.below(self.rows);
        let sql = match self.sequence.below(6) {
            0 => self.insert(),
            1 | 2 => {
                let number = self.number();
                format!(
                    "UPDATE customer SET phone = '{number}', truth = '{number}' WHERE id = {id}"
                )
            }
            3 => format!("DELETE FROM customer WHERE id = {id}"),
            4 => format!(
                "BEGIN; UPDATE customer SET visits = visits + 1 WHERE id = {id}; SELECT pg_sleep(0.01); COMMIT"
            ),
            _ => format!(
                "{} ON CONFLICT (phone) DO UPDATE SET visits = customer.visits + 1",
                self.insert()
            ),
        };
        match self.client.batch_execute(&sql) {
            Ok(()) => self.outcome.done += 1,
            Err(error) => self.failed(&sql, &error),
        }
    }

    fn failed(&mut self, sql: &str, error: &postgres::Error) {
        let _ = self.client.batch_execute("ROLLBACK");
        let state = error.code().map_or("", |state| state.code());
        let is_conflict = state == "23505" && !sql.contains("ON CONFLICT");
        if is_conflict {
            self.outcome.done += 1;
        } else {
            let verb = sql.split(' ').next().unwrap_or_default();
            self.outcome.errors.push(format!("{verb}: {error:?}"));
        }
    }

    /// Looks up one of the rows that nobody touches, with a literal, and with a statement that was prepared at first.
    fn look_up(&mut self, prepared: &postgres::Statement) {
        let number = format!("+61402{:06}", self.sequence.below(UNTOUCHED_ROWS) + 1);
        let literal =
            format!("SELECT phone_show(phone), id FROM customer WHERE phone = '{number}'");
        let found = self.client.query(&literal, &[]);
        self.check_found(found, "a literal");
        let found = self.client.query(prepared, &[&number]);
        self.check_found(found, "a prepared statement");
    }

    fn check_found(&mut self, found: Result<Vec<postgres::Row>, postgres::Error>, by: &str) {
        match found {
            Ok(rows) if rows.len() == 1 => self.outcome.looked_up += 1,
            Ok(rows) => self
                .outcome
                .errors
                .push(format!("{by} found {} rows", rows.len())),
            // A statement that returns a column of another type by now has to be prepared anew.
            Err(error) if error.code().is_some_and(|state| state.code() == "0A000") => {}
            Err(error) => self.outcome.errors.push(format!("{by}: {error:?}")),
        }
    }
}

/// Runs the application while the work is done, and for a moment after it: no statement may fail, and no number may be
/// missed.
pub fn while_used<T>(
    server: &Server,
    database: &str,
    rows: u32,
    work: impl FnOnce() -> T,
) -> (T, Outcome) {
    let stop = AtomicBool::new(false);
    let last_id = AtomicI64::new(100_000);
    let one = |number: i32| {
        let mut user = User {
            client: server.connect_as("postgres", database),
            sequence: Sequence::new(number as u64),
            last_id: &last_id,
            rows: rows as i32,
            outcome: Outcome::default(),
        };
        let look_up = "SELECT phone_show(phone), id FROM customer WHERE phone = $1::text";
        let look_up = user.client.prepare(look_up).unwrap();
        while !stop.load(Ordering::Relaxed) {
            user.write();
            user.look_up(&look_up);
        }
        user.outcome
    };
    let one = &one;
    thread::scope(|scope| {
        let sessions: Vec<_> = (1..=SESSIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let result = work();
        thread::sleep(Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
        let mut sum = Outcome::default();
        for session in sessions {
            let outcome = session.join().unwrap();
            sum.done += outcome.done;
            sum.looked_up += outcome.looked_up;
            sum.errors.extend(outcome.errors);
        }
        (result, sum)
    })
}

/// Nothing failed, and enough was done to prove something.
pub fn check_outcome(server: &Server, outcome: &Outcome) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.errors);
    assert!(
        outcome.done > 40 && outcome.looked_up > 40,
        "too little to prove anything: {outcome:?}"
    );
    assert!(!server.log().contains("deadlock"), "a deadlock");
}
