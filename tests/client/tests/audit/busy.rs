//! Many records at once: none is lost, and the worker that writes them stays rather than ends and starts anew, unless there is
//! something else to do.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use std::sync::mpsc::{self, TryRecvError};
use std::time::{Duration, Instant};

use crate::shared::{ALL, checkpoint, database, fields, verdict};

const SESSIONS: i64 = 4;
const STATEMENTS: i64 = 75;
const EACH: i64 = 200;
/// Sessions wait while more than this waits to be written: the queue has room for what all of them may still add.
const MOST_WAITING: i64 = 6000;

#[test]
fn the_worker_stays_while_records_come() {
    let server = Server::preloaded(&format!("{ALL}log_min_messages = debug1\n"));
    let (database, mut client) = database(&server);
    checkpoint(&mut client);
    let mark = server.log_mark();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..SESSIONS {
            let (server, database) = (&server, &database);
            scope.spawn(move || {
                let mut client = server.connect_as("postgres", database);
                for _ in 0..STATEMENTS {
                    client.run(&format!(
                        "SELECT phone_crypt.audit_event('policy_set', NULL, 'busy', i) FROM generate_series(1, {EACH}) AS i"
                    ));
                    wait_until("the worker writes", || {
                        client.number("SELECT waiting FROM phone_crypt.audit_status")
                            <= MOST_WAITING
                    });
                }
            });
        }
    });
    wait_until("the queue is written", || {
        client.number("SELECT waiting FROM phone_crypt.audit_status") == 0
    });
    let seconds = began.elapsed().as_secs() as usize;
    let log = server.log_since(mark);
    let starts = log
        .matches("starting background worker process \"phone_crypt worker\"")
        .count();
    // One that ended whenever little was left would be started anew each second.
    assert!(
        (1..=2 + seconds / 3).contains(&starts),
        "{starts} in {seconds} s"
    );
    let recorded = "SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'busy'";
    assert_eq!(client.number(recorded), SESSIONS * STATEMENTS * EACH);
    assert!(fields(&mut client, "gap", "cause").is_empty());
    checkpoint(&mut client);
    assert_eq!(verdict(&mut client, None), "intact");
}

/// How long the worker stays at most where nothing else is to be done.
const STAY: Duration = Duration::from_secs(10);

/// Tasks before and after this one in the worker's list get their turn meanwhile: hits are written down, and decisions.
#[test]
fn the_worker_leaves_where_something_else_is_due() {
    let server = Server::preloaded(&format!(
        "{ALL}phone_crypt.ratelimit_flush_interval = '1s'\n"
    ));
    let (database, mut client) = database(&server);
    client.run(
        "SELECT phone_send_policy_set('default', regions => '{all}', per_number => '{}', per_client => '{}')",
    );
    std::thread::scope(|scope| {
        // Ends where the other end is gone.
        let (other_end, gone) = mpsc::channel::<()>();
        let (server, database) = (&server, &database);
        scope.spawn(move || {
            let mut client = server.connect_as("postgres", database);
            while gone.try_recv() == Err(TryRecvError::Empty) {
                client.run(&format!(
                    "SELECT phone_crypt.audit_event('policy_set', NULL, 'busy', i) FROM generate_series(1, {EACH}) AS i;
                     SELECT pg_sleep(0.05)"
                ));
            }
        });
        let mut longest = Duration::ZERO;
        // Long enough to meet a worker's stay from its beginning.
        let began = Instant::now();
        let mut numbers = 0..;
        while began.elapsed() < STAY + STAY / 2 {
            let n: i64 = numbers.next().unwrap();
            client.run(&format!(
                "SELECT ratelimit_hit('busy {n}', 5, '1 day'); SELECT phone_send_check('+61401148{n:03}')"
            ));
            let asked = Instant::now();
            wait_until("hits are written", || {
                client.number(&format!(
                    "SELECT count(*) FROM phone_crypt.rate_limits WHERE id = 'busy {n}'"
                )) == 1
            });
            wait_until("decisions are written", || {
                client.number(
                    "SELECT coalesce(sum(decisions), 0)::bigint FROM phone_crypt.send_records",
                ) > n
            });
            longest = longest.max(asked.elapsed());
        }
        assert!(longest < STAY * 3 / 4, "{longest:?}");
        drop(other_end);
    });
}
