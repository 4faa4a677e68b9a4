//! An application goes on through it: no look-up misses a number, no number is there twice, nothing fails.

use phone_crypt_client_tests::samples::K2_ID;
use phone_crypt_client_tests::{Sql, wait_until};
use std::thread;
use std::time::Duration;

use crate::load::{Untyped, check_rows, make_tables, while_used};
use crate::shared::{ROTATE, SERVER, before_rotation, check_nothing_left, hash_key};

#[test]
fn no_number_is_missed_while_an_application_goes_on() {
    let (database, mut client) = before_rotation(&SERVER);
    make_tables(&mut client, 1500);
    // There and back, several times: the moment that matters is a short one.
    let rounds = || {
        for round in 0..6 {
            let key = if round % 2 == 0 {
                "3a4e3936"
            } else {
                "a915ee2b"
            };
            client.run(&format!("SELECT phone_crypt_pin_keys('{key}')"));
            client.run(&format!(
                "CALL phone_rotate_hash_key('{key}', batch_size => 200)"
            ));
        }
    };
    let ((), outcome) = while_used(&SERVER, &database, 1500, rounds);
    assert!(outcome.errors.is_empty(), "{outcome:#?}");
    assert!(
        outcome.looked_up > 500 && outcome.written > 200,
        "{outcome:?}"
    );
    assert!(!SERVER.log().contains("deadlock"), "a deadlock");
    check_rows(&mut client);
    check_nothing_left(&mut client);
}

/// A parameter is hashed before the table is locked: whoever waits in between must not come out with the old hash.
#[test]
fn a_look_up_that_waits_for_the_change_is_made_under_the_new_key() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075')",
    );
    // It keeps the change from its lock of the table, and holds no lock of the pins.
    let mut holder = SERVER.connect_as("postgres", &database);
    thread::scope(|scope| {
        let run = scope.spawn(|| client.run(ROTATE));
        let mut watcher = SERVER.connect_as("postgres", &database);
        wait_until("the change is announced", || {
            watcher.number("SELECT count(*) FROM phone_crypt.keys WHERE role = 'next_hash'") == 1
                || hash_key(&mut watcher) == K2_ID
        });
        holder.run("BEGIN; LOCK TABLE customer IN ACCESS SHARE MODE");
        let others: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = SERVER.connect_as("postgres", &database);
                    let typed = client
                        .prepare("SELECT id FROM customer WHERE phone = $1")
                        .unwrap();
                    for _ in 0..300 {
                        let found = client
                            .query(&typed, &[&Untyped("0401 148 075".to_owned())])
                            .unwrap();
                        assert_eq!(found.len(), 1);
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(1500));
        holder.run("COMMIT");
        run.join().unwrap();
        for other in others {
            other.join().unwrap();
        }
    });
    assert_eq!(hash_key(&mut client), K2_ID);
    check_nothing_left(&mut client);
}

/// A transaction that has hashed before the change was announced is waited for, though it holds no table.
#[test]
fn open_transactions_are_waited_for() {
    let (database, mut client) = before_rotation(&SERVER);
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075')",
    );
    let mut open = SERVER.connect_as("postgres", &database);
    open.run("BEGIN; CREATE TEMP TABLE mine AS SELECT 1; SELECT '0401 148 075'::encrypted_phone");
    thread::scope(|scope| {
        let run = scope.spawn(|| client.run(ROTATE));
        let mut watcher = SERVER.connect_as("postgres", &database);
        wait_until("the change is announced", || {
            watcher.number("SELECT count(*) FROM phone_crypt.keys WHERE role = 'next_hash'") == 1
        });
        thread::sleep(Duration::from_millis(700));
        assert!(!run.is_finished());
        // Having heard of it, it is waited for as well.
        assert_eq!(
            open.rows("SELECT id FROM customer WHERE phone = '0401 148 075'"),
            ["1"]
        );
        open.run("COMMIT");
        run.join().unwrap();
    });
    assert_eq!(
        open.rows("SELECT id FROM customer WHERE phone = '0401 148 075'"),
        ["1"]
    );
}
