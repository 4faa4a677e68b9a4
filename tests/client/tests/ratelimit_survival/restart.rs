//! A restart in good order loses nothing, flushed or not; and a hit does not have to wait for the load.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use postgres::Client;

/// Nothing is flushed but on demand.
const NO_FLUSH: &str = "phone_crypt.ratelimit_flush_interval = 0\n";

/// Hits on many keys, violations and blocks.
const MAKE_STATE: &str = "
    SELECT ratelimit_policy_set('strict', 1, '100 days', penalties => '{1 hour,2 days}');
    SELECT count(*) FROM generate_series(1, 500) AS n,
                         ratelimit_hit('key ' || n, 100, '100 days', 1 + n % 7);
    SELECT count(*) FROM generate_series(1, 20) AS n,
                         ratelimit_hit('slide ' || n, 100, '100 days', n, 'sliding_window');
    SELECT count(*) FROM generate_series(1, 20) AS n,
                         ratelimit_hit('bucket ' || n, 100, '100 days', n, 'token_bucket', 50);
    SELECT ratelimit_check('strict', 'villain') FROM generate_series(1, 3);
    SELECT ratelimit_policy_set('month', 9, calendar => 'month', time_zone => 'Australia/Lord_Howe');
    SELECT ratelimit_check('month', 'k', 4);
    SELECT ratelimit_block('blocked', '1 hour')";

fn state(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT key, algorithm, \"limit\", \"window\", burst, used, remaining, violations, blocked_until
           FROM phone_crypt.ratelimit_status ORDER BY key COLLATE \"C\"",
    )
}

/// The files that a stopped server keeps unflushed state in.
fn shutdown_files(server: &Server) -> usize {
    let files = std::fs::read_dir(server.path("data/pg_stat")).unwrap();
    files
        .filter(|file| {
            let name = file.as_ref().unwrap().file_name();
            name.to_string_lossy().contains("phone_crypt_ratelimit")
        })
        .count()
}

#[test]
fn a_stop_in_good_order_loses_nothing_though_nothing_was_flushed() {
    let server = Server::preloaded(NO_FLUSH);
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.wait_for_load();
    client.run(MAKE_STATE);
    let before = state(&mut client);
    assert_eq!(before.len(), 500 + 20 + 20 + 3);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.rate_limits"),
        0
    );
    drop(client);
    server.stop("fast");
    assert_eq!(shutdown_files(&server), 1);
    server.start_again();
    let is_as_before = || {
        let mut client = server.connect_as("postgres", &database);
        assert_eq!(state(&mut client), before);
        assert_eq!(shutdown_files(&server), 0);
    };
    is_as_before();
    // Once more, with a state that no hit has touched since it was read.
    server.stop("smart");
    server.start_again();
    is_as_before();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.hit("key 6", &Limit::fixed(100)).remaining, 92);
    assert_eq!(client.hit("blocked", &Limit::fixed(100)).reason, "blocked");
    assert_eq!(client.check("strict", "villain").reason, "blocked");
}

#[test]
fn every_database_comes_back() {
    let server = Server::preloaded(NO_FLUSH);
    let databases: Vec<_> = (0..3).map(|_| server.database()).collect();
    let limit = Limit::fixed(10);
    for (database, cost) in databases.iter().zip(1..) {
        let mut client = server.connect_as("postgres", database);
        client.try_hit("k", &limit, cost).unwrap();
    }
    server.restart();
    for (database, cost) in databases.iter().zip(1..) {
        let mut client = server.connect_as("postgres", database);
        assert_eq!(client.peek("k", &limit).remaining, 10 - cost);
    }
}

#[test]
fn an_old_file_never_brings_old_counts_back() {
    let server = Server::preloaded(NO_FLUSH);
    let database = server.database();
    let limit = Limit::fixed(10);
    let hit = |left| {
        let mut client = server.connect_as("postgres", &database);
        assert_eq!(client.hit("k", &limit).remaining, left);
        client
    };
    hit(9);
    server.restart();
    hit(8).run("SELECT ratelimit_flush()");
    server.stop("immediate");
    assert_eq!(shutdown_files(&server), 0);
    server.start_again();
    hit(7);
}

#[test]
fn a_hit_that_comes_before_the_load_is_done_gets_the_old_count() {
    const KEYS: usize = 40_000;
    const SESSIONS: usize = 8;
    let server = Server::preloaded(NO_FLUSH);
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(&format!(
        "SELECT count(*) FROM generate_series(1, {KEYS}) AS n,
                ratelimit_hit('key ' || n, 100, '100 days', 1 + n % 7);
         SELECT ratelimit_flush()"
    ));
    drop(client);
    let limit = Limit::fixed(100);
    for crash in [false, true] {
        match crash {
            true => server.crash(),
            false => server.restart(),
        }
        let hits = u32::from(crash) + 1;
        server.at_once(&database, SESSIONS, |number, client| {
            // From the last row to the first: the load reads them the other way round.
            for n in (1..=KEYS).rev().skip(number).step_by(KEYS / 50) {
                let left = 100 - (1 + n % 7) - hits as usize;
                let answer = client.hit(&format!("key {n}"), &limit);
                assert_eq!(answer.remaining as usize, left, "key {n}");
            }
        });
        let mut client = server.connect_as("postgres", &database);
        client.run("SELECT ratelimit_flush()");
        let rows = client.number("SELECT count(*) FROM phone_crypt.rate_limits");
        assert_eq!(rows, KEYS as i64);
    }
}

#[test]
fn the_other_engine_goes_on_from_the_table() {
    let server = Server::preloaded(NO_FLUSH);
    let database = server.database();
    let limit = Limit::fixed(10);
    let mut client = server.connect_as("postgres", &database);
    client.hit("k", &limit);
    client.run("SELECT ratelimit_flush()");
    drop(client);
    for (engine, left) in [("table", 8), ("memory", 7), ("table", 6)] {
        server.write_conf(&format!("phone_crypt.ratelimit_engine = '{engine}'"));
        server.restart();
        let mut client = server.connect_as("postgres", &database);
        assert_eq!(client.hit("k", &limit).remaining, left, "{engine}");
        client.run("SELECT ratelimit_flush()");
    }
}

/// Flushed or not, and after a crash those that were flushed.
#[test]
fn leases_outlive_a_restart_and_end_when_they_would_have() {
    let server = Server::preloaded(NO_FLUSH);
    let database = server.database();
    let acquire = "SELECT allowed FROM ratelimit_acquire('k', 2, '1 hour')";
    let mut client = server.connect_as("postgres", &database);
    client.wait_for_load();
    let lease = client.text(
        "SELECT lease_id FROM ratelimit_acquire('k', 2, '1 hour')",
        &[],
    );
    client.run("SELECT ratelimit_flush()");
    assert_eq!(client.rows(acquire), ["t"]);
    drop(client);
    server.stop("fast");
    server.start_again();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.rows(acquire), ["f"]);
    client.run("SELECT ratelimit_flush()");
    drop(client);
    server.stop("immediate");
    server.start_again();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.rows(acquire), ["f"]);
    let release = "SELECT ratelimit_release($1)::text";
    assert_eq!(client.text(release, &[&lease]), "true");
    assert_eq!(client.rows(acquire), ["t"]);
    assert_eq!(client.rows(acquire), ["f"]);
}
