//! Servers, roles, and values to decrypt.

use phone_crypt_client_tests::{Refusal, Server, Sql};
use postgres::Client;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const CONF: &str =
    "max_connections = 200\nphone_crypt.environment = development\nphone_crypt.audit = 'all'\n";

/// Each test has a database, and roles, of its own.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| Server::preloaded(CONF));

/// A database with so many customers, whom everybody may read.
pub struct World<'a> {
    pub server: &'a Server,
    pub database: String,
    pub admin: Client,
    number: usize,
}

impl<'a> World<'a> {
    pub fn new(server: &'a Server, customers: u32) -> World<'a> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let database = server.database();
        let mut admin = server.connect_as("postgres", &database);
        admin.run(&format!(
            "CREATE TABLE customers AS
                 SELECT i AS id, phone_encrypt(number) AS value, number::encrypted_phone AS phone
                   FROM (SELECT i, '+61401' || to_char(i, 'FM000000') AS number FROM generate_series(0, {customers} - 1) AS i) AS n;
             GRANT SELECT ON customers TO PUBLIC; ANALYZE customers"
        ));
        World {
            server,
            database,
            admin,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The name of a role of this test's own.
    pub fn name(&self, role: &str) -> String {
        format!("{role}_{}", self.number)
    }

    /// Makes a role that may log in and decrypt.
    pub fn role(&mut self, role: &str) -> String {
        let name = self.name(role);
        self.admin.run(&format!(
            "CREATE ROLE {name} LOGIN; SELECT phone_crypt_grant('{name}', 'reader')"
        ));
        name
    }

    /// A session of a role.
    pub fn session(&self, name: &str) -> Client {
        self.server.connect_as(name, &self.database)
    }

    pub fn budget(&mut self, name: &str, count: i64) {
        self.admin.run(&format!(
            "SELECT phone_crypt_read_budget('{name}', {count}, '1 hour')"
        ));
    }

    /// What the view has of a budget: reader, used, refused.
    pub fn used(&mut self, name: &str) -> Vec<String> {
        self.admin.rows(&format!(
            "SELECT reader, used, refused FROM phone_crypt.read_budgets WHERE role = '{name}' ORDER BY reader"
        ))
    }
}

/// Reads so many numbers in one statement.
pub fn read(client: &mut Client, count: u32) -> Result<(), Refusal> {
    let sql = format!(
        "SELECT count(phone_decrypt(value)) FROM (SELECT value FROM customers LIMIT {count}) AS c"
    );
    let rows = client.try_rows(&sql);
    if rows.is_err() {
        wait_for_the_end(client);
    }
    assert_eq!(rows?, [count.to_string()]);
    Ok(())
}

/// A statement that fails is over only after the client has heard of the error: what it had reserved is given back then.
pub fn wait_for_the_end(client: &mut Client) {
    client.run("");
}

/// Reads are refused as a budget refuses them.
#[track_caller]
pub fn is_used_up(result: Result<(), Refusal>) {
    let refusal = result.expect_err("no budget refused it");
    refusal
        .says("42501", "the read budget is used up")
        .hints("phone_crypt.read_budgets")
        .hides("+614");
}
