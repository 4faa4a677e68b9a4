//! Where else a key can be: given to a role by GRANT, stored by ALTER SYSTEM, reported by a reload.

use phone_crypt_client_tests::samples::{AU, AU_HASH_K1, AU_HASH_K2, K1, K2};
use phone_crypt_client_tests::{Server, Sql, refused};

#[test]
fn an_ordinary_role_sets_a_key_only_with_a_grant() {
    let server = Server::preloaded("");
    let database = server.database();
    let mut admin = server.connect_as("postgres", &database);
    admin.run("CREATE ROLE app LOGIN; SELECT phone_crypt_grant('app', 'writer')");
    let mut app = server.connect_as("app", &database);
    app.set_refusal("encryption_key", K1)
        .says("42501", "phone_crypt.encryption_key")
        .hides(K1);
    if server.major() < 15 {
        println!("GRANT SET ON PARAMETER came with PostgreSQL 15: not tried");
        return;
    }
    admin.run("GRANT SET ON PARAMETER phone_crypt.encryption_key TO app");
    app.run(&format!("SET phone_crypt.encryption_key = '{K1}'"));
    assert_eq!(app.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    // To set it is not to see it.
    refused(app.simple_query("SHOW phone_crypt.encryption_key"))
        .says("42501", "")
        .hides(K1);
    app.set_refusal("previous_keys", K2)
        .says("42501", "phone_crypt.previous_keys")
        .hides(K2);

    // set_config returns what it has set, so its caller needs to be allowed to see that: `<set>`.
    app.set_refusal("encryption_key", K2)
        .says("42501", "phone_crypt.encryption_key")
        .hides(K2);
    admin.run("GRANT pg_read_all_settings TO app");
    app.set("encryption_key", K2);
    assert_eq!(app.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(app.rows("SHOW phone_crypt.encryption_key"), ["<set>"]);
}

#[test]
fn alter_system_works_and_is_warned_of_at_every_reload_and_start() {
    let server = Server::preloaded("");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let mark = server.log_mark();
    client.run(&format!(
        "ALTER SYSTEM SET phone_crypt.encryption_key = '{K1}'"
    ));
    server.reload();
    assert_eq!(
        warnings(&server.log_since(mark)).len(),
        1,
        "{}",
        server.log_since(mark)
    );
    let mut other = server.connect_as("postgres", &database);
    assert_eq!(other.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);

    let mark = server.log_mark();
    server.restart();
    assert_eq!(
        warnings(&server.log_since(mark)).len(),
        1,
        "{}",
        server.log_since(mark)
    );

    let mut client = server.connect_as("postgres", &database);
    client.run("ALTER SYSTEM RESET phone_crypt.encryption_key");
    let mark = server.log_mark();
    server.reload();
    assert_eq!(warnings(&server.log_since(mark)).len(), 0);
}

/// The lines that warn of keys in the file that ALTER SYSTEM writes.
fn warnings(log: &str) -> Vec<&str> {
    let is_one = |line: &&str| line.contains("WARNING:") && line.contains("postgresql.auto.conf");
    log.lines().filter(is_one).collect()
}

#[test]
fn a_reload_does_not_log_a_changed_key() {
    let server = Server::preloaded(&format!("phone_crypt.encryption_key = '{K1}'"));
    let database = server.database();
    server.write_conf(&format!(
        "phone_crypt.encryption_key = '{K2}'\nphone_crypt.previous_keys = '{K1}'"
    ));
    server.reload();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    server.write_conf("phone_crypt.encryption_key = 'much too short'");
    server.reload();
    for secret in [K1, K2, "much too short"] {
        server.log_hides(secret);
    }
}
