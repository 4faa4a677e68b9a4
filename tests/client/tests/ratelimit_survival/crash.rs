//! kill -9, in mid-hit: the server comes back, and no more is lost than was promised.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::load::under_load;

const CONF: &str = "phone_crypt.ratelimit_flush_interval = '100ms'\n";

/// The flush interval, and more than enough for a flush on a busy machine.
const LOSS_BOUND: Duration = Duration::from_millis(1000);
const LOAD_FOR: Duration = Duration::from_millis(1600);
const LIMIT: i64 = 1_000_000_000;

fn crash_a_busy_backend(server: &Server) {
    let pid = server.connect().number(
        "SELECT pid FROM pg_stat_activity WHERE query ~ 'ratelimit' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1",
    );
    server.crash_by(pid);
}

/// Crashes the server under a load of these hits, and compares what each key has used with what was answered more
/// than `may_lose` ago.
fn crash_under_load(hit: &str, policy: Option<&str>, may_lose: Duration, crash: impl Fn(&Server)) {
    let server = Server::preloaded(CONF);
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(&format!(
        "SELECT ratelimit_policy_set('durable', {LIMIT}, '100 days', durable => true);
         SELECT ratelimit_block('blocked', '1 hour'); SELECT ratelimit_flush()"
    ));
    drop(client);
    let (outcome, crashed_at) = under_load(&server, &database, hit, || {
        sleep(LOAD_FOR);
        let now = Instant::now();
        crash(&server);
        now
    });
    let mut client = server.connect_as("postgres", &database);
    let limit = Limit::fixed(LIMIT);
    assert_eq!(client.peek("blocked", &limit).reason, "blocked");
    let mut flushed = 0;
    for (key, at_least, at_most) in outcome.bounds(crashed_at - may_lose) {
        let used = used(&mut client, policy, &key);
        assert!(used >= at_least, "{key}: {used} of {at_least} are left");
        assert!(used <= at_most, "{key}: {used} of {at_most} that were sent");
        flushed += at_least;
        assert_eq!(
            client.hit(&format!("new {key}"), &limit).remaining,
            LIMIT - 1
        );
    }
    assert!(
        flushed > 100,
        "too little load to prove anything: {flushed}"
    );
}

fn used(client: &mut postgres::Client, policy: Option<&str>, key: &str) -> usize {
    let key = policy.map_or(key.to_owned(), |policy| format!("policy:{policy}:{key}"));
    let sql =
        "SELECT coalesce(sum(used), 0)::text FROM phone_crypt.ratelimit_status WHERE key = $1";
    client.text(sql, &[&key]).parse().unwrap()
}

fn in_memory() -> String {
    format!("SELECT ratelimit_allow($1, {LIMIT}, '100 days')")
}

const DURABLE: &str = "SELECT allowed FROM ratelimit_check('durable', $1)";

#[test]
fn a_backend_killed_in_mid_hit_costs_no_more_than_a_flush_interval() {
    crash_under_load(&in_memory(), None, LOSS_BOUND, crash_a_busy_backend);
}

#[test]
fn a_postmaster_killed_costs_no_more_than_a_flush_interval() {
    crash_under_load(&in_memory(), None, LOSS_BOUND, Server::crash_whole);
}

#[test]
fn a_durable_policy_loses_nothing() {
    crash_under_load(
        DURABLE,
        Some("durable"),
        Duration::ZERO,
        crash_a_busy_backend,
    );
    crash_under_load(
        DURABLE,
        Some("durable"),
        Duration::ZERO,
        Server::crash_whole,
    );
}

/// What a flush has waited for is there, however soon the crash comes after it.
#[test]
fn what_was_flushed_on_demand_is_there_at_once() {
    let server = Server::preloaded("phone_crypt.ratelimit_flush_interval = 0\n");
    let database = server.database();
    let limit = Limit::fixed(10);
    for round in 1..=3 {
        let mut client = server.connect_as("postgres", &database);
        assert_eq!(client.hit("k", &limit).remaining, 10 - round);
        client.run("SELECT ratelimit_flush()");
        server.crash();
    }
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.peek("k", &limit).remaining, 7);
}
