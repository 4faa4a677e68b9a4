//! Tables and databases that are not as most are, and a run that is cancelled.

use phone_crypt_client_tests::{Sql, refused, wait_until};
use postgres::Client;
use std::thread;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, table_state};

/// There and back, of plain text and of values; the table is as it was.
fn there_and_back(client: &mut Client, made_by: &str) {
    for makes_values in [false, true] {
        client.run("DROP TABLE IF EXISTS customer CASCADE");
        client.run(made_by);
        client.run(
            "INSERT INTO customer (phone) VALUES ('+61401148075'), ('+14011480751'), ('nach Büroschluß'), (NULL)",
        );
        let rows = client.rows("SELECT phone FROM customer ORDER BY phone");
        let before = table_state(client, "customer");
        if makes_values {
            client.run(
                "UPDATE customer SET phone = CASE WHEN phone_try_normalize(phone) IS NULL THEN phone_encrypt_raw(phone)
                                                  ELSE phone_encrypt(phone) END",
            );
        }
        client.run(CONVERT);
        assert!(is_encrypted(client, "customer", "phone"), "{made_by}");
        let found = "SELECT count(*) FROM customer WHERE phone = '0401 148 075'";
        assert_eq!(client.number(found), 1, "{made_by}");
        client.run(DROP);
        client.run("CALL phone_decrypt_column('customer', 'phone')");
        assert!(
            client.rows("SELECT phone FROM customer ORDER BY phone") == rows,
            "{made_by}"
        );
        assert_eq!(table_state(client, "customer"), before, "{made_by}");
    }
}

#[test]
fn odd_tables() {
    let mut client = SERVER.session();
    for made_by in [
        "CREATE TABLE customer (phone text)",
        "CREATE UNLOGGED TABLE customer (phone text UNIQUE)",
        "CREATE TABLE customer (a int, phone text UNIQUE, b text); ALTER TABLE customer DROP a, DROP b, ADD c int DEFAULT 7",
        "CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY, phone text, twice int GENERATED ALWAYS AS (2) STORED)",
        "CREATE TABLE customer (phone text) WITH (fillfactor = 20, autovacuum_enabled = off)",
        "CREATE TABLE customer (phone text, at timestamptz DEFAULT now() NOT NULL); ALTER TABLE customer REPLICA IDENTITY FULL",
    ] {
        there_and_back(&mut client, made_by);
    }
}

#[test]
fn a_database_in_another_encoding() {
    let name = SERVER.empty_database();
    SERVER.connect().run(&format!("DROP DATABASE {name}"));
    SERVER.connect().run(&format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));
    let mut client = SERVER.connect_as("postgres", &name);
    client.run("CREATE EXTENSION phone_crypt");
    there_and_back(&mut client, "CREATE TABLE customer (phone text UNIQUE)");
}

/// Others see how far a run is, and that one is there; cancelled, it leaves nothing that keeps the next from going on.
#[test]
fn a_run_that_is_cancelled() {
    for makes_values in [false, true] {
        let database = SERVER.database();
        let mut client = SERVER.connect_as("postgres", &database);
        client.run(
            "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
             INSERT INTO customer SELECT i, '+61401' || to_char(i, 'FM000000') FROM generate_series(1, 500) AS i;
             CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'",
        );
        if makes_values {
            client.run("UPDATE customer SET phone = phone_encrypt(phone)");
        }
        client.run("CREATE TRIGGER be_slow BEFORE UPDATE ON customer FOR EACH ROW WHEN (OLD.id = 400) EXECUTE FUNCTION be_slow()");
        let mut runner = SERVER.connect_as("postgres", &database);
        let pid = runner.number("pg_backend_pid()");
        thread::scope(|scope| {
            let run = scope.spawn(move || {
                runner.batch_execute(
                    "CALL phone_encrypt_column('customer', 'phone', batch_size => 60)",
                )
            });
            let at_work = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep' AND query LIKE 'CALL%'"
            );
            wait_until("rows are done", || {
                client.number(&at_work) == 1
                    && client
                        .try_rows("SELECT done FROM phone_crypt.jobs WHERE done > 0")
                        .is_ok_and(|rows| rows.len() == 1)
            });
            let job =
                "SELECT procedure, relation, column_name, state, total, pid FROM phone_crypt.jobs";
            let expected = format!("phone_encrypt_column|customer|phone|running|500|{pid}");
            assert_eq!(client.rows(job), [expected]);
            client.refusal(CONVERT, &[]).says("55006", "another run");
            client.run(&format!("SELECT pg_cancel_backend({pid})"));
            assert_eq!(refused(run.join().unwrap()).sqlstate, "57014");
        });
        client.run("DROP TRIGGER be_slow ON customer");
        client.run(CONVERT);
        let job = "SELECT state, done, total, pid IS NULL FROM phone_crypt.jobs";
        assert_eq!(client.rows(job), ["done|500|500|t"]);
        let found =
            "SELECT count(*) FROM customer WHERE phone = '+61401' || to_char(id, 'FM000000')";
        assert_eq!(client.number(found), 500);
    }
}
