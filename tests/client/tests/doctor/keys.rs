//! Keys and pins.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use postgres::Client;
use std::path::Path;

use crate::shared::{CONF, KEY, SERVER, findings, fires, is_quiet, pinned, pinned_in, well_set_up};

const PRELOAD: &str = "shared_preload_libraries = 'phone_crypt'\n";
const PASSPHRASE: &str = "correct horse battery staple and some more of it";

#[test]
fn no_key() {
    let mut client = pinned();
    is_quiet(&mut client, "no_key");
    let server = Server::preloaded("");
    fires(&mut server.session(), "no_key", "warning", "no key");
    drop(client);

    // A pinned database whose key is gone.
    let server = well_set_up(PRELOAD);
    let mut client = pinned_in(&server);
    let database = client.text("SELECT current_database()::text", &[]);
    std::fs::remove_file(server.path("phone_crypt.keys")).unwrap();
    let mut client = server.connect_as("postgres", &database);
    fires(&mut client, "no_key", "critical", "no key");
}

#[test]
fn where_a_key_comes_from() {
    let mut client = pinned();
    is_quiet(&mut client, "key_source");
    client.set("encryption_key", KEY);
    fires(
        &mut client,
        "key_source",
        "warning",
        "this session has a key of its own",
    );
    let server = Server::preloaded("phone_crypt.environment = development\n");
    let mut client = server.session();
    fires(&mut client, "key_source", "critical", "development key");
    fires(&mut client, "environment", "warning", "development");
    server.restart_with(&[("PHONE_ENCRYPTION_KEY", KEY)]);
    fires(
        &mut server.session(),
        "key_source",
        "info",
        "environment variable",
    );
}

#[test]
fn what_a_key_looks_like() {
    let mut client = pinned();
    is_quiet(&mut client, "key_form");
    client.set("encryption_key", PASSPHRASE);
    fires(
        &mut client,
        "key_form",
        "warning",
        "the primary key is a text",
    );
    client.set("encryption_key", KEY);
    client.set("previous_keys", PASSPHRASE);
    fires(
        &mut client,
        "key_form",
        "warning",
        "a previous key is a text",
    );
    let server = Server::preloaded("phone_crypt.environment = development\n");
    let mut client = server.session();
    client.set("encryption_key", &"ab".repeat(32));
    fires(
        &mut client,
        "key_form",
        "critical",
        "the primary key is a known or a trivial one",
    );
}

#[test]
fn a_key_file_that_everybody_reads_or_backs_up() {
    let server = well_set_up(PRELOAD);
    let mut client = pinned_in(&server);
    is_quiet(&mut client, "key_file");
    let file = server.path("phone_crypt.keys");
    server.give(&file, phone_crypt_client_tests::Owner::Server, 0o644);
    fires(
        &mut client,
        "key_file",
        "critical",
        "everybody on the machine",
    );
    server.give(&file, phone_crypt_client_tests::Owner::Server, 0o600);
    is_quiet(&mut client, "key_file");
    server.write_file("data/keys", KEY);
    server.write_conf("phone_crypt.key_file = 'keys'\n");
    let since = server.reload();
    client.wait_for_reload(&since);
    fires(&mut client, "key_file", "critical", "in the data directory");
    // A link there leads out of it.
    std::fs::remove_file(server.path("data/keys")).unwrap();
    std::os::unix::fs::symlink(Path::new("../phone_crypt.keys"), server.path("data/keys")).unwrap();
    is_quiet(&mut client, "key_file");
}

#[test]
fn a_key_in_the_configuration() {
    is_quiet(&mut pinned(), "key_in_configuration");
    let server = Server::preloaded(&format!("phone_crypt.encryption_key = '{KEY}'\n"));
    let mut client = server.session();
    fires(
        &mut client,
        "key_in_configuration",
        "critical",
        "configuration file",
    );
    assert!(!crate::shared::remedy(&mut client, "key_in_configuration").contains("ALTER SYSTEM"));
    client.run(&format!(
        "ALTER SYSTEM SET phone_crypt.encryption_key = '{KEY}'"
    ));
    assert!(
        crate::shared::remedy(&mut client, "key_in_configuration").contains("ALTER SYSTEM RESET")
    );
}

#[test]
fn pins() {
    let mut client = SERVER.session();
    fires(&mut client, "pins", "warning", "not pinned to its keys");
    client.run("SELECT phone_crypt_pin_keys()");
    is_quiet(&mut client, "pins");
    is_quiet(&mut client, "pinned_keys");
    client.run("SET phone_crypt.default_regions = 'GB,FR'");
    fires(
        &mut client,
        "pins",
        "critical",
        "in the regions GB,FR, and the database is pinned to AU,US",
    );
    client.run("RESET phone_crypt.default_regions; UPDATE phone_crypt.pinned_keys SET default_regions = NULL");
    fires(
        &mut client,
        "pins",
        "warning",
        "default regions are not pinned",
    );
    client.set("encryption_key", &KEY.replace("a3c1", "b3c1"));
    fires(
        &mut client,
        "pinned_keys",
        "critical",
        "which this session does not have",
    );
}

#[test]
fn numbering_plans_that_are_others_than_when_it_was_pinned() {
    let mut client = pinned();
    is_quiet(&mut client, "metadata");
    client.run("UPDATE phone_crypt.pinned_keys SET metadata_version = '9.0.1' WHERE role = 'hash'");
    fires(
        &mut client,
        "metadata",
        "info",
        "pinned with the numbering plans of libphonenumber 9.0.1, and the library has",
    );
    client.run("SELECT phone_crypt_pin_keys()");
    is_quiet(&mut client, "metadata");
    // Whoever pinned before that was noted.
    client.run("UPDATE phone_crypt.pinned_keys SET metadata_version = NULL");
    is_quiet(&mut client, "metadata");
}

/// What is found once somebody has needed a key in the other database. Whoever hears of a change of its pins there later forgets them
/// once more, so it may take a second time.
#[track_caller]
fn finds(server: &Server, client: &mut Client, database: &str, text: &str) {
    wait_until(text, || {
        let mut there = server.connect_as("postgres", database);
        let _ = there.try_rows("SELECT phone_hash('+61401148075')");
        let found = findings(client, "other_pins");
        found
            .iter()
            .any(|finding| finding.starts_with("info|") && finding.contains(text))
    });
}

#[test]
fn other_databases_that_are_pinned_to_something_else() {
    let server = well_set_up(CONF);
    let mut client = pinned_in(&server);
    let mut other = pinned_in(&server);
    let name = other.text("SELECT current_database()::text", &[]);
    other.run("SELECT phone_hash('+61401148075')");
    is_quiet(&mut client, "other_pins");
    other.run("UPDATE phone_crypt.pinned_keys SET default_regions = 'FR' WHERE role = 'hash'");
    let text = format!("database {name} is pinned to other regions (FR) than this one");
    finds(&server, &mut client, &name, &text);
    other.run(
        "UPDATE phone_crypt.pinned_keys
            SET default_regions = 'AU,US', key_id = '0000000a', fingerprint = lpad('7', 32, '0') WHERE role = 'hash'",
    );
    finds(
        &server,
        &mut client,
        &name,
        "pinned to other hash keys (0000000a) than",
    );
    other.run("UPDATE phone_crypt.pinned_keys SET key_id = '0000000b', fingerprint = lpad('8', 32, '0') WHERE role = 'primary'");
    finds(
        &server,
        &mut client,
        &name,
        "other hash keys (0000000a) and keys (0000000b) than",
    );
    drop(other);
    client.run(&format!("DROP DATABASE {name} WITH (FORCE)"));
    is_quiet(&mut client, "other_pins");
}
