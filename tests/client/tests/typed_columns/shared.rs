//! Servers that the tests share, each test in a database of its own, and what stands in their tables.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K3};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Its keys are `K1`, and `K2` as a previous one.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| server("", &[K1, K2], ""));

/// Its primary key is `K2`; it still hashes under `K1`, and `K3` is a previous one.
pub static ROTATING: LazyLock<Server> = LazyLock::new(|| {
    let hash_key = format!("phone_crypt.hash_key_id = '{K1_ID}'\n");
    server("", &[K2, K1, K3], &hash_key)
});

/// A new server with these keys, the first of which is the primary.
pub fn server(conf: &str, keys: &[&str], more: &str) -> Server {
    let server = Server::preloaded(&format!("max_connections = 100\n{conf}"));
    let keys = server.write_file("keys", keys.join("\n") + "\n");
    server.write_conf(&format!(
        "phone_crypt.key_file = '{}'\n{more}",
        keys.display()
    ));
    server.reload();
    server
}

/// A new database, a new role in it that may log in, make tables and use the procedures, and a session of the superuser
/// and one of the role.
pub fn with_owner(server: &Server) -> (String, Client, Client) {
    let database = server.database();
    let owner = format!("owner_{database}");
    let mut superuser = server.connect_as("postgres", &database);
    superuser.run(&format!(
        "CREATE ROLE {owner} LOGIN;
         SELECT phone_crypt_grant('{owner}', 'admin'), phone_crypt_grant('{owner}', 'reader'),
                phone_crypt_grant('{owner}', 'writer');
         GRANT CREATE ON SCHEMA public TO {owner}"
    ));
    let owner = server.connect_as(&owner, &database);
    (database, superuser, owner)
}

/// A session of a superuser with keys of its own, the first of which is the primary, and what it hashes under.
pub fn with_keys(server: &Server, database: &str, keys: &[&str], hash_key_id: &str) -> Client {
    let mut client = server.connect_as("postgres", database);
    client.set("encryption_key", keys[0]);
    client.set("previous_keys", &keys[1..].join(","));
    client.set("hash_key_id", hash_key_id);
    client
}

/// A new database of the server that rotates, and a session in it that writes under `K1`.
pub fn before_rotation() -> (String, Client) {
    let database = ROTATING.database();
    let client = with_keys(&ROTATING, &database, &[K1, K2, K3], K1_ID);
    (database, client)
}

/// Damages the value of a row: the server takes it where the keys are not at hand.
pub fn forge(server: &Server, database: &str, table: &str, id: i64) {
    let elsewhere = "a key of another server, with which nothing here was written";
    let mut client = server.connect_as("postgres", database);
    client.set("encryption_key", elsewhere);
    client.set("previous_keys", "");
    client.set("hash_key_id", "");
    client.run(&format!(
        "UPDATE {table} SET phone = (
             SELECT phone_from_value(left(v, -1) || translate(right(v, 1), '0123456789abcdef', '1234567890bcdefa'),
                                     phone_hash_key_id(phone))
               FROM phone_value(phone) AS v) WHERE id = {id}"
    ));
}

/// A table `customer` whose rows have the numbers +61402000001 and so on.
pub fn make_numbers(client: &mut Client, rows: u32) {
    client.run(&format!(
        "CREATE TABLE customer (id bigint PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer SELECT i, '+61402' || to_char(i, 'FM000000') FROM generate_series(1, {rows}) AS i"
    ));
}

/// How many rows of a table are under each key.
pub fn keys_of(client: &mut Client, table: &str) -> Vec<String> {
    client.rows(&format!(
        "SELECT phone_key_id(phone), count(*) FROM {table} WHERE phone IS NOT NULL GROUP BY 1 ORDER BY 1"
    ))
}

/// What a column of plain text has beside its rows, but for its place in the table.
pub fn column_state(client: &mut Client, table: &str) -> Vec<String> {
    let mut state = Vec::new();
    for sql in [
        "SELECT attname, atttypid::regtype, attnotnull, attacl, col_description(attrelid, attnum),
                coalesce(attstattarget, -1)
           FROM pg_attribute WHERE attrelid = $table AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        "SELECT indexdef, obj_description(format('%I.%I', schemaname, indexname)::regclass, 'pg_class')
           FROM pg_indexes WHERE format('%I.%I', schemaname, tablename)::regclass = $table ORDER BY 1",
        // NOT NULL has an entry since PostgreSQL 18.
        "SELECT conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
           FROM pg_constraint WHERE conrelid = $table AND contype <> 'n' ORDER BY 1",
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = $table AND NOT tgisinternal ORDER BY 1",
    ] {
        state.extend(client.rows(&sql.replace("$table", &format!("'{table}'::regclass"))));
    }
    state
}
