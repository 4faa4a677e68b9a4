//! A hit in memory outlives the caller's ROLLBACK, one in the table does not; a denial writes nothing in either.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use postgres::Client;

use crate::shared::{MEMORY, TABLE, engines};

/// What is left of 10 hits after one that was made and undone in each of these ways.
fn remaining_after_undoing(client: &mut Client, undo: &[(&str, &str)]) -> Vec<i64> {
    let limit = Limit::fixed(10);
    let mut remaining = Vec::new();
    for (number, (begin, end)) in undo.iter().enumerate() {
        let key = format!("key {number}");
        client.run(begin);
        assert!(client.hit(&key, &limit).allowed);
        client.run(end);
        remaining.push(client.peek(&key, &limit).remaining);
    }
    remaining
}

const WAYS: [(&str, &str); 3] = [
    ("BEGIN", "ROLLBACK"),
    (
        "BEGIN; SAVEPOINT s",
        "ROLLBACK TO SAVEPOINT s; RELEASE SAVEPOINT s; COMMIT",
    ),
    (
        "BEGIN ISOLATION LEVEL SERIALIZABLE; SAVEPOINT s; SAVEPOINT t; RELEASE SAVEPOINT t",
        "ROLLBACK TO SAVEPOINT s; ROLLBACK",
    ),
];

#[test]
fn memory_keeps_a_hit_that_the_caller_rolls_back() {
    let remaining = remaining_after_undoing(&mut MEMORY.session(), &WAYS);
    assert_eq!(remaining, [9, 9, 9]);
}

#[test]
fn the_table_undoes_a_hit_with_its_caller() {
    let remaining = remaining_after_undoing(&mut TABLE.session(), &WAYS);
    assert_eq!(remaining, [10, 10, 10]);
}

#[test]
fn a_statement_that_fails_after_its_hit_is_a_rollback_too() {
    let limit = Limit::fixed(10);
    for (server, remaining) in [(&*MEMORY, 9), (&*TABLE, 10)] {
        let mut client = server.session();
        let sql = "SELECT 1 / (remaining - 9) FROM ratelimit_hit('k', 10, '100 days')";
        client.refusal(sql, &[]).says("22012", "division by zero");
        assert_eq!(client.peek("k", &limit).remaining, remaining);
    }
}

#[test]
fn a_failed_login_in_plpgsql_is_counted_in_memory() {
    let mut client = MEMORY.session();
    client.run(
        "DO $$ BEGIN
             PERFORM ratelimit_hit('login', 10, '100 days');
             RAISE EXCEPTION 'wrong password';
         EXCEPTION WHEN raise_exception THEN NULL;
         END $$",
    );
    assert_eq!(client.peek("login", &Limit::fixed(10)).remaining, 9);
}

/// After the rollback of whatever else, the hits of a durable policy are gone and those in memory are not.
#[test]
fn a_durable_policy_is_undone_whatever_the_engine() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run("SELECT ratelimit_policy_set('d', 10, '100 days', durable => true)");
        client.run("BEGIN");
        assert_eq!(client.check("d", "k").remaining, 9);
        client.run("ROLLBACK");
        assert_eq!(client.check("d", "k").remaining, 9, "in {engine}");
        let kept = "SELECT engine FROM phone_crypt.rate_limits WHERE id = 'policy:d:k'";
        assert_eq!(client.rows(kept), ["table"], "in {engine}");
    }
}

/// Whether a hit gave its transaction an id, without which nothing is written.
fn writes(server: &Server, hits_before: i32) -> bool {
    let mut client = server.session();
    let limit = Limit::fixed(2);
    for _ in 0..hits_before {
        client.hit("k", &limit);
    }
    client.run("BEGIN");
    assert_eq!(client.hit("k", &limit).allowed, hits_before < 2);
    let sql = "SELECT (pg_current_xact_id_if_assigned() IS NOT NULL)::text";
    let wrote = client.text(sql, &[]) == "true";
    client.run("COMMIT");
    wrote
}

#[test]
fn only_an_allowed_hit_in_the_table_writes_in_the_callers_transaction() {
    assert!(!writes(&MEMORY, 1) && !writes(&MEMORY, 2));
    assert!(writes(&TABLE, 1));
    assert!(!writes(&TABLE, 2), "a denial must not write");
}
