//! A dump of a table in the middle of its conversion, or behind it: what was begun is gone on with where it is restored.

use phone_crypt_client_tests::customers::{make_customers, make_values, table_state};
use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql, finish};
use postgres::Client;
use std::process::Command;

pub fn run(server: &Server, program: &str, arguments: &[&str]) {
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

pub const ENCRYPT: &str =
    "CALL phone_encrypt_column('customers', 'phone', duplicates => 'text', batch_size => 100)";
pub const DROP: &str = "CALL phone_drop_plaintext('customers', 'phone')";
const DECRYPT: &str = "CALL phone_decrypt_column('customers', 'phone')";

/// Rows as they are stored, ciphertexts and all.
pub const STORED: &str = "SELECT to_jsonb(c) FROM customers AS c ORDER BY id";

pub fn server(conf: &str) -> Server {
    let server = Server::preloaded(conf);
    server.write_conf(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K2}'\n"
    ));
    server.reload();
    server
}

/// A new database with the table of plain text, or of values.
pub fn new_table(server: &Server, of_values: bool) -> (String, Client) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    make_customers(&mut client, 500);
    if of_values {
        make_values(&mut client, "");
        client.run("DELETE FROM customers WHERE phone IS NULL");
    }
    (database, client)
}

/// Has a conversion stop at a row in the middle.
pub fn stop_half_way(client: &mut Client) {
    client.run(
        "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''stopped'' USING ERRCODE = ''P0123''; END';
         CREATE TRIGGER stop BEFORE UPDATE ON customers FOR EACH ROW WHEN (OLD.id = 300) EXECUTE FUNCTION stop()",
    );
    assert_eq!(client.refusal(ENCRYPT, &[]).sqlstate, "P0123");
    client.run("DROP TRIGGER stop ON customers");
    let left = "SELECT count(*) FROM customers WHERE phone IS NOT NULL AND phone_encrypted IS NULL";
    let left = client.number(left);
    assert!((100..400).contains(&left), "not half-way: {left}");
}

#[test]
fn a_dump_of_what_is_half_done_is_gone_on_with() {
    let server = server("");
    for of_values in [false, true] {
        let (database, mut client) = new_table(&server, of_values);
        stop_half_way(&mut client);
        let (_, mut restored) = dumped_and_restored(&server, &database, &[]);
        assert_eq!(restored.rows(STORED), client.rows(STORED));
        let state = table_state(&mut client, "customers");
        assert_eq!(table_state(&mut restored, "customers"), state);
        for client in [&mut client, &mut restored] {
            client.run("INSERT INTO customers (id, phone) VALUES (9001, '0402 000 001')");
            client.run("UPDATE customers SET phone = '0402 000 002' WHERE id = 10");
            client.run(ENCRYPT);
            let found =
                "SELECT count(*) FROM customers WHERE phone IN ('+61402000001', '+61402000002')";
            assert_eq!(client.number(found), 2);
        }
        let state = table_state(&mut client, "customers");
        assert_eq!(table_state(&mut restored, "customers"), state);
    }
}

#[test]
fn a_dump_of_what_is_done_is_the_same_and_can_be_dropped_and_decrypted() {
    let server = server("");
    for of_values in [false, true] {
        let (database, mut client) = new_table(&server, of_values);
        // No two rows of one number: the way back has room for each.
        client.run("DELETE FROM customers WHERE id % 10 = 4");
        client.run(ENCRYPT);
        let (_, mut restored) = dumped_and_restored(&server, &database, &["--no-owner"]);
        assert_eq!(restored.rows(STORED), client.rows(STORED));
        for call in [DROP, DECRYPT] {
            client.run(call);
            restored.run(call);
            let state = table_state(&mut client, "customers");
            assert_eq!(table_state(&mut restored, "customers"), state);
        }
    }
}
