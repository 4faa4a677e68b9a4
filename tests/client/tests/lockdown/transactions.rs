//! When a lockdown of a database begins and ends.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, customers, is_locked, lock};

#[test]
fn it_begins_with_its_commit_and_says_so() {
    let (mut other, database) = customers(&SERVER, 10);
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    client.run("BEGIN");
    lock(&mut client, "all");
    assert_eq!(
        notices.with("before this transaction is committed").len(),
        1
    );
    assert!(!is_locked(&mut other));
    client.run("SAVEPOINT before");
    assert!(is_locked(&mut client));
    client.run("ROLLBACK TO before; COMMIT");
    assert!(is_locked(&mut other));
    assert!(is_locked(&mut client));

    client.run("BEGIN; SELECT phone_crypt_lockdown_release()");
    assert!(!is_locked(&mut client));
    assert!(is_locked(&mut other));
    client.run("ROLLBACK");
    assert!(is_locked(&mut client));
    client.run("SELECT phone_crypt_lockdown_release()");
    assert!(!is_locked(&mut other));
    lock(&mut client, "decrypt");
    assert_eq!(notices.with("before this transaction").len(), 1);
    assert!(is_locked(&mut other));
}

#[test]
fn one_that_is_rolled_back_stops_nothing() {
    let (mut other, database) = customers(&SERVER, 10);
    let mut client = SERVER.connect_as("postgres", &database);
    assert!(!is_locked(&mut client));
    for (begin, end) in [
        ("BEGIN", "ROLLBACK"),
        ("BEGIN; SAVEPOINT a", "ROLLBACK TO a; COMMIT"),
    ] {
        client.run(begin);
        lock(&mut client, "all");
        client.run(end);
        assert!(!is_locked(&mut client));
        assert!(!is_locked(&mut other));
    }
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.lockdowns"),
        0
    );
}

/// Who commits it later would not know what to tell the others.
#[test]
fn it_cannot_be_prepared() {
    let server = phone_crypt_client_tests::Server::preloaded(&format!(
        "{}max_prepared_transactions = 2",
        crate::shared::CONF
    ));
    let (mut client, _) = customers(&server, 10);
    client.run("BEGIN");
    lock(&mut client, "all");
    client
        .refusal("PREPARE TRANSACTION 'later'", &[])
        .says("0A000", "");
    assert!(!is_locked(&mut client));
}

/// What stops a commit from being reported must not keep the lockdown from beginning.
#[test]
fn it_does_not_wait_for_a_standby() {
    let (mut other, database) = customers(&SERVER, 10);
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("SET synchronous_commit = off; BEGIN");
    lock(&mut client, "all");
    assert_eq!(client.rows("SHOW synchronous_commit"), ["local"]);
    client.run("COMMIT");
    assert_eq!(client.rows("SHOW synchronous_commit"), ["off"]);
    assert!(is_locked(&mut other));
}

#[test]
fn a_change_of_the_table_counts_whoever_makes_it() {
    let (mut other, database) = customers(&SERVER, 10);
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(
        "SET session_replication_role = replica;
         INSERT INTO phone_crypt.database_lockdowns (scope, by_role, reason) VALUES ('decrypt', 'subscription', 'replicated')",
    );
    assert!(is_locked(&mut other));
    client.run("TRUNCATE phone_crypt.database_lockdowns");
    assert!(!is_locked(&mut other));
}
