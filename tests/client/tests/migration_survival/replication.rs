//! Logical replication of a table whose column is converted: the subscriber stores what the publisher stored.

use phone_crypt_client_tests::{Server, Sql, finish, wait_until};
use postgres::Client;
use std::process::Command;

use crate::dumps::{DROP, ENCRYPT, STORED, new_table, server, stop_half_way};

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

/// What was encrypted on one side only does not matter yet.
fn follows(publisher: &mut Client, subscriber: &mut Client) {
    let written = "SELECT id, phone FROM customers ORDER BY id";
    wait_until("the subscriber has what the publisher has", || {
        publisher.rows(written) == subscriber.rows(written)
    });
}

/// While the rows are filled, and once the columns have changed names: of plain text, and of values.
#[test]
fn nothing_is_encrypted_twice() {
    let server = server("wal_level = logical\n");
    for (number, of_values) in [false, true].into_iter().enumerate() {
        let (database, mut publisher) = new_table(&server, of_values);
        publisher.run("DELETE FROM customers WHERE id % 10 = 4");
        stop_half_way(&mut publisher);
        publisher.run("CREATE PUBLICATION p FOR TABLE customers");
        let slot = format!("s{number}");
        publisher.rows(&format!(
            "SELECT pg_create_logical_replication_slot('{slot}', 'pgoutput')"
        ));
        let mut subscriber = subscriber_of(&server, &database);
        // In one server the slot has to be there before.
        subscriber.run(&format!(
            "CREATE SUBSCRIPTION {slot} CONNECTION 'host={} port={} user=postgres dbname={database}' PUBLICATION p
             WITH (create_slot = false, slot_name = '{slot}')",
            server.path("").display(),
            server.port()
        ));
        follows(&mut publisher, &mut subscriber);
        publisher.run(
            "INSERT INTO customers (id, phone) VALUES (1001, '0402 000 001'), (1002, 'someone'), (1003, '+61 402 000 003 x7');
             UPDATE customers SET phone = '0402 000 004' WHERE id = 10;
             DELETE FROM customers WHERE id = 20",
        );
        if of_values {
            publisher.run(
                "INSERT INTO customers (id, phone) VALUES (1004, phone_encrypt('+61402000006'))",
            );
        }
        follows(&mut publisher, &mut subscriber);
        subscriber.run(&format!(
            "ALTER SUBSCRIPTION {slot} DISABLE; ALTER SUBSCRIPTION {slot} SET (slot_name = NONE)"
        ));
        subscriber.run(&format!("DROP SUBSCRIPTION {slot}"));
        // Each goes on by itself.
        for client in [&mut publisher, &mut subscriber] {
            client.run(ENCRYPT);
            client.run(DROP);
        }
        assert_eq!(publisher.rows(STORED), subscriber.rows(STORED));
    }
}
