//! A session that is busy is stopped as well as any other.

use phone_crypt_client_tests::{Sql, refused};
use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, IsolationLevel};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::shared::{LOCKED, SERVER, customers, lock};

/// The server's clock in microseconds.
const CLOCK: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// What all sessions share: how many have had an answer, how many have been refused, and until when they go on.
#[derive(Default)]
struct State {
    begun: AtomicUsize,
    refused: AtomicUsize,
    is_over: AtomicBool,
}

impl State {
    fn go_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }
}

/// Whatever becomes of the test, its sessions end.
struct AtEnd<'a>(&'a State);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// What a session has seen: when the last call that succeeded began, and how many were refused.
struct Seen<'a> {
    state: &'a State,
    last_success: Option<i64>,
    refused: usize,
}

impl Seen<'_> {
    fn of(state: &State) -> Seen<'_> {
        Seen {
            state,
            last_success: None,
            refused: 0,
        }
    }

    fn success(&mut self, began: i64) {
        if self.last_success.is_none() {
            self.state.begun.fetch_add(1, Ordering::Relaxed);
        }
        self.last_success = self.last_success.max(Some(began));
    }

    fn refusal(&mut self, error: postgres::Error) {
        refused::<()>(Err(error))
            .says("55000", LOCKED)
            .hides("secret");
        self.refused();
    }

    fn refused(&mut self) {
        if self.refused == 0 {
            self.state.refused.fetch_add(1, Ordering::Relaxed);
        }
        self.refused += 1;
        // Leaves the processors to those that are still at work.
        thread::sleep(Duration::from_millis(20));
    }

    fn result(&mut self, result: Result<postgres::Row, postgres::Error>) {
        match result {
            Ok(row) => self.success(row.get(0)),
            Err(error) => self.refusal(error),
        }
    }
}

type Work = for<'a> fn(&mut Client, &'a State) -> Seen<'a>;

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

fn prepared<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, phone_decrypt(value) FROM customers WHERE id = 7"),
    )
}

fn look_up<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, id FROM customers WHERE hash = phone_hash('0401 000 007')"),
    )
}

/// The text becomes a value when the statement is prepared.
fn literal<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    repeated(
        client,
        state,
        &format!("SELECT {CLOCK}, id FROM customers WHERE phone = '+61401000007'"),
    )
}

fn repeated<'a>(client: &mut Client, state: &'a State, sql: &str) -> Seen<'a> {
    let statement = client.prepare(sql).unwrap();
    let mut seen = Seen::of(state);
    while state.go_on() {
        seen.result(client.query_one(&statement, &[]));
    }
    seen
}

fn old_snapshot<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    let mut seen = Seen::of(state);
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
        }
    }
    seen
}

/// The rows that arrive before it is refused are of calls that began before that.
fn long_statement<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    let sql = format!(
        "SELECT {CLOCK}, phone_decrypt(value) FROM customers, generate_series(1, 20000000) WHERE id = 7"
    );
    let mut seen = Seen::of(state);
    let mut rows = client.query_raw(&sql, &[] as &[&str]).unwrap();
    while seen.refused == 0 {
        match rows.next() {
            Ok(Some(row)) => seen.success(row.get(0)),
            Ok(None) => break,
            Err(error) => seen.refusal(error),
        }
    }
    seen
}

fn long_statement_of_old_snapshot<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    client.run("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM customers");
    long_statement(client, state)
}

/// The leader decrypts rows that parallel workers hash: neither may take a snapshot of its own.
fn parallel<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    client.run(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
         SET max_parallel_workers_per_gather = 2",
    );
    let sql = format!(
        "SELECT {CLOCK}, phone_decrypt(value) FROM customers WHERE hash = phone_hash(number)"
    );
    let plan = client
        .rows(&format!("EXPLAIN (COSTS OFF) {sql}"))
        .join("\n");
    assert!(plan.contains("Gather"), "{plan}");
    let statement = client.prepare(&sql).unwrap();
    let mut seen = Seen::of(state);
    while state.go_on() {
        match client.query(&statement, &[]) {
            Ok(rows) => rows.iter().for_each(|row| seen.success(row.get(0))),
            Err(error) => seen.refusal(error),
        }
    }
    seen
}

/// They are answered.
fn tokens<'a>(client: &mut Client, state: &'a State) -> Seen<'a> {
    let create = "SELECT token FROM api_token_create('busy ' || pg_backend_pid())";
    let token: String = client.query_one(create, &[]).unwrap().get(0);
    let sql = format!("SELECT {CLOCK}, reason, token_id FROM api_token_verify($1)");
    let statement = client.prepare(&sql).unwrap();
    let mut seen = Seen::of(state);
    while state.go_on() {
        let row = client.query_one(&statement, &[&token]).unwrap();
        match row.get(1) {
            "ok" => seen.success(row.get(0)),
            "lockdown" => {
                assert_eq!(row.get::<_, Option<&str>>(2), None);
                seen.refused();
            }
            other => panic!("{other}"),
        }
    }
    seen
}

const SESSIONS: usize = 64;

fn wait_for_all(count: &AtomicUsize) {
    let start = Instant::now();
    while count.load(Ordering::Relaxed) < SESSIONS {
        assert!(start.elapsed() < Duration::from_secs(120), "waited in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn of_64_busy_sessions_none_decrypts_after_it_has_returned() {
    let (mut client, database) = customers(&SERVER, 3000);
    let state = State::default();
    thread::scope(|scope| {
        let at_end = AtEnd(&state);
        let at_work = scope.spawn(|| {
            SERVER.at_once(&database, SESSIONS, |number, client| {
                let (name, work) = WORK[number % WORK.len()];
                (name, work(client, &state))
            })
        });
        wait_for_all(&state.begun);
        lock(&mut client, "all");
        let returned = client.number(CLOCK);
        wait_for_all(&state.refused);
        drop(at_end);
        for (name, seen) in at_work.join().unwrap() {
            let (success, refused) = (seen.last_success, seen.refused);
            assert!(success.is_some(), "{name}");
            assert!(success <= Some(returned), "{name}: {success:?}, {returned}");
            assert!(refused > 0, "{name}");
        }
    });
    assert_eq!(client.rows("SELECT phone_crypt_lockdown_release()"), ["3"]);
    assert_eq!(
        client.rows("SELECT phone_decrypt(value) FROM customers WHERE id = 7"),
        ["+61401000007"]
    );
}
