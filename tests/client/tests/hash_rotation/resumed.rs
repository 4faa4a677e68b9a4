//! A rotation that was stopped goes on where it was, whatever stopped it, and one that is given up leaves nothing.

use phone_crypt_client_tests::samples::{K1_ID, K2_ID};
use phone_crypt_client_tests::{Server, Sql, refused, wait_until};
use postgres::Client;
use std::thread;
use std::time::{Duration, Instant};

use crate::shared::{
    ROTATE, SERVER, before_rotation, check_nothing_left, hash_key, hash_keys_of, make_numbers,
    server,
};

const SLOW: &str = "CALL phone_rotate_hash_key('3a4e3936', batch_size => 60)";
const BACK: &str = "CALL phone_rotate_hash_key('a915ee2b')";

fn check_done(client: &mut Client, rows: i64) {
    assert_eq!(hash_key(client), K2_ID);
    assert_eq!(
        hash_keys_of(client, "customer"),
        [format!("{K2_ID}|{rows}")]
    );
    let missed = format!(
        "SELECT {rows} - count(*) FROM generate_series(1, {rows}) AS i JOIN customer AS c
             ON c.phone = '+61402' || to_char(i, 'FM000000') AND c.id = i"
    );
    assert_eq!(client.number(&missed), 0);
    check_nothing_left(client);
}

/// A rotation that an open transaction keeps from its end, while `work` is done.
fn before_the_swap(rows: u32, work: impl FnOnce(&str, &mut Client, i64)) -> (String, Client) {
    let (database, mut client) = before_rotation(&SERVER);
    make_numbers(&mut client, rows);
    let mut open = SERVER.connect_as("postgres", &database);
    open.run("BEGIN; SELECT '0401 148 075'::encrypted_phone");
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let pid = worker.number("pg_backend_pid()");
        let run = scope.spawn(move || worker.batch_execute(SLOW));
        wait_until("all but the change is done", || {
            client.number("SELECT count(*) FROM phone_crypt.keys WHERE role = 'next_hash'") == 1
        });
        work(&database, &mut client, pid);
        assert!(run.join().unwrap().is_err(), "it was not at work");
    });
    open.run("ROLLBACK");
    (database, client)
}

#[test]
fn a_cancelled_one_goes_on() {
    let (_, mut client) = before_the_swap(500, |_, client, pid| {
        client.run(&format!("SELECT pg_cancel_backend({pid})"));
    });
    client.run("UPDATE customer SET phone = '+61402000777' WHERE id = 1; UPDATE customer SET phone = '+61402000001' WHERE id = 1");
    client.run("INSERT INTO customer VALUES (501, '+61402000501')");
    client.run(ROTATE);
    check_done(&mut client, 501);
}

#[test]
fn two_at_once_do_not_meet() {
    let (_, mut client) = before_the_swap(500, |database, client, pid| {
        let mut other = SERVER.connect_as("postgres", database);
        refused(other.batch_execute(ROTATE)).says("55006", "customer");
        refused(other.batch_execute(BACK)).says("55006", "customer");
        refused(other.batch_execute("CALL phone_rotate_column('customer', 'phone')"))
            .says("55006", "customer");
        client.run(&format!("SELECT pg_terminate_backend({pid})"));
    });
    client.run(ROTATE);
    check_done(&mut client, 500);
}

#[test]
fn one_that_is_given_up_leaves_nothing() {
    let (_, mut client) = before_the_swap(500, |_, client, pid| {
        client.run(&format!("SELECT pg_terminate_backend({pid})"));
    });
    client.run("SELECT phone_crypt_pin_keys((SELECT key_id FROM phone_crypt.key_status WHERE roles = '{previous}' LIMIT 1))");
    let third = client
        .rows("SELECT key_id FROM phone_crypt.keys WHERE role = 'next'")
        .concat();
    let refusal = client.refusal(&format!("CALL phone_rotate_hash_key('{third}')"), &[]);
    refusal.says("55000", "already").hints("gives it up");
    client.run(BACK);
    check_nothing_left(&mut client);
    assert_eq!(
        hash_keys_of(&mut client, "customer"),
        [format!("{K1_ID}|500")]
    );
    assert_eq!(hash_key(&mut client), K1_ID);
    client.run(ROTATE);
    check_done(&mut client, 500);
}

#[test]
fn whatever_is_changed_meanwhile_is_noticed() {
    let (database, mut client) = before_the_swap(500, |_, client, pid| {
        client.run(&format!("SELECT pg_terminate_backend({pid})"));
    });
    // A trigger that was off: what was written meanwhile is found.
    let trigger = client
        .rows("SELECT trigger FROM phone_crypt.hash_rotations")
        .concat();
    client.run(&format!("ALTER TABLE customer DISABLE TRIGGER {trigger}"));
    client
        .refusal(
            "UPDATE customer SET phone = '0402 999 999', phone_rehashed = NULL WHERE id = 2",
            &[],
        )
        .says("23514", "");
    client.run("UPDATE customer SET phone = '0402 999 999' WHERE id = 2");
    client
        .refusal(ROTATE, &[])
        .says("55000", "trigger")
        .hints("ENABLE ALWAYS");
    client.run(&format!(
        "ALTER TABLE customer ENABLE ALWAYS TRIGGER {trigger}"
    ));
    client
        .refusal(ROTATE, &[])
        .says("55000", "1 rows")
        .hints("SET phone_rehashed = NULL");
    client.run("UPDATE customer SET phone_rehashed = NULL WHERE id = 2; UPDATE customer SET phone = '+61402000002' WHERE id = 2");
    // Another column, index and constraint.
    client.run(
        "CREATE INDEX late ON customer (phone, id);
         ALTER TABLE customer ADD CONSTRAINT late CHECK (phone_require_number(phone));
         ALTER TABLE customer ALTER phone SET NOT NULL;
         CREATE TABLE newer AS SELECT phone FROM customer LIMIT 1",
    );
    let refusal = client.refusal(ROTATE, &[]);
    refusal
        .says("55000", "index")
        .hints("phone_column_statements");
    for statement in client.rows("SELECT phone_column_statements('customer', 'phone')") {
        client.run(&statement);
    }
    client.run(ROTATE);
    client.run("DROP INDEX late");
    assert_eq!(hash_keys_of(&mut client, "newer"), [format!("{K2_ID}|1")]);
    let kept = "SELECT count(*) FROM pg_constraint WHERE conname = 'late' AND convalidated";
    assert_eq!(client.number(kept), 1);
    check_done(&mut client, 500);
    // A column that is made while the change waits.
    client.run(&format!("SELECT phone_crypt_pin_keys('{K1_ID}')"));
    let mut open = SERVER.connect_as("postgres", &database);
    open.run("BEGIN; SELECT '0401 148 075'::encrypted_phone");
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let run = scope.spawn(move || worker.batch_execute(BACK));
        wait_until("all but the change is done", || {
            client.number("SELECT count(*) FROM phone_crypt.keys WHERE role = 'next_hash'") == 1
        });
        client.run("CREATE TABLE later AS SELECT phone FROM customer LIMIT 3");
        open.run("COMMIT");
        refused(run.join().unwrap()).says("55000", "later.phone was made meanwhile");
    });
    client.run(BACK);
    assert_eq!(hash_keys_of(&mut client, "later"), [format!("{K1_ID}|3")]);
    check_nothing_left(&mut client);
}

#[test]
fn a_large_table_waits_for_its_indexes() {
    let (_, mut client) = before_rotation(&SERVER);
    make_numbers(&mut client, 3000);
    // Wide rows, so that few of them make a large table.
    client.run(
        "ALTER TABLE customer ADD filler text; ALTER TABLE customer ALTER filler SET STORAGE plain;
         UPDATE customer SET filler = repeat('x', 6000)",
    );
    client.run(ROTATE);
    assert_eq!(hash_key(&mut client), K1_ID);
    let statements = client.rows("SELECT phone_column_statements('customer', 'phone')");
    assert_eq!(statements.len(), 1, "{statements:?}");
    assert!(statements[0].contains(" UNIQUE INDEX CONCURRENTLY "));
    client.run(&statements[0]);
    client.run("ALTER TABLE customer DROP filler");
    client.run(ROTATE);
    check_done(&mut client, 3000);
}

#[test]
fn a_crash_at_any_moment_is_survived() {
    let server: Server = server();
    let (template, mut client) = before_rotation(&server);
    make_numbers(&mut client, 3000);
    drop(client);
    let copy = |name: &str| {
        let mut client = server.connect();
        wait_until("nobody uses the template", || {
            client
                .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
                .is_ok()
        });
    };
    copy("whole");
    let start = Instant::now();
    server.connect_as("postgres", "whole").run(SLOW);
    let whole_run = start.elapsed().max(Duration::from_millis(200));
    let mut killed = 0;
    for (number, part) in [0.05, 0.2, 0.4, 0.6, 0.75, 0.85, 0.95]
        .into_iter()
        .enumerate()
    {
        let name = format!("copy_{number}");
        copy(&name);
        let after = whole_run.mul_f64(part);
        killed += u32::from(server.call_and_crash(&name, SLOW, after, number % 2 == 0));
        let mut client = server.connect_as("postgres", &name);
        client.run("INSERT INTO customer VALUES (3001, '0402 003 001')");
        assert_eq!(
            client.rows("SELECT id FROM customer WHERE phone = '0402 000 777'"),
            ["777"]
        );
        client.run(ROTATE);
        check_done(&mut client, 3001);
    }
    assert!(killed > 2, "too few crashes to prove anything");
}
