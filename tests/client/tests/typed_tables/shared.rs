//! A server that the tests share, each test in a database of its own, and plans without ciphertexts.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Its keys are `K1`, and `K2` as a previous one.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("max_connections = 100\n");
    let keys = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'\n", keys.display()));
    server.reload();
    server
});

/// A number of the table `customer`.
pub const IN_TABLE: &str = "040 2000 042";

/// A new database with a table `customer`: rows 1 to 3000, with the numbers from +61402000001 on.
pub fn customers() -> (String, Client) {
    let database = SERVER.database();
    let mut superuser = SERVER.connect_as("postgres", &database);
    superuser.run(
        "CREATE TABLE customer (id int PRIMARY KEY, keeper name, phone encrypted_phone UNIQUE);
         INSERT INTO customer SELECT i, 'nobody', '+61402' || to_char(i, 'FM000000') FROM generate_series(1, 3000) AS i;
         ANALYZE customer",
    );
    (database, superuser)
}

/// A new role with this profile, none where it is empty, and a session of it; every table is its to use.
pub fn role(superuser: &mut Client, database: &str, profile: &str) -> (String, Client) {
    let name = format!("{profile}_of_{database}");
    superuser.run(&format!(
        "CREATE ROLE {name} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}"
    ));
    if !profile.is_empty() {
        superuser.run(&format!("SELECT phone_crypt_grant('{name}', '{profile}')"));
    }
    let client = SERVER.connect_as(&name, database);
    (name, client)
}

/// The plan of a statement, a line each.
pub fn plan(client: &mut Client, sql: &str) -> String {
    client
        .rows(&format!("EXPLAIN (COSTS OFF) {sql}"))
        .join("\n")
}

/// The rows of a query, whose plan goes through this index and reads no table from end to end but `typed`, which has what
/// is looked for.
#[track_caller]
pub fn by_index(client: &mut Client, index: &str, sql: &str) -> Vec<String> {
    let plan = plan(client, sql);
    let read = plan.matches("Seq Scan on ").count() - plan.matches("Seq Scan on typed").count();
    assert!(plan.contains(index) && read == 0, "{sql}\n{plan}");
    client.rows(sql)
}

/// Panics unless each statement is refused for want of the right to give plain text, and shows no number.
#[track_caller]
pub fn needs_the_right(client: &mut Client, statements: &[&str]) {
    for sql in statements {
        match client.try_rows(sql) {
            Err(refusal) => {
                refusal.says("42501", "plain phone numbers").hides("402000");
            }
            Ok(_) => panic!("not refused: {sql}"),
        }
    }
}
