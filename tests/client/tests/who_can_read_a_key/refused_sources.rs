//! Where PostgreSQL would keep a key for other users to read, it is refused, and not repeated.

use phone_crypt_client_tests::samples::{AU, K1, K2};
use phone_crypt_client_tests::{Server, Sql, refused};
use std::sync::LazyLock;

/// Preloaded, without a key.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("");
    server.connect().run(
        "CREATE ROLE clerk LOGIN; CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    server
});

/// Every statement that stores a setting in a catalogue.
const STORES: [&str; 8] = [
    "ALTER ROLE ALL SET {}",
    "ALTER ROLE ALL IN DATABASE postgres SET {}",
    "ALTER DATABASE postgres SET {}",
    "ALTER ROLE clerk SET {}",
    "ALTER ROLE clerk IN DATABASE postgres SET {}",
    "CREATE FUNCTION two() RETURNS int LANGUAGE sql SET {} AS 'SELECT 2'",
    "CREATE PROCEDURE three() LANGUAGE sql SET {} AS 'SELECT 3'",
    "ALTER FUNCTION one() SET {}",
];

#[test]
fn a_key_is_refused_wherever_it_would_be_stored_in_a_catalogue() {
    let mut client = SERVER.connect();
    for setting in ["phone_crypt.encryption_key", "phone_crypt.previous_keys"] {
        for statement in STORES {
            let statement = statement.replace("{}", &format!("{setting} = '{K1}'"));
            refused(client.batch_execute(&statement))
                .says("55000", setting)
                .hints("key_file")
                .hides(K1);
        }
    }
    SERVER.log_hides(K1);
    assert_eq!(client.number("SELECT count(*) FROM pg_db_role_setting"), 0);
}

#[test]
fn a_function_cannot_capture_the_key_of_the_session() {
    let mut client = SERVER.connect();
    client.set("encryption_key", K2);
    let captures = "CREATE FUNCTION four() RETURNS int LANGUAGE sql
                        SET phone_crypt.encryption_key FROM CURRENT AS 'SELECT 4'";
    refused(client.batch_execute(captures))
        .says("55000", "phone_crypt.encryption_key")
        .hides(K2);
}

#[test]
fn a_key_on_the_command_line_is_not_used() {
    let server = Server::preloaded("");
    let database = server.database();
    let mark = server.log_mark();
    server.restart_with_options(&format!("-c phone_crypt.encryption_key={K1}"));
    let log = server.log_since(mark);
    assert!(
        log.contains("WARNING:  phone_crypt.encryption_key cannot be set there"),
        "{log}"
    );
    assert!(log.contains("HINT:  Use phone_crypt.key_file"), "{log}");
    assert!(!log.contains(K1), "the key is in the log");

    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), ["<unset>"]);
    let refusal = client.refusal("SELECT phone_encrypt($1)", &[&AU]);
    refusal.says("55000", "").hints("docs/keys.md").hides(K1);
}

#[test]
fn settings_that_hold_no_key_may_be_stored() {
    let mut client = SERVER.connect();
    client.run("ALTER ROLE clerk SET phone_crypt.default_regions = 'GB,FR'");
    client.run("ALTER DATABASE postgres SET phone_crypt.require_tls = 'on'");
    let mut clerk = SERVER.connect_as("clerk", "postgres");
    assert_eq!(clerk.rows("SHOW phone_crypt.default_regions"), ["GB,FR"]);
    assert_eq!(clerk.rows("SHOW phone_crypt.require_tls"), ["on"]);
    client.run("ALTER ROLE clerk RESET ALL; ALTER DATABASE postgres RESET ALL");
}
