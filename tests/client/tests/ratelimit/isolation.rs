//! REPEATABLE READ and SERIALIZABLE, and sessions that stay in a transaction after their hit.

use phone_crypt_client_tests::{Hits, LONG, Limit, Server, Sql};
use postgres::Client;

use crate::shared::{MEMORY, TABLE, engines};

const LEVELS: [&str; 2] = ["REPEATABLE READ", "SERIALIZABLE"];

/// Two sessions of one database, the first of them in a transaction that has its snapshot.
fn sessions(server: &Server, level: &str) -> (Client, Client) {
    let database = server.database();
    let mut first = server.connect_as("postgres", &database);
    let second = server.connect_as("postgres", &database);
    first.run(&format!(
        "BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM phone_crypt.rate_limits"
    ));
    (first, second)
}

#[test]
fn memory_counts_on_at_every_level() {
    let limit = Limit::fixed(10);
    for level in LEVELS {
        let (mut first, mut second) = sessions(&MEMORY, level);
        assert_eq!(first.hit("k", &limit).remaining, 9);
        assert_eq!(second.hit("k", &limit).remaining, 8);
        assert_eq!(first.hit("k", &limit).remaining, 7, "{level}");
        first.run("COMMIT");
    }
}

#[test]
fn memory_at_a_stricter_level_reads_the_present_row_of_a_key_it_has_no_slot_for() {
    let limit = Limit::fixed(10);
    for level in LEVELS {
        let (mut first, mut second) = sessions(&MEMORY, level);
        for _ in 0..3 {
            second.hit("k", &limit);
        }
        second.run("SELECT ratelimit_flush()");
        assert_eq!(first.hit("k", &limit).remaining, 6, "{level}");
        first.run("COMMIT");
    }
}

#[test]
fn the_table_says_40001_rather_than_count_wrong() {
    let limit = Limit::fixed(10);
    for level in LEVELS {
        let (mut first, mut second) = sessions(&TABLE, level);
        second.hit("k", &limit);
        let refusal = first.try_hit("k", &limit, 1).unwrap_err();
        assert_eq!(refusal.sqlstate, "40001", "{level}: {refusal:?}");
        first.run("ROLLBACK");
        assert_eq!(first.hit("k", &limit).remaining, 8, "{level}");
    }
}

#[test]
fn the_table_counts_at_every_level_where_nobody_else_does() {
    let limit = Limit::fixed(10);
    for level in LEVELS {
        let (mut first, mut second) = sessions(&TABLE, level);
        assert_eq!(second.hit("another", &limit).remaining, 9);
        assert_eq!(first.hit("k", &limit).remaining, 9);
        assert_eq!(first.hit("k", &limit).remaining, 8);
        first.run("COMMIT");
        assert_eq!(second.hit("k", &limit).remaining, 7, "{level}");
    }
}

#[test]
fn in_memory_nobody_waits_for_a_transaction_that_has_hit() {
    let limit = Limit::fixed(10);
    let (mut first, mut second) = sessions(&MEMORY, "READ COMMITTED");
    first.hit("k", &limit);
    second.run("SET statement_timeout = '5s'");
    assert_eq!(second.hit("k", &limit).remaining, 8);
    first.run("COMMIT");
}

#[test]
fn in_the_table_a_hit_waits_for_the_row_and_then_sees_it() {
    let limit = Limit::fixed(10);
    let (mut first, mut second) = sessions(&TABLE, "READ COMMITTED");
    first.hit("k", &limit);
    second.run("SET lock_timeout = '50ms'");
    let refusal = second.try_hit("k", &limit, 1).unwrap_err();
    assert_eq!(refusal.sqlstate, "55P03", "{refusal:?}");
    first.run("COMMIT");
    assert_eq!(second.hit("k", &limit).remaining, 8);
}

#[test]
fn a_long_snapshot_does_not_hide_what_others_use_up() {
    let limit = Limit::fixed(3).each(LONG);
    for (engine, server) in engines() {
        let (mut first, mut second) = sessions(server, "READ COMMITTED");
        while second.hit("k", &limit).allowed {}
        assert!(!first.hit("k", &limit).allowed, "in {engine}");
        first.run("COMMIT");
    }
}
