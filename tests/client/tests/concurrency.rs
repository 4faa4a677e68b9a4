//! Many backends at once: no two of them share an initialisation vector, and none loses a count.

use phone_crypt_client_tests::samples::{AU, AU_HASH_K1, AU_UNDER_K1, K1};
use phone_crypt_client_tests::{Server, Setup, Sql};
use postgres::Client;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::thread;

static SERVER: LazyLock<Mutex<Server>> = LazyLock::new(|| {
    let server = Server::preloaded("");
    let keys = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server.connect().run("CREATE EXTENSION phone_crypt");
    Mutex::new(server)
});

/// The server for one test alone, since some of them count what is called.
fn server() -> MutexGuard<'static, Server> {
    SERVER
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The initialisation vector of a value: the 32 hexadecimal digits before the colon.
const IV_OF_A_NEW_VALUE: &str = "split_part(phone_encrypt('+61401148075'), ':', 1)";

fn ivs(client: &mut Client, count: usize) -> Vec<String> {
    let sql = format!("SELECT {IV_OF_A_NEW_VALUE} FROM generate_series(1, {count})");
    client
        .query(&sql, &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

#[track_caller]
fn are_distinct(ivs: &[String], expected: usize) {
    assert_eq!(ivs.len(), expected);
    assert!(ivs.iter().all(|iv| iv.len() == 32));
    let distinct: HashSet<_> = ivs.iter().collect();
    assert_eq!(distinct.len(), expected, "initialisation vectors repeat");
}

/// Runs the same in so many sessions at once and gathers what each returns.
fn at_once<T: Send>(
    server: &Server,
    sessions: usize,
    work: impl Fn(&mut Client) -> T + Sync,
) -> Vec<T> {
    thread::scope(|scope| {
        let one = || work(&mut server.connect());
        let threads: Vec<_> = (0..sessions).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn backends_forked_from_one_postmaster_never_share_an_iv() {
    let server = server();
    let all = at_once(&server, 16, |client| ivs(client, 2000));
    are_distinct(&all.concat(), 16 * 2000);
}

#[test]
fn the_first_values_after_a_fork_are_distinct() {
    let server = server();
    let all = at_once(&server, 4, |_| {
        (0..40)
            .flat_map(|_| ivs(&mut server.connect(), 1))
            .collect::<Vec<_>>()
    });
    are_distinct(&all.concat(), 4 * 40);
}

#[test]
fn parallel_workers_never_share_an_iv() {
    let server = server();
    let mut client = server.connect();
    let force = if server.major() >= 16 {
        "debug_parallel_query"
    } else {
        "force_parallel_mode"
    };
    client.run(&format!(
        "SET {force} = on; CREATE TABLE numbers AS SELECT generate_series(1, 500) AS n"
    ));
    let sql = format!("SELECT {IV_OF_A_NEW_VALUE} FROM numbers");
    let plan = client.rows(&format!("EXPLAIN (VERBOSE) {sql}")).join("\n");
    assert!(
        plan.contains("Gather") && plan.contains("phone_encrypt"),
        "{plan}"
    );
    let mut all = Vec::new();
    for _ in 0..5 {
        all.extend(client.rows(&sql));
    }
    are_distinct(&all, 5 * 500);
    client.run("DROP TABLE numbers");
}

/// Calls and failures of an operation.
fn counted(client: &mut Client, operation: &str) -> (i64, i64) {
    let sql = "SELECT calls, failures FROM phone_crypt.crypto_stats WHERE operation = $1";
    let row = client.query_one(sql, &[&operation]).unwrap();
    (row.get(0), row.get(1))
}

const OPERATIONS: [&str; 4] = ["encrypt", "decrypt", "hash", "normalize"];

#[test]
fn counters_are_shared_and_exact_under_preload() {
    let server = server();
    let mut client = server.connect();
    let before = OPERATIONS.map(|operation| counted(&mut client, operation));
    at_once(&server, 8, |client| {
        client.run("SELECT phone_hash('+61401148075') FROM generate_series(1, 300)");
        client.run("SELECT phone_encrypt('+61401148075') FROM generate_series(1, 200)");
        client.run(&format!("SELECT phone_decrypt('{AU_UNDER_K1}' || left(n::text, 0)) FROM generate_series(1, 100) AS n"));
        client.run("SELECT phone_normalize('+61401148075' || left(n::text, 0)) FROM generate_series(1, 50) AS n");
        for _ in 0..10 {
            client.refusal("SELECT phone_decrypt($1, 'elsewhere')", &[&AU_UNDER_K1]);
            client.refusal("SELECT phone_hash($1)", &[&"no number"]);
        }
        client.run(&format!(
            "SELECT phone_try_decrypt('{AU_UNDER_K1}', 'e' || n) FROM generate_series(1, 5) AS n"
        ));
    });
    let after = OPERATIONS.map(|operation| counted(&mut client, operation));
    let difference = |i: usize| (after[i].0 - before[i].0, after[i].1 - before[i].1);
    // The planner calls a STABLE function of constants to estimate, never one that is only selected.
    assert_eq!(difference(0), (8 * 200, 0), "encrypt");
    assert_eq!(difference(1), (8 * (100 + 10 + 5), 8 * (10 + 5)), "decrypt");
    assert_eq!(difference(2), (8 * (300 + 10), 8 * 10), "hash");
    assert_eq!(difference(3), (8 * 50, 0), "normalize");
    assert_eq!(
        client.rows("SELECT DISTINCT shared FROM phone_crypt.crypto_stats"),
        ["t"]
    );
    let since = "SELECT (bool_and(since BETWEEN pg_postmaster_start_time() - interval '1 minute' AND now()))::text
                   FROM phone_crypt.crypto_stats";
    assert_eq!(client.text(since, &[]), "true");
}

#[test]
fn counters_start_again_after_a_crash_and_keys_stay() {
    let server = server();
    server
        .connect()
        .run("SELECT phone_hash('+61401148075') FROM generate_series(1, 1000)");
    server.crash();
    let mut client = server.connect();
    assert_eq!(counted(&mut client, "hash"), (0, 0));
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(counted(&mut server.connect(), "hash"), (1, 0));
}

#[test]
fn monitors_may_read_the_counters() {
    let server = server();
    server
        .connect()
        .run("CREATE ROLE watcher LOGIN IN ROLE pg_monitor");
    let mut client = server.connect_as("watcher", "postgres");
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.crypto_stats"),
        4
    );
    client
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("42501", "phone_hash");
    server.connect().run("DROP ROLE watcher");
}

#[test]
fn each_backend_counts_for_itself_without_preload() {
    let server = Server::start(&Setup::default());
    let keys = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server.connect().run("CREATE EXTENSION phone_crypt");
    let (mut one, mut two) = (server.connect(), server.connect());
    one.run("SELECT phone_hash('+61401148075') FROM generate_series(1, 70)");
    two.run("SELECT phone_hash('+61401148075') FROM generate_series(1, 3)");
    assert_eq!(counted(&mut one, "hash"), (70, 0));
    assert_eq!(counted(&mut two, "hash"), (3, 0));
    assert_eq!(
        one.rows("SELECT DISTINCT shared FROM phone_crypt.crypto_stats"),
        ["f"]
    );
    let all = at_once(&server, 4, |client| ivs(client, 500));
    are_distinct(&all.concat(), 4 * 500);
}
