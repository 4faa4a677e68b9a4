//! A session that is busy is stopped as well as any other.

use phone_crypt_client_tests::{Sql, refused};
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, IsolationLevel};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::shared::{LOCKED, SERVER, customers, lock};

/// The server's clock in microseconds.
const CLOCK: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// What a session has seen: when the last call that succeeded began, and how many were refused.
#[derive(Debug, Default)]
struct Seen {
    last_success: Option<i64>,
    refused: usize,
}

impl Seen {
    fn success(&mut self, began: i64) {
        self.last_success = self.last_success.max(Some(began));
    }

    fn refusal(&mut self, error: postgres::Error) {
        refused::<()>(Err(error))
            .says("55000", LOCKED)
            .hides("secret");
        self.refused += 1;
    }

    fn result(&mut self, result: Result<postgres::Row, postgres::Error>) {
        match result {
            Ok(row) => self.success(row.get(0)),
            Err(error) => self.refusal(error),
        }
    }
}

/// Until when the sessions are at work.
#[derive(Default)]
struct State {
    is_over: AtomicBool,
}

impl State {
    fn go_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

type Work = fn(&mut Client, &State) -> Seen;

const WORK: [(&str, Work); 8] = [
    ("a prepared statement", prepared),
    ("a look-up by hash", look_up),
    ("a literal in a prepared statement", literal),
    ("a transaction with an old snapshot", old_snapshot),
    ("a long statement", long_statement),
    (
        "a long statement in an old snapshot",
        long_statement_of_old_snapshot,
    ),
    ("a parallel statement", parallel),
    ("tokens", tokens),
];

fn prepared(client: &mut Client, state: &State) -> Seen {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, phone_decrypt(value) FROM customers WHERE id = 7"),
    )
}

fn look_up(client: &mut Client, state: &State) -> Seen {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, id FROM customers WHERE hash = phone_hash('0401 000 007')"),
    )
}

/// The text becomes a value when the statement is prepared.
fn literal(client: &mut Client, state: &State) -> Seen {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, id FROM customers WHERE phone = '+61401000007'"),
    )
}

fn repeated(client: &mut Client, state: &State, sql: &str) -> Seen {
    let statement = client.prepare(sql).unwrap();
    let mut seen = Seen::default();
    while state.go_on() {
        seen.result(client.query_one(&statement, &[]));
    }
    seen
}

fn old_snapshot(client: &mut Client, state: &State) -> Seen {
    let mut seen = Seen::default();
    let sql = format!("SELECT {CLOCK}, phone_decrypt(value) FROM customers WHERE id = 7");
    while state.go_on() {
        let level = IsolationLevel::RepeatableRead;
        let mut transaction = client
            .build_transaction()
            .isolation_level(level)
            .start()
            .unwrap();
        let statement = transaction.prepare(&sql).unwrap();
        while seen.refused == 0 && state.go_on() {
            seen.result(transaction.query_one(&statement, &[]));
        }
        if seen.refused > 0 && state.go_on() {
            transaction.rollback().unwrap();
            seen.result(client.query_one(&sql, &[]));
            thread::sleep(Duration::from_millis(10));
        }
    }
    seen
}

/// The rows that arrive before it is refused are of calls that began before that.
fn long_statement(client: &mut Client, _: &State) -> Seen {
    let sql = format!(
        "SELECT {CLOCK}, phone_decrypt(value) FROM customers, generate_series(1, 1000000000) WHERE id = 7"
    );
    let mut seen = Seen::default();
    let mut rows = client.query_raw(&sql, &[] as &[&str]).unwrap();
    loop {
        match rows.next() {
            Ok(Some(row)) => seen.success(row.get(0)),
            Ok(None) => panic!("it came to its end"),
            Err(error) => {
                seen.refusal(error);
                return seen;
            }
        }
    }
}

fn long_statement_of_old_snapshot(client: &mut Client, state: &State) -> Seen {
    client.run("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM customers");
    long_statement(client, state)
}

/// The leader decrypts rows that parallel workers hash: neither may take a snapshot of its own.
fn parallel(client: &mut Client, state: &State) -> Seen {
    client.run(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
         SET max_parallel_workers_per_gather = 1; SET parallel_leader_participation = off",
    );
    let sql = format!(
        "SELECT {CLOCK}, phone_decrypt(value) FROM customers WHERE hash = phone_hash(number)"
    );
    let plan = client
        .rows(&format!("EXPLAIN (COSTS OFF) {sql}"))
        .join("\n");
    assert!(plan.contains("Gather"), "{plan}");
    let statement = client.prepare(&sql).unwrap();
    let mut seen = Seen::default();
    while state.go_on() {
        match client.query(&statement, &[]) {
            Ok(rows) => rows.iter().for_each(|row| seen.success(row.get(0))),
            Err(error) => seen.refusal(error),
        }
    }
    seen
}

/// They are answered.
fn tokens(client: &mut Client, state: &State) -> Seen {
    let create = "SELECT token FROM api_token_create('busy ' || pg_backend_pid())";
    let token: String = client.query_one(create, &[]).unwrap().get(0);
    let sql = format!("SELECT {CLOCK}, reason, token_id FROM api_token_verify($1)");
    let statement = client.prepare(&sql).unwrap();
    let mut seen = Seen::default();
    while state.go_on() {
        let row = client.query_one(&statement, &[&token]).unwrap();
        match row.get(1) {
            "ok" => seen.success(row.get(0)),
            "lockdown" => {
                assert_eq!(row.get::<_, Option<&str>>(2), None);
                seen.refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    seen
}

#[test]
fn of_64_busy_sessions_none_decrypts_after_it_has_returned() {
    let (mut client, database) = customers(&SERVER, 3000);
    let state = State::default();
    let returned = thread::scope(|scope| {
        let at_work = scope.spawn(|| {
            SERVER.at_once(&database, 64, |number, client| {
                let (name, work) = WORK[number % WORK.len()];
                (name, work(client, &state))
            })
        });
        let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'
                       AND backend_type = 'client backend' AND query LIKE '%clock_timestamp%'";
        while client.number(busy) < 40 {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_secs(1));
        lock(&mut client, "all");
        let returned = client.number(CLOCK);
        thread::sleep(Duration::from_secs(1));
        state.is_over.store(true, Ordering::Relaxed);
        for (name, seen) in at_work.join().unwrap() {
            assert!(seen.last_success.is_some(), "{name}: {seen:?}");
            assert!(
                seen.last_success <= Some(returned),
                "{name}: {seen:?}, {returned}"
            );
            assert!(seen.refused > 0, "{name}: {seen:?}");
        }
        returned
    });
    assert!(returned > 0);
    assert_eq!(client.rows("SELECT phone_crypt_lockdown_release()"), ["3"]);
    assert_eq!(
        client.rows("SELECT phone_decrypt(value) FROM customers WHERE id = 7"),
        ["+61401000007"]
    );
}
