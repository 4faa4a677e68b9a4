//! A server that the tests share, each test in a database of its own, and what is asked of it.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID, K3};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Its primary key is `K2`; `K1` and `K3` are previous ones.
pub static SERVER: LazyLock<Server> = LazyLock::new(server);

/// Makes `K2` the hash key.
pub const ROTATE: &str = "CALL phone_rotate_hash_key('3a4e3936')";

/// A new one like it, for tests that stop it.
pub fn server() -> Server {
    let server = Server::preloaded("max_connections = 100\n");
    let keys = server.write_file("keys", format!("{K2}\n{K1}\n{K3}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'\n", keys.display()));
    server.reload();
    server
}

/// A new database that hashes under `K1`, while `K2` encrypts, and a session of the superuser.
pub fn before_rotation(server: &Server) -> (String, Client) {
    let database = server.database();
    let mut old = server.connect_as("postgres", &database);
    old.set("encryption_key", K1);
    old.set("previous_keys", &format!("{K2},{K3}"));
    old.run(&format!("SELECT phone_crypt_pin_keys('{K2_ID}')"));
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_crypt_pin_keys()");
    assert_eq!(hash_key(&mut client), K1_ID);
    (database, client)
}

/// The id of the pinned hash key.
pub fn hash_key(client: &mut Client) -> String {
    client
        .rows("SELECT key_id FROM phone_crypt.keys WHERE role = 'hash'")
        .concat()
}

/// How many values of a table's column `phone` are under each hash key.
pub fn hash_keys_of(client: &mut Client, table: &str) -> Vec<String> {
    client.rows(&format!(
        "SELECT phone_hash_key_id(phone), count(*) FROM {table} WHERE phone IS NOT NULL GROUP BY 1 ORDER BY 1"
    ))
}

/// A table `customer` whose rows have the numbers +61402000001 and so on.
pub fn make_numbers(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer SELECT i, '+61402' || to_char(i, 'FM000000') FROM generate_series(1, {rows}) AS i"
    ));
}

/// Nothing of a rotation is left in the database.
pub fn check_nothing_left(client: &mut Client) {
    for left in [
        "SELECT count(*) FROM phone_crypt.hash_rotations",
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zz_phone_crypt%'",
        "SELECT count(*) FROM pg_constraint WHERE conname LIKE 'phone_crypt_%' AND connamespace = 'public'::regnamespace",
        "SELECT count(*) FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid AND relkind = 'r' WHERE attname LIKE '%_rehashed' AND NOT attisdropped",
        "SELECT count(*) FROM pg_constraint WHERE contype <> 't' AND (condeferrable OR NOT convalidated)",
        "SELECT count(*) FROM pg_index WHERE NOT (indisvalid AND indimmediate)",
        "SELECT count(*) FROM phone_crypt.keys WHERE role = 'next_hash'",
        "SELECT count(*) FROM phone_crypt.jobs WHERE state <> 'done'",
    ] {
        assert_eq!(client.number(left), 0, "{left}");
    }
}
