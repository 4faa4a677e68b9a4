//! A hot standby counts for itself and writes nothing; once promoted, it goes on from what it has.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use std::thread::sleep;
use std::time::Duration;

const CONF: &str = "phone_crypt.ratelimit_flush_interval = '100ms'\n";
const COUNT: &str = "SELECT count FROM phone_crypt.rate_limits WHERE id = 'k'";

/// A primary with three of ten hits flushed, and its standby.
fn pair(conf: &str) -> (Server, Server, String) {
    let primary = Server::preloaded(CONF);
    let database = primary.database();
    let mut client = primary.connect_as("postgres", &database);
    client.run("SELECT ratelimit_policy_set('durable', 10, '100 days', durable => true)");
    client.check("durable", "k");
    for _ in 0..3 {
        client.hit("k", &Limit::fixed(10));
    }
    client.run("SELECT ratelimit_block('villain', '1 hour'); SELECT ratelimit_flush()");
    let standby = primary.standby(conf);
    standby.wait_for_replay_of(&primary);
    (primary, standby, database)
}

#[test]
fn a_standby_counts_and_does_not_write_until_it_is_promoted() {
    let limit = Limit::fixed(10);
    let (primary, standby, database) = pair("");
    let mut client = standby.connect_as("postgres", &database);
    assert_eq!(client.rows("SELECT pg_is_in_recovery()"), ["t"]);
    assert_eq!(client.hit("k", &limit).remaining, 6);
    assert_eq!(client.hit("k", &limit).remaining, 5);
    assert_eq!(client.hit("here only", &limit).remaining, 9);
    assert_eq!(client.hit("villain", &limit).reason, "blocked");
    client
        .refusal("SELECT ratelimit_flush()", &[])
        .says("55000", "");
    client
        .refusal("SELECT FROM ratelimit_check('durable', 'k')", &[])
        .says("25006", "");
    sleep(Duration::from_millis(400));
    assert_eq!(client.rows(COUNT), ["3"]);
    let mut on_primary = primary.connect_as("postgres", &database);
    assert_eq!(on_primary.rows(COUNT), ["3"]);
    assert_eq!(on_primary.peek("k", &limit).remaining, 7);

    standby.promote();
    let mut client = standby.connect_as("postgres", &database);
    assert_eq!(client.hit("k", &limit).remaining, 4);
    client.run("SELECT ratelimit_flush()");
    assert_eq!(client.rows(COUNT), ["6"]);
    assert_eq!(client.peek("here only", &limit).remaining, 9);
    assert_eq!(client.check("durable", "k").remaining, 8);
    standby.crash();
    let mut client = standby.connect_as("postgres", &database);
    assert_eq!(client.peek("k", &limit).remaining, 4);
}

/// What the primary wrote while the standby was up is there after the promotion.
#[test]
fn a_promoted_standby_has_what_the_primary_flushed() {
    let limit = Limit::fixed(10);
    let (primary, standby, database) = pair("");
    standby.connect_as("postgres", &database).hit("k", &limit);
    let mut client = primary.connect_as("postgres", &database);
    for _ in 0..4 {
        client.hit("late", &limit);
    }
    client.run("SELECT ratelimit_block('late villain', '1 hour'); SELECT ratelimit_flush()");
    standby.wait_for_replay_of(&primary);
    standby.promote();
    let mut client = standby.connect_as("postgres", &database);
    assert_eq!(client.hit("late", &limit).remaining, 5);
    assert_eq!(client.hit("late villain", &limit).reason, "blocked");
    assert_eq!(client.hit("k", &limit).remaining, 5);
}

#[test]
fn the_table_engine_cannot_count_on_a_standby() {
    let (_primary, standby, database) = pair("phone_crypt.ratelimit_engine = 'table'\n");
    let mut client = standby.connect_as("postgres", &database);
    let refusal = client.try_hit("k", &Limit::fixed(10), 1).unwrap_err();
    refusal.says("25006", "");
}
