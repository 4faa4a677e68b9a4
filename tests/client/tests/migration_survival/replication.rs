//! Logical replication of an encrypted table: the subscriber stores what the publisher stored.

use phone_crypt_client_tests::customers::make_customers;
use phone_crypt_client_tests::{Server, Sql, finish, wait_until};
use postgres::Client;
use std::process::Command;

const STORED: &str = "SELECT to_jsonb(c) FROM customers AS c ORDER BY id";

/// A new database with the table, its trigger and all, but no rows.
fn subscriber_of(server: &Server, publisher: &str) -> Client {
    let schema = server.path("schema.sql");
    let mut command = Command::new(server.program("pg_dump"));
    command
        .arg("--host")
        .arg(server.path(""))
        .args(["--username", "postgres", "--schema-only"]);
    command
        .args(["--no-publications", "--file"])
        .arg(&schema)
        .arg(publisher);
    finish(&mut command).output();
    let subscriber = server.empty_database();
    let mut command = Command::new(server.program("psql"));
    command.arg("--host").arg(server.path("")).args([
        "--username",
        "postgres",
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
    ]);
    command
        .args(["--dbname", &subscriber, "--file"])
        .arg(&schema);
    finish(&mut command).output();
    server.connect_as("postgres", &subscriber)
}

fn follows(publisher: &mut Client, subscriber: &mut Client) {
    wait_until("the subscriber has what the publisher has", || {
        publisher.rows(STORED) == subscriber.rows(STORED)
    });
}

#[test]
fn nothing_is_encrypted_twice() {
    let server =
        Server::preloaded("wal_level = logical\nphone_crypt.environment = 'development'\n");
    let database = server.database();
    let mut publisher = server.connect_as("postgres", &database);
    make_customers(&mut publisher, 200);
    publisher.run("CALL phone_add_encrypted_column('customers', 'phone')");
    publisher.run("CREATE PUBLICATION p FOR TABLE customers");
    publisher.rows("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    let mut subscriber = subscriber_of(&server, &database);
    // In one server the slot has to be there before.
    subscriber.run(&format!(
        "CREATE SUBSCRIPTION s CONNECTION 'host={} port={} user=postgres dbname={database}' PUBLICATION p
         WITH (create_slot = false, slot_name = 's')",
        server.path("").display(),
        server.port()
    ));
    follows(&mut publisher, &mut subscriber);
    assert_eq!(
        subscriber.number("SELECT count(phone_encrypted) FROM customers"),
        192
    );

    publisher.run(
        "INSERT INTO customers (id, phone) VALUES (1001, '0402 000 001'), (1002, 'someone'), (1003, '+61 402 000 003 x7');
         UPDATE customers SET phone = '0402 000 004' WHERE id = 10;
         UPDATE customers SET phone_encrypted = phone_encrypt('+61402000005') WHERE id = 15;
         DELETE FROM customers WHERE id = 20",
    );
    follows(&mut publisher, &mut subscriber);
    let wrong = "SELECT count(*) FROM customers WHERE phone_decrypt(phone_encrypted) IS DISTINCT FROM phone_try_normalize(phone)";
    assert_eq!(subscriber.number(wrong), 0);
    subscriber.run("ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE)");
    subscriber.run("DROP SUBSCRIPTION s");
}
