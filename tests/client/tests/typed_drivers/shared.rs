//! A table with a column of the data type, as an application's role uses it.

use phone_crypt_client_tests::samples::K1;
use phone_crypt_client_tests::{Server, Sql};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The application's role.
pub const ROLE: &str = "typed_application";

/// How many customers there are; their ids and numbers count from 0.
pub const ROWS: i32 = 3000;

/// Text that is no number, although numbers are in it.
pub const NO_NUMBER: &str = "4155550123 or 4155550124";

/// Its only key is `K1`.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("");
    let keys = server.write_file("keys", format!("{K1}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server.connect().run(&format!("CREATE ROLE {ROLE} LOGIN"));
    server
});

/// A database with the tables, and with rights for the role, that others are copied from.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let database = SERVER.database();
    SERVER.connect_as("postgres", &database).run(&format!(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE CHECK (phone_require_number(phone)));
         CREATE TABLE typed (entered text);
         INSERT INTO customer SELECT n, '040' || lpad(n::text, 7, '0') FROM generate_series(0, {ROWS} - 1) AS n;
         INSERT INTO typed VALUES ('040 0000 005'), ('+61 400 000 006'), ('ask for Bob');
         ANALYZE customer, typed;
         GRANT SELECT, INSERT, UPDATE, DELETE ON customer, typed TO {ROLE};
         SELECT phone_crypt_grant('{ROLE}', 'reader')"
    ));
    database
});

/// A new database with the tables, in which the role may write, read and look up.
pub fn customers() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("customers{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let template = &*TEMPLATE;
    SERVER
        .connect()
        .run(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
    name
}

/// The n-th number.
pub fn mobile(n: i32) -> String {
    format!("+6140{n:07}")
}

/// The n-th number as somebody may type it.
pub fn spelling(n: i32) -> String {
    let digits = mobile(n);
    format!("0{} {}-{}", &digits[3..6], &digits[6..9], &digits[9..])
}

/// A plan's lines: the rows are found through the unique index.
#[track_caller]
pub fn assert_by_index(plan: &[String]) {
    let text = plan.join("\n");
    let by_index = text.contains("customer_phone_key") && !text.contains("Seq Scan on customer");
    assert!(by_index, "{text}");
}
