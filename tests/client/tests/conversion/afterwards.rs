//! What is said of statements that go by the place of a column, what stays out of messages, and what does not keep a swap
//! waiting.

use phone_crypt_client_tests::{Refusal, Sql, wait_until};
use std::io::Write;
use std::thread;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted};

const BACK: &str = "CALL phone_decrypt_column('customer', 'phone')";
const BY_PLACE: &str = "without column names";

/// An INSERT without column names would put the number into the column that has moved up.
#[test]
fn a_column_that_moves_up_is_warned_of() {
    for (call, before) in [
        (
            "CALL phone_drop_plaintext('customer', 'phone', dry_run => true)",
            CONVERT,
        ),
        (DROP, CONVERT),
        (
            BACK,
            "ALTER TABLE customer ALTER phone TYPE encrypted_phone",
        ),
    ] {
        for (columns, is_warned) in [
            ("id int PRIMARY KEY, phone text UNIQUE, note text", true),
            ("id int PRIMARY KEY, note text, phone text UNIQUE", false),
        ] {
            let database = SERVER.database();
            let (mut client, notices) = SERVER.connect_noting("postgres", &database);
            client.run(&format!("CREATE TABLE customer ({columns})"));
            client.run(before);
            client.run(call);
            assert_eq!(
                notices.with(BY_PLACE).len(),
                usize::from(is_warned),
                "{call}: {columns}"
            );
        }
    }
}

#[test]
fn the_line_that_copy_reads_is_not_shown() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone text)");
    client.run("CALL phone_crypt.change_table('customer', phone_crypt.prepare_sql('customer', 'phone', 'text'), NULL)");
    client.run(
        "CALL phone_crypt.change_table('customer',
             phone_crypt.sync_trigger_sql(phone_crypt.conversion('customer', 'phone'), 'fill'), NULL)",
    );
    let role = format!("loader_{database}");
    client.run(&format!(
        "CREATE ROLE {role}; GRANT INSERT ON customer TO {role}; SET ROLE {role}"
    ));
    let mut copy = client
        .copy_in("COPY customer (id, phone) FROM STDIN")
        .unwrap();
    copy.write_all(b"1\t+61401148075\n").unwrap();
    let error = copy.finish().unwrap_err();
    let refusal = Refusal::from(error.as_db_error().unwrap());
    refusal
        .says("42501", "plain phone numbers")
        .hides("401148075");
}

/// It has a snapshot, and looks at nothing by a column's name.
#[test]
fn a_vacuum_does_not_keep_a_swap_waiting() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE); INSERT INTO customer VALUES (1, '0401148075')");
    client.run("CREATE TABLE large AS SELECT i, repeat('x', 500) AS filler FROM generate_series(1, 40000) AS i; DELETE FROM large");
    let mut cleaner = SERVER.connect_as("postgres", &database);
    let pid = cleaner.number("pg_backend_pid()");
    thread::scope(|scope| {
        scope.spawn(move || {
            cleaner.run("SET vacuum_cost_limit = 1; SET vacuum_cost_delay = 100");
            let _ = cleaner.batch_execute("VACUUM large");
        });
        let is_at_work = format!("SELECT count(*) FROM pg_stat_progress_vacuum WHERE pid = {pid}");
        wait_until("VACUUM is at work", || client.number(&is_at_work) == 1);
        client.run("SET statement_timeout = '30s'");
        client.run(CONVERT);
        assert_eq!(
            client.number(&is_at_work),
            1,
            "it was over too early to prove anything"
        );
        assert!(is_encrypted(&mut client, "customer", "phone"));
        client.run(&format!("SELECT pg_terminate_backend({pid})"));
    });
}
