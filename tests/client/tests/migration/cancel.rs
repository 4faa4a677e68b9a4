//! A run that is stopped in the middle leaves nothing behind that keeps the next one from going on.

use phone_crypt_client_tests::customers::{DISAGREEING, WITHOUT_HASH, make_customers};
use phone_crypt_client_tests::{Sql, wait_until};
use postgres::Client;
use postgres::error::SqlState;
use std::thread;

use crate::shared::SERVER;

const ROWS: u32 = 500;
const ENCRYPT: &str = "CALL phone_add_encrypted_column('customers', 'phone', batch_size => 100)";

/// A database with the table, and a session in it.
fn database() -> (String, Client) {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_customers(&mut client, ROWS);
    (database, client)
}

/// Runs what is to be seen while the call waits: all rows are done but one, which is locked.
fn with_a_run_that_waits(
    database: &str,
    meanwhile: impl FnOnce(i64, &mut Client),
) -> Result<(), postgres::Error> {
    let mut holder = SERVER.connect_as("postgres", database);
    let mut watcher = SERVER.connect_as("postgres", database);
    let mut runner = SERVER.connect_as("postgres", database);
    let pid = runner.number("pg_backend_pid()");
    holder.run("BEGIN; SELECT FROM customers WHERE id = 300 FOR UPDATE");
    thread::scope(|scope| {
        let run = scope.spawn(move || runner.batch_execute(ENCRYPT));
        wait_until("all rows are encrypted but one", || {
            watcher.rows("SELECT FROM phone_crypt.columns").len() == 1
                && watcher.number("SELECT count(*) FROM customers WHERE phone_encrypted IS NULL AND phone_raw IS NULL AND phone IS NOT NULL") == 1
        });
        meanwhile(pid, &mut watcher);
        holder.run("COMMIT");
        run.join().unwrap()
    })
}

fn is_whole(client: &mut Client) {
    assert_eq!(client.number(DISAGREEING), 0);
    assert_eq!(client.number(WITHOUT_HASH), 0);
    let job =
        "SELECT state, done = total, pid IS NULL, finished_at IS NOT NULL FROM phone_crypt.jobs";
    assert_eq!(client.rows(job), ["done|t|t|t"]);
}

/// Adding the columns waits for whoever holds a row, so the rows are locked when they are there.
fn register(client: &mut Client) {
    client
        .run("BEGIN; CREATE TABLE aside AS SELECT * FROM customers; DELETE FROM customers; COMMIT");
    client.run(ENCRYPT);
    client.run(
        "ALTER TABLE customers DISABLE TRIGGER USER;
         INSERT INTO customers SELECT * FROM aside;
         ALTER TABLE customers ENABLE TRIGGER USER;
         DELETE FROM phone_crypt.jobs",
    );
}

#[test]
fn others_see_how_far_it_is() {
    let (database, mut client) = database();
    register(&mut client);
    let total = client.number("SELECT count(phone) FROM customers");
    let result = with_a_run_that_waits(&database, |pid, watcher| {
        let job = "SELECT procedure, relation, column_name, state, total, pid,
                          started_at <= updated_at, finished_at IS NULL FROM phone_crypt.jobs";
        let expected =
            format!("phone_add_encrypted_column|customers|phone|running|{total}|{pid}|t|t");
        assert_eq!(watcher.rows(job), [expected]);
        let done = watcher.number("SELECT done FROM phone_crypt.jobs");
        assert!(done >= total - 1, "{done} of {total}");
    });
    result.unwrap();
    is_whole(&mut client);
}

#[test]
fn a_second_run_on_the_table_is_refused() {
    let (database, mut client) = database();
    register(&mut client);
    let result = with_a_run_that_waits(&database, |_, watcher| {
        for call in [
            ENCRYPT,
            "CALL phone_drop_plaintext('customers', 'phone')",
            "CALL phone_rotate_column('customers', 'phone')",
            "CALL phone_decrypt_column('customers', 'phone')",
        ] {
            let refusal = watcher.refusal(call, &[]);
            assert!(
                ["55006", "55000"].contains(&refusal.sqlstate.as_str()),
                "{call}: {refusal:?}"
            );
        }
        watcher.refusal(ENCRYPT, &[]).says("55006", "another run");
    });
    result.unwrap();
    is_whole(&mut client);
}

/// Cancels the run, and has another session go on at once. Gives what the first one was told.
fn stopped_by(function: &str) -> postgres::Error {
    let (database, mut client) = database();
    register(&mut client);
    let result = with_a_run_that_waits(&database, |pid, watcher| {
        watcher.run(&format!("SELECT {function}({pid})"));
        wait_until("the run has let go of the table", || {
            watcher.number(&format!("SELECT count(*) FROM pg_locks WHERE pid = {pid}")) == 0
        });
        assert_eq!(
            watcher.rows("SELECT state FROM phone_crypt.jobs"),
            ["running"]
        );
    });
    client.run(ENCRYPT);
    is_whole(&mut client);
    result.expect_err("the run was to be stopped")
}

#[test]
fn a_cancelled_run_is_gone_on_with_by_another_session() {
    let error = stopped_by("pg_cancel_backend");
    assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
}

#[test]
fn a_run_whose_session_is_ended_is_gone_on_with_by_another() {
    let error = stopped_by("pg_terminate_backend");
    // The connection may close before the server's last word is read.
    assert!(error.is_closed() || error.code() == Some(&SqlState::ADMIN_SHUTDOWN));
}

#[test]
fn a_run_that_fails_lets_go_of_the_table() {
    let (database, mut client) = database();
    client.run("ALTER TABLE customers ADD COLUMN phone_encrypted text CHECK (id <> 300 OR phone_encrypted IS NULL)");
    let refusal = client.refusal(ENCRYPT, &[]);
    refusal
        .says("23514", "phone_add_encrypted_column")
        .hides("0401")
        .hides("000300")
        .hides("+61");
    // The session that failed still lives, and is done with its transaction.
    client.run("SELECT");
    let mut other = SERVER.connect_as("postgres", &database);
    other
        .refusal(ENCRYPT, &[])
        .says("23514", "phone_add_encrypted_column");
    other.run("ALTER TABLE customers DROP CONSTRAINT customers_check");
    other.run(ENCRYPT);
    is_whole(&mut other);
    drop(client);
}
