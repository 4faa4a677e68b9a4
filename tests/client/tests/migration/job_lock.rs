//! The lock that keeps a second run off a table: SQL can neither take it nor release it, and it is in nobody's way.

use phone_crypt_client_tests::{Sql, wait_until};
use postgres::Client;

use crate::shared::SERVER;

const LOCK: &str = "SELECT phone_crypt.job_lock('held')";

fn database() -> (String, Client) {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE held (phone text)");
    (database, client)
}

fn another(database: &str) -> Client {
    SERVER.connect_as("postgres", database)
}

#[test]
fn advisory_locks_of_anybody_are_not_in_its_way() {
    let (database, mut client) = database();
    client.run("DROP ROLE IF EXISTS passer_by; CREATE ROLE passer_by LOGIN");
    let mut passer_by = SERVER.connect_as("passer_by", &database);
    let taken = passer_by.rows(
        "SELECT pg_try_advisory_lock(x'50484352'::int, 'held'::regclass::oid::int),
                pg_try_advisory_lock((x'50484352'::bigint << 32) | 'held'::regclass::oid::bigint)",
    );
    assert_eq!(taken, ["t|t"]);
    client.run(LOCK);
    another(&database)
        .refusal(LOCK, &[])
        .says("55006", "another run");
}

#[test]
fn no_sql_releases_it_but_the_end_of_the_run() {
    let (database, mut client) = database();
    let mut watcher = another(&database);
    client.run(LOCK);
    for released in [
        "SELECT pg_advisory_unlock_all()",
        "DISCARD ALL",
        "BEGIN; COMMIT",
        "BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT",
        LOCK,
    ] {
        client.run(released);
        watcher.refusal(LOCK, &[]).says("55006", "another run");
    }
    client.run("SELECT phone_crypt.job_unlock('held')");
    watcher.run(LOCK);
    client.refusal(LOCK, &[]).says("55006", "another run");
    // Not the other session's to release.
    client.run("SELECT phone_crypt.job_unlock('held')");
    client.refusal(LOCK, &[]).says("55006", "another run");
}

#[test]
fn it_goes_with_an_aborted_transaction_and_with_its_session() {
    let (database, mut client) = database();
    let mut watcher = another(&database);
    client.run(LOCK);
    client.run("BEGIN; SELECT 1; ROLLBACK");
    watcher.run(LOCK);
    drop(watcher);
    wait_until("the session has ended and its lock with it", || {
        client.batch_execute(LOCK).is_ok()
    });
}

#[test]
fn it_is_shown_and_keeps_nobody_from_changing_or_dropping_the_table() {
    let (database, mut client) = database();
    client.run(LOCK);
    let shown = "SELECT l.mode, l.granted, l.objid = 'held'::regclass FROM pg_locks AS l
        WHERE l.locktype = 'userlock' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let mut other = another(&database);
    assert_eq!(other.rows(shown), ["ExclusiveLock|t|t"]);
    other.run(
        "SET lock_timeout = '1s';
         ALTER TABLE held ADD n integer;
         LOCK TABLE held;
         DROP TABLE held;
         DROP EXTENSION phone_crypt CASCADE",
    );
}
