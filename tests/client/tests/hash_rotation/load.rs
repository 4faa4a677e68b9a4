//! An application that looks up, inserts, upserts and changes numbers in two tables, in every manner of giving a number.

use phone_crypt_client_tests::{Sequence, Server, Sql};
use postgres::types::{Format, IsNull, ToSql, Type};
use postgres::{Client, Statement};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

/// Numbers that nobody changes: +61402000001 and so on.
pub const KEPT: i32 = 200;
const SESSIONS: i32 = 5;

/// Text for a parameter of whatever type, as most drivers send it.
#[derive(Debug)]
pub struct Untyped(pub String);

impl ToSql for Untyped {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    postgres::types::to_sql_checked!();
}

/// What the sessions came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub looked_up: u32,
    pub written: u32,
    pub errors: BTreeMap<String, u32>,
}

/// Makes the tables, and a function that keeps a number in a variable.
pub fn make_tables(client: &mut Client, rows: i32) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone encrypted_phone UNIQUE, truth text, visits int DEFAULT 0);
         CREATE TABLE guest (id bigint PRIMARY KEY, phone encrypted_phone NOT NULL, truth text);
         CREATE INDEX ON guest (phone);
         INSERT INTO customer (id, phone, truth) SELECT i, n, n
           FROM generate_series(1, {rows}) AS i, concat('+61401', to_char(i, 'FM000000')) AS n;
         INSERT INTO customer (id, phone, truth) SELECT 1000000 + i, n, n
           FROM generate_series(1, {KEPT}) AS i, concat('+61402', to_char(i, 'FM000000')) AS n;
         INSERT INTO guest SELECT i, n, n FROM generate_series(1, {KEPT}) AS i, concat('+61402', to_char(i, 'FM000000')) AS n;
         CREATE FUNCTION find(number text) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
         DECLARE wanted encrypted_phone := number;
         BEGIN
             PERFORM pg_sleep(0.001);
             RETURN QUERY SELECT id FROM customer WHERE phone = wanted;
         END $$"
    ));
}

/// Every row says what its last writer meant, each number is there once, and is found.
pub fn check_rows(client: &mut Client) {
    for (wrong, what) in [
        (
            "SELECT count(*) FROM customer WHERE phone_show(phone) IS DISTINCT FROM truth",
            "rows that say something else",
        ),
        (
            "SELECT count(*) FROM guest WHERE phone_show(phone) IS DISTINCT FROM truth",
            "guests that say something else",
        ),
        (
            "SELECT count(truth) - count(DISTINCT truth) FROM customer",
            "numbers that repeat",
        ),
        (
            "SELECT count(*) FROM customer AS c WHERE truth IS NOT NULL AND NOT EXISTS (
              SELECT FROM customer AS o WHERE o.phone = c.truth AND o.id = c.id)",
            "numbers that are not found",
        ),
        (
            "SELECT 200 - count(*) FROM customer JOIN guest USING (phone)",
            "guests that are no customers",
        ),
    ] {
        assert_eq!(client.number(wrong), 0, "{what}");
    }
}

struct User<'a> {
    client: Client,
    sequence: Sequence,
    last_id: &'a AtomicI64,
    rows: i32,
    outcome: Outcome,
    text: Statement,
    typed: Statement,
    joined: Statement,
    upsert: Statement,
    any: Statement,
}

impl<'a> User<'a> {
    fn new(mut client: Client, number: i32, rows: i32, last_id: &'a AtomicI64) -> User<'a> {
        let mut prepare = |sql: &str| client.prepare(sql).unwrap();
        let text = prepare("SELECT id FROM customer WHERE phone = $1::text");
        // The parameter is of the data type: it is read before the table is locked.
        let typed = prepare("SELECT id FROM customer WHERE phone = $1");
        let joined = prepare(
            "SELECT c.id FROM guest AS g JOIN customer AS c USING (phone) WHERE g.phone = $1",
        );
        let upsert = prepare(
            "INSERT INTO customer (id, phone, truth) VALUES ($1, $2, $3::text)
             ON CONFLICT (phone) DO UPDATE SET visits = customer.visits + 1",
        );
        let any =
            prepare("SELECT id FROM customer WHERE phone = ANY (ARRAY[$1::encrypted_phone, $2])");
        let (sequence, outcome) = (Sequence::new(number as u64), Outcome::default());
        User {
            client,
            sequence,
            last_id,
            rows,
            outcome,
            text,
            typed,
            joined,
            upsert,
            any,
        }
    }

    fn kept(&mut self) -> String {
        format!("+61402{:06}", self.sequence.below(KEPT) + 1)
    }

    fn number(&mut self) -> String {
        format!("+61401{:06}", self.sequence.below(self.rows * 3 / 2))
    }

    fn look_up(&mut self) {
        let number = self.kept();
        let untyped = Untyped(number.clone());
        let manner = self.sequence.below(9);
        let found = match manner {
            0 => self.client.query(&format!("SELECT id FROM customer WHERE phone = '{number}'"), &[]),
            1 => self.client.query(&self.text, &[&number]),
            2 | 3 => self.client.query(&self.typed, &[&untyped]),
            4 => self.client.query(&self.joined, &[&untyped]),
            5 => self.client.query(
                &format!("WITH n AS (SELECT '{number}'::encrypted_phone AS phone) SELECT id FROM n JOIN customer USING (phone)"),
                &[],
            ),
            6 => self.client.query("SELECT find($1)", &[&number]),
            7 => self.client.query(&self.any, &[&untyped, &Untyped("nobody".to_owned())]),
            _ => self.in_a_transaction(&number),
        };
        match found {
            Ok(rows) if rows.len() == 1 => self.outcome.looked_up += 1,
            Ok(rows) => self.note(format!("manner {manner} found {} rows", rows.len())),
            Err(error) => self.note(format!("manner {manner}: {error:?}")),
        }
    }

    /// The same look-up twice, in a transaction that sees one state of the rows, or each statement its own.
    fn in_a_transaction(&mut self, number: &str) -> Result<Vec<postgres::Row>, postgres::Error> {
        let level = self.sequence.one_of(&["READ COMMITTED", "REPEATABLE READ"]);
        self.client
            .batch_execute(&format!("BEGIN ISOLATION LEVEL {level}"))?;
        let first = self
            .client
            .query(&self.typed, &[&Untyped(number.to_owned())])?;
        thread::sleep(Duration::from_millis(2));
        let literal = format!("SELECT id FROM customer WHERE phone = '{number}'");
        let second = self.client.query(&literal, &[])?;
        self.client.batch_execute("COMMIT")?;
        Ok(if first.len() == second.len() {
            second
        } else {
            Vec::new()
        })
    }

    fn write(&mut self) {
        let id = self.sequence.below(self.rows);
        let number = self.number();
        let new = self.last_id.fetch_add(1, Ordering::Relaxed);
        let (sql, may_conflict) = match self.sequence.below(6) {
            0 => (
                format!(
                    "INSERT INTO customer (id, phone, truth) VALUES ({new}, '{number}', '{number}')"
                ),
                true,
            ),
            1 => (
                format!(
                    "UPDATE customer SET phone = '{number}', truth = '{number}' WHERE id = {id}"
                ),
                true,
            ),
            2 => (format!("DELETE FROM customer WHERE id = {id}"), false),
            3 => (
                format!("UPDATE customer SET visits = visits + 1 WHERE id = {id}"),
                false,
            ),
            4 => (
                format!(
                    "INSERT INTO customer (id, phone, truth) VALUES ({new}, '{number}', '{number}')
                     ON CONFLICT (phone) DO UPDATE SET visits = customer.visits + 1"
                ),
                false,
            ),
            _ => (String::new(), false),
        };
        let written = match sql.is_empty() {
            true => self
                .client
                .execute(&self.upsert, &[&new, &Untyped(number.clone()), &number])
                .map(drop),
            false => self.client.batch_execute(&sql),
        };
        match written {
            Ok(()) => self.outcome.written += 1,
            Err(error)
                if may_conflict && error.code().is_some_and(|state| state.code() == "23505") =>
            {
                self.outcome.written += 1;
            }
            Err(error) => self.note(format!(
                "{}: {error:?}",
                sql.split(' ').next().unwrap_or_default()
            )),
        }
    }

    fn note(&mut self, what: String) {
        let _ = self.client.batch_execute("ROLLBACK");
        *self.outcome.errors.entry(what).or_default() += 1;
    }
}

/// Ends the sessions also where the work fails.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs the application while the work is done, and for a moment after it.
pub fn while_used<T>(
    server: &Server,
    database: &str,
    rows: i32,
    work: impl FnOnce() -> T,
) -> (T, Outcome) {
    let stop = AtomicBool::new(false);
    let last_id = AtomicI64::new(100_000);
    let one = |number: i32| {
        let client = server.connect_as("postgres", database);
        let mut user = User::new(client, number, rows, &last_id);
        while !stop.load(Ordering::Relaxed) {
            user.write();
            user.look_up();
            user.look_up();
        }
        user.outcome
    };
    let one = &one;
    thread::scope(|scope| {
        let sessions: Vec<_> = (1..=SESSIONS)
            .map(|number| scope.spawn(move || one(number)))
            .collect();
        let _stops = Stops(&stop);
        let result = work();
        thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        let mut sum = Outcome::default();
        for session in sessions {
            let outcome = session.join().unwrap();
            sum.looked_up += outcome.looked_up;
            sum.written += outcome.written;
            for (error, times) in outcome.errors {
                *sum.errors.entry(error).or_default() += times;
            }
        }
        (result, sum)
    })
}
