//! Servers, and customers to decrypt.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

pub const CONF: &str = "max_connections = 100\nphone_crypt.environment = development\n";

/// For lockdowns of databases: each test has its own.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| Server::preloaded(CONF));

/// What every refusal begins with.
pub const LOCKED: &str = "phone_crypt is locked down: ";

/// A session of a new database with so many customers.
pub fn customers(server: &Server, count: u32) -> (Client, String) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(&format!(
        "CREATE TABLE customers AS
             SELECT i AS id, number, phone_encrypt(number) AS value, phone_hash(number) AS hash, number::encrypted_phone AS phone,
                    ('c' || i || '@example.com')::encrypted_email AS email
               FROM (SELECT i, '+61401' || to_char(i, 'FM000000') AS number FROM generate_series(0, {count} - 1) AS i) AS n;
         CREATE INDEX ON customers (hash);
         ANALYZE customers"
    ));
    (client, database)
}

/// Locks the database down.
pub fn lock(client: &mut Client, scope: &str) {
    let lock = "SELECT phone_crypt_lockdown('the reason is secret', $1)";
    client.query(lock, &[&scope]).unwrap();
}

/// Whether decryption is refused, as a lockdown refuses it.
#[track_caller]
pub fn is_locked(client: &mut Client) -> bool {
    match client.try_rows("SELECT phone_decrypt(value) FROM customers WHERE id = 0") {
        Ok(rows) => {
            assert_eq!(rows, ["+61401000000"]);
            false
        }
        Err(refusal) => {
            refusal.says("55000", LOCKED).hides("secret");
            true
        }
    }
}
