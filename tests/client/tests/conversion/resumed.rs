//! A conversion that was stopped goes on where it was, whatever stopped it, and one that somebody gives up leaves nothing.

use phone_crypt_client_tests::{Sql, refused, wait_until};
use postgres::Client;
use std::thread;
use std::time::Instant;

use crate::shared::{
    CONVERT, DROP, SERVER, is_encrypted, server, state_of_conversion, table_state,
};

const SLOW: &str = "CALL phone_encrypt_column('customer', 'phone', batch_size => 60)";

/// A table whose column `truth` has the numbers of `phone`, which stand there in other spellings.
fn make_table(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone text NOT NULL UNIQUE, truth text NOT NULL);
         CREATE INDEX by_truth ON customer (truth, phone DESC);
         INSERT INTO customer SELECT i, '0401 ' || to_char(i, 'FM000 000'), '+61401' || to_char(i, 'FM000000')
           FROM generate_series(1, {rows}) AS i"
    ));
}

/// Every row says what it did, and nothing of the conversion is left.
fn check_done(client: &mut Client, rows: i64) {
    assert!(is_encrypted(client, "customer", "phone"));
    let right =
        "SELECT count(*) FROM customer WHERE phone_decrypt(phone) = truth AND phone = truth";
    assert_eq!(client.number(right), rows);
    client.run(DROP);
    assert_eq!(client.number(right), rows);
    assert_eq!(state_of_conversion(client), "");
    let left = "SELECT count(*) FROM pg_constraint
                 WHERE conrelid = 'customer'::regclass AND (contype = 'c' OR condeferrable OR NOT convalidated)";
    assert_eq!(client.number(left), 0);
    let left = "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'customer'::regclass";
    assert_eq!(client.number(left), 0);
    let indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'customer'::regclass AND indisvalid AND indimmediate";
    assert_eq!(client.number(indexes), 3);
}

/// The table in a new database, and a conversion that is ended after the work. An older snapshot keeps it from the swap,
/// and the last row is locked, so that it is still filling while the work is done.
fn while_filling(rows: u32, work: impl FnOnce(&str, &mut Client)) -> Client {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, rows);
    let mut reader = SERVER.connect_as("postgres", &database);
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    let mut holder = SERVER.connect_as("postgres", &database);
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let pid = worker.number("pg_backend_pid()");
        let run = scope.spawn(move || worker.batch_execute(SLOW));
        hold_once_filling(&mut client, &mut holder);
        work(&database, &mut client);
        client.run(&format!("SELECT pg_terminate_backend({pid})"));
        assert!(run.join().unwrap().is_err(), "it was not at work");
    });
    holder.run("ROLLBACK");
    reader.run("ROLLBACK");
    client
}

/// Locks the last row as soon as rows are being filled.
fn hold_once_filling(client: &mut Client, holder: &mut Client) {
    wait_until("the conversion is prepared", || {
        state_of_conversion(client) == "filling"
    });
    holder.run("BEGIN; SELECT FROM customer ORDER BY id DESC LIMIT 1 FOR UPDATE");
    assert_eq!(state_of_conversion(client), "filling");
}

#[test]
fn a_run_that_was_ended_is_gone_on_with() {
    let mut client = while_filling(3000, |_, _| {});
    let filled = "SELECT count(phone_encrypted) FROM customer";
    let before = client.number(filled);
    assert!(before < 3000);
    client.run(CONVERT);
    check_done(&mut client, 3000);
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let mut client = while_filling(3000, |database, _| {
        let mut other = SERVER.connect_as("postgres", database);
        for sql in [
            CONVERT,
            "CALL phone_rotate_column('customer', 'phone_encrypted')",
        ] {
            let refusal = refused(other.batch_execute(sql));
            assert_eq!(refusal.sqlstate, "55006", "{refusal:?}");
        }
    });
    client.run(CONVERT);
    check_done(&mut client, 3000);
}

#[test]
fn tables_and_columns_may_be_renamed_meanwhile() {
    let mut client = while_filling(1000, |_, _| {});
    client.run("ALTER TABLE customer RENAME TO person; ALTER TABLE person RENAME phone TO number");
    client.run("INSERT INTO person VALUES (5000, '0402 000 001', '+61402000001')");
    client.refusal(CONVERT, &[]).says("42P01", "customer");
    client.run("CALL phone_encrypt_column('person', 'number')");
    assert!(is_encrypted(&mut client, "person", "number"));
    assert_eq!(
        client.rows("SELECT id FROM person WHERE number = '+61402000001'"),
        ["5000"]
    );
    client.run("CALL phone_drop_plaintext('person', 'number')");
    client
        .run("ALTER TABLE person RENAME TO customer; ALTER TABLE customer RENAME number TO phone");
    check_done(&mut client, 1001);
}

#[test]
fn what_comes_to_hang_on_the_column_meanwhile_stops_the_swap() {
    let mut client = while_filling(1000, |_, _| {});
    for (made_by, name, removed_by) in [
        (
            "CREATE VIEW numbers AS SELECT phone FROM customer",
            "view",
            "DROP VIEW numbers",
        ),
        (
            "ALTER TABLE customer ADD CONSTRAINT more CHECK (phone <> '')",
            "constraint more",
            "ALTER TABLE customer DROP CONSTRAINT more",
        ),
    ] {
        client.run(made_by);
        let refusal = client.refusal(CONVERT, &[]);
        assert_eq!(refusal.sqlstate, "2BP01", "{refusal:?}");
        assert!(refusal.everything.contains(name), "{refusal:?}");
        assert_eq!(state_of_conversion(&mut client), "filling");
        client.run(removed_by);
    }
    // An index that was made meanwhile has to have its counterpart.
    client.run("CREATE INDEX late ON customer (phone)");
    let refusal = client.refusal(CONVERT, &[]);
    refusal
        .says("55000", "index")
        .hints("phone_column_statements");
    for statement in client.rows("SELECT phone_column_statements('customer', 'phone')") {
        client.run(&statement);
    }
    client.run(CONVERT);
    client.run("DROP INDEX late");
    check_done(&mut client, 1000);
}

/// Rows that were written past it are found, and the swap does not come before every row was looked at.
#[test]
fn a_trigger_that_was_switched_off_is_noticed() {
    let mut client = while_filling(1000, |_, _| {});
    let trigger = client
        .rows("SELECT trigger FROM phone_crypt.conversions")
        .concat();
    // Whatever the batches have come to, this row is filled.
    client.run("UPDATE customer SET truth = truth WHERE id = 1");
    client.run(&format!("ALTER TABLE customer DISABLE TRIGGER {trigger}"));
    client.run("UPDATE customer SET phone = '0402 000 001', truth = '+61402000001' WHERE id = 1");
    // It must not go on for ever with rows that stay as they are.
    client.run("SET statement_timeout = '5s'");
    let refusal = client.refusal(CONVERT, &[]);
    assert_eq!(refusal.sqlstate, "55000", "{refusal:?}");
    refusal.hides("+6140").hides("0402");
    assert!(!is_encrypted(&mut client, "customer", "phone"));
    client.run(&format!(
        "ALTER TABLE customer ENABLE ALWAYS TRIGGER {trigger}"
    ));
    let refusal = client.refusal(CONVERT, &[]);
    refusal
        .says("55000", "1 rows")
        .hints("SET phone_encrypted = NULL");
    client.run("UPDATE customer SET phone_encrypted = NULL WHERE id = 1");
    client.run(CONVERT);
    check_done(&mut client, 1000);
}

#[test]
fn whoever_drops_the_new_column_gives_it_up() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, 1000);
    let before = table_state(&mut client, "customer");
    client.run("DROP TABLE customer");
    let mut client = while_filling(1000, |_, _| {});
    client.run("ALTER TABLE customer DROP COLUMN phone_encrypted CASCADE");
    assert_eq!(table_state(&mut client, "customer"), before);
    client.run("INSERT INTO customer VALUES (5000, '0402 000 001', '+61402000001')");
    client.run(CONVERT);
    check_done(&mut client, 1001);
}

/// The statements that a large table waits for.
#[test]
fn a_large_table_waits_for_its_indexes() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client, 3000);
    // Wide rows, so that few of them make a large table.
    client.run(
        "ALTER TABLE customer ADD filler text; ALTER TABLE customer ALTER filler SET STORAGE plain;
         UPDATE customer SET filler = repeat('x', 6000); ALTER TABLE customer DROP filler",
    );
    let statements =
        |client: &mut Client| client.rows("SELECT phone_column_statements('customer', 'phone')");
    assert_eq!(statements(&mut client).len(), 0);
    client.run(CONVERT);
    assert_eq!(state_of_conversion(&mut client), "prepared");
    client.run(CONVERT);
    let wanted = statements(&mut client);
    assert_eq!(wanted.len(), 2, "{wanted:?}");
    assert!(wanted.iter().all(|sql| sql.contains(" CONCURRENTLY ")));
    // One that fails leaves an invalid index behind.
    client.run("UPDATE customer SET phone_encrypted = '0401 000 001' WHERE id < 3");
    let unique = wanted.iter().find(|sql| sql.contains(" UNIQUE ")).unwrap();
    client.refusal(unique, &[]).says("23505", "").hides("0401");
    client.run("UPDATE customer SET phone_encrypted = NULL WHERE id < 3");
    let wanted = statements(&mut client);
    assert!(
        wanted[0].starts_with("DROP INDEX CONCURRENTLY "),
        "{wanted:?}"
    );
    for statement in wanted {
        client.run(&statement);
    }
    assert_eq!(statements(&mut client).len(), 0);
    client.run(CONVERT);
    check_done(&mut client, 3000);
}

#[test]
fn a_crash_at_any_moment_is_survived() {
    let server = server();
    let template = server.database();
    make_table(&mut server.connect_as("postgres", &template), 3000);
    let copy = |name: &str| {
        server
            .connect()
            .run(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
    };
    copy("whole");
    let start = Instant::now();
    server.connect_as("postgres", "whole").run(SLOW);
    let whole_run = start.elapsed();
    let mut killed = 0;
    for (number, part) in [0.1, 0.35, 0.6, 0.9].into_iter().enumerate() {
        let name = format!("copy_{number}");
        copy(&name);
        let after = whole_run.mul_f64(part);
        killed += u32::from(server.call_and_crash(&name, SLOW, after, number % 2 == 0));
        let mut client = server.connect_as("postgres", &name);
        client.run("INSERT INTO customer VALUES (5000, '0402 000 001', '+61402000001')");
        client.run(CONVERT);
        check_done(&mut client, 3001);
    }
    assert!(killed > 1, "too few crashes to prove anything");
}
