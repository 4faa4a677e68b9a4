//! What carries rows from one table to another: dumps, COPY, INSERT … ON CONFLICT. Nothing is encrypted twice, and
//! what was begun is gone on with.

use phone_crypt_client_tests::customers::{DISAGREEING, WITHOUT_HASH, make_customers, table_state};
use phone_crypt_client_tests::samples::{K1, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql, finish};
use postgres::Client;
use std::process::Command;

const ROWS: u32 = 500;
const ENCRYPT: &str = "CALL phone_add_encrypted_column('customers', 'phone', batch_size => 100)";
const DROP: &str = "CALL phone_drop_plaintext('customers', 'phone')";
const DECRYPT: &str = "CALL phone_decrypt_column('customers', 'phone')";

/// Rows as they are stored, ciphertexts and all.
const STORED: &str = "SELECT to_jsonb(c) FROM customers AS c ORDER BY id";

fn server(conf: &str) -> Server {
    let server = Server::preloaded(conf);
    server.write_conf(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K2}'\n"
    ));
    server.reload();
    server
}

fn new_table(server: &Server) -> (String, Client) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    make_customers(&mut client, ROWS);
    (database, client)
}

fn run(server: &Server, program: &str, arguments: &[&str]) {
    let mut command = Command::new(server.program(program));
    command.arg("--host").arg(server.path(""));
    command.args(["--username", "postgres"]).args(arguments);
    finish(&mut command).output();
}

/// A new database with what a dump of this one holds.
fn dumped_and_restored(server: &Server, database: &str, options: &[&str]) -> (String, Client) {
    let dump = server.path(&format!("{database}.dump"));
    let dump = dump.to_str().unwrap();
    let mut arguments = vec!["--format=custom", "--file", dump, database];
    arguments.extend(options);
    run(server, "pg_dump", &arguments);
    let restored = server.empty_database();
    run(
        server,
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let client = server.connect_as("postgres", &restored);
    (restored, client)
}

fn keeps_new_rows_in_step(client: &mut Client) {
    client
        .run("INSERT INTO customers (id, phone) VALUES (9001, '0402 000 001'), (9002, 'someone')");
    client.run("UPDATE customers SET phone = '0402 000 002' WHERE id = 10");
    assert_eq!(client.number(DISAGREEING), 0);
    let again = "INSERT INTO customers (id, phone) VALUES (9003, '+61 402 000 001')";
    assert_eq!(client.refusal(again, &[]).sqlstate, "23505");
    client.run("DELETE FROM customers WHERE id > 9000");
}

#[test]
fn a_dump_of_what_is_half_done_is_gone_on_with() {
    let server = server("");
    let (database, mut client) = new_table(&server);
    client.run("ALTER TABLE customers ADD COLUMN phone_encrypted text CHECK (id <> 300 OR phone_encrypted IS NULL)");
    client.refusal(ENCRYPT, &[]).says("23514", "stopped");
    let half = client.number(
        "SELECT count(*) FROM customers WHERE phone_encrypted IS NULL AND phone_raw IS NULL",
    );
    assert!(half > 100, "it was not stopped half-way");

    let (_, mut restored) = dumped_and_restored(&server, &database, &[]);
    assert_eq!(restored.rows(STORED), client.rows(STORED));
    let state = table_state(&mut client, "customers");
    assert_eq!(table_state(&mut restored, "customers"), state);
    for client in [&mut client, &mut restored] {
        client.run("ALTER TABLE customers DROP CONSTRAINT customers_check");
        client.run(ENCRYPT);
        assert_eq!(client.number(WITHOUT_HASH), 0);
        assert_eq!(client.number("SELECT count(*) FROM phone_crypt.jobs"), 1);
        assert_eq!(
            client.number("SELECT count(*) FROM phone_crypt.jobs WHERE state = 'done'"),
            1
        );
    }
    let state = table_state(&mut client, "customers");
    assert_eq!(table_state(&mut restored, "customers"), state);
    keeps_new_rows_in_step(&mut restored);
}

#[test]
fn a_dump_of_what_is_done_is_the_same_and_can_be_rotated_and_decrypted() {
    let server = server("");
    let (database, mut client) = new_table(&server);
    client.run(ENCRYPT);
    client.run(DROP);
    let (_, mut restored) = dumped_and_restored(&server, &database, &["--no-owner"]);
    assert_eq!(restored.rows(STORED), client.rows(STORED));

    restored.set("hash_key_id", K2_ID);
    restored.run("SELECT phone_crypt_pin_keys()");
    restored.run("CALL phone_rotate_column('customers', 'phone', rotate_hash => true)");
    restored.run(DECRYPT);
    client.run(DECRYPT);
    let phones = "SELECT id, phone FROM customers ORDER BY id";
    assert_eq!(restored.rows(phones), client.rows(phones));
}

#[test]
fn rows_alone_are_restored_as_they_were() {
    let server = server("");
    let (database, mut client) = new_table(&server);
    client.run(ENCRYPT);
    let before = client.rows(STORED);
    let dump = server.path("data.dump");
    let dump = dump.to_str().unwrap();
    run(
        &server,
        "pg_dump",
        &[
            "--format=custom",
            "--data-only",
            "--table=customers",
            "--file",
            dump,
            &database,
        ],
    );
    client.run("TRUNCATE customers");
    // Rows that repeat a number have no hash, and the trigger would give them one.
    run(
        &server,
        "pg_restore",
        &[
            "--data-only",
            "--disable-triggers",
            "--exit-on-error",
            "--dbname",
            &database,
            dump,
        ],
    );
    assert_eq!(client.rows(STORED), before);
    keeps_new_rows_in_step(&mut client);
}

#[test]
fn copy_keeps_what_is_encrypted_and_encrypts_what_is_not() {
    let server = server("");
    let (_, mut client) = new_table(&server);
    client.run("DELETE FROM customers WHERE id % 10 = 4");
    client.run(ENCRYPT);
    let before = client.rows(STORED);
    for columns in [
        "id, phone, visits, seen_at, phone_encrypted, phone_hash, phone_raw",
        "id, phone, visits, seen_at",
    ] {
        let file = server.write_file("copied", "");
        let file = file.display();
        client.run(&format!(
            "COPY customers ({columns}) TO '{file}'; TRUNCATE customers; COPY customers ({columns}) FROM '{file}'"
        ));
        assert_eq!(client.number(DISAGREEING), 0);
        assert_eq!(client.number(WITHOUT_HASH), 0);
        let is_same = client.rows(STORED) == before;
        assert_eq!(is_same, columns.contains("phone_encrypted"), "{columns}");
    }
}

#[test]
fn upserts_of_whole_rows_change_nothing() {
    let server = server("");
    let (_, mut client) = new_table(&server);
    client.run("DELETE FROM customers WHERE id % 10 = 4");
    client.run(ENCRYPT);
    let before = client.rows(STORED);
    client.run(
        "INSERT INTO customers SELECT * FROM customers ON CONFLICT (id) DO NOTHING;
         INSERT INTO customers SELECT * FROM customers
             ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone, phone_encrypted = EXCLUDED.phone_encrypted,
                                            phone_hash = EXCLUDED.phone_hash, phone_raw = EXCLUDED.phone_raw",
    );
    assert_eq!(client.rows(STORED), before);
}
