//! Keys that are gone with their session, and the development key: good for trying things out, but no database is
//! pinned to them, and no procedure that removes or encrypts stored data runs under them.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{with_conf, with_key_file};

/// What encrypts or removes stored data.
const BULK: [&str; 10] = [
    "SELECT phone_crypt_pin_keys()",
    "CALL phone_encrypt_column('plain', 'phone')",
    "CALL phone_import_legacy_column('plain', 'phone', 'cbc')",
    "CALL phone_drop_plaintext('converted', 'phone')",
    "CALL phone_rotate_column('converted', 'phone')",
    "CALL phone_rotate_all()",
    "CALL phone_rotate_hash_key($key)",
    "CALL phone_migrate_rate_limits('rate_limits')",
    "CALL phone_migrate_rate_limits('rate_limits', 'phone_crypt.rate_limits')",
    "SELECT phone_crypt.rekey_phones()",
];

/// A database with a table of each kind that these work on, converted under the server's key and not pinned any more.
fn database(server: &Server) -> String {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(
        "CREATE TABLE plain (id int PRIMARY KEY, phone text); INSERT INTO plain VALUES (1, '0401 148 075');
         CREATE TABLE converted (LIKE plain); INSERT INTO converted TABLE plain;
         CREATE TABLE rate_limits (id text PRIMARY KEY, count int NOT NULL, window_start bigint NOT NULL,
                                   created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
         INSERT INTO rate_limits VALUES ('phone:+61401148075', 1, 0, now(), now());",
    );
    client.run("SELECT ratelimit_list_phone('deny', '0401 148 075')");
    client.run("CALL phone_encrypt_column('converted', 'phone')");
    client.run("DELETE FROM phone_crypt.pinned_keys");
    database
}

/// All that bulk work would change.
fn state(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT p::text FROM plain AS p UNION ALL SELECT c::text FROM converted AS c UNION ALL SELECT r::text FROM rate_limits AS r
         UNION ALL SELECT k::text FROM phone_crypt.pinned_keys AS k UNION ALL SELECT i::text FROM phone_crypt.ratelimit_lists AS i
         UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute
                    WHERE attrelid IN ('plain'::regclass, 'converted'::regclass) AND attnum > 0 ORDER BY 1",
    )
}

#[track_caller]
fn refuses_bulk_work(client: &mut Client, key_id: &str, what: &str) {
    let before = state(client);
    for call in BULK {
        let call = call.replace("$key", &format!("'{key_id}'"));
        client
            .refusal(&call, &[])
            .says("55000", what)
            .hints("phone_crypt.key_file");
        assert_eq!(state(client), before, "{call}");
    }
}

#[test]
fn what_the_hint_says_can_be_tried_and_loses_nothing() {
    let turn = with_key_file(K1);
    let database = database(&turn);
    turn.write_conf("");
    turn.reload();
    let mut client = turn.connect_as("postgres", &database);
    let hint = client.refusal("SELECT phone_encrypt($1)", &[&AU]).hint;
    let (from, to) = (hint.find("SELECT").unwrap(), hint.find(", false)").unwrap());
    client.run(&hint[from..to + ", false)".len()]);
    let decrypted = "SELECT phone_decrypt(phone_encrypt($1))";
    assert_eq!(client.text(decrypted, &[&AU]), AU);
    let key_id = client.encrypts_under();
    refuses_bulk_work(&mut client, &key_id, "known to this session only");
}

#[test]
fn a_session_may_choose_among_the_servers_keys() {
    let turn = with_key_file(format!("{K1}\n{K2}\n"));
    let database = database(&turn);
    let mut client = turn.connect_as("postgres", &database);
    client.set("encryption_key", K3);
    let key_id = client.encrypts_under();
    refuses_bulk_work(&mut client, &key_id, "known to this session only");
    client.set("encryption_key", K2);
    client.set("previous_keys", K1);
    client.run("CALL phone_rotate_column('converted', 'phone')");
    client.run("SELECT phone_crypt_pin_keys()");
    assert_eq!(
        client.rows("SELECT key_id FROM phone_crypt.keys WHERE role = 'primary'"),
        [K2_ID]
    );
    // The same key, written otherwise.
    client.set("encryption_key", &K1.to_uppercase());
    client.set("previous_keys", K2);
    client.run("SELECT phone_crypt_pin_keys()");
}

#[test]
fn the_next_key_must_be_the_servers_too() {
    let turn = with_key_file(K1);
    let mut client = turn.connect_as("postgres", &turn.database());
    client.set("encryption_key", K1);
    client.set("previous_keys", K2);
    client.run("SELECT phone_crypt_pin_keys()");
    client
        .refusal("SELECT phone_crypt_pin_keys($1)", &[&K2_ID])
        .says("55000", "known to this session only");
}

#[test]
fn keys_of_the_configuration_file_are_the_servers() {
    let turn = with_conf(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K2}'"
    ));
    let database = turn.database();
    let mut client = turn.connect_as("postgres", &database);
    client.set("encryption_key", K2);
    client.run("SELECT phone_crypt_pin_keys(); DELETE FROM phone_crypt.pinned_keys");
    client.set("encryption_key", K3);
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", "known to this session only");
    // Of a key in the options of a connection PostgreSQL makes what RESET goes back to.
    let mut client =
        turn.connect_with_options(&database, &format!("-c phone_crypt.encryption_key={K3}"));
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", "known to this session only");
    client.set("encryption_key", K3);
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", "known to this session only");
}

#[test]
fn the_development_key_can_be_tried_and_loses_nothing() {
    let turn = with_key_file(K1);
    let database = database(&turn);
    turn.write_conf("phone_crypt.environment = 'development'");
    turn.reload();
    let mut client = turn.connect_as("postgres", &database);
    assert_eq!(client.encrypts_under(), DEVELOPMENT_KEY_ID);
    client.run(
        "CREATE TABLE tried (phone encrypted_phone UNIQUE); INSERT INTO tried VALUES ('0401 148 075')",
    );
    assert_eq!(
        client.rows("SELECT phone_decrypt(phone) FROM tried WHERE phone = '+61 401 148 075'"),
        [AU]
    );
    refuses_bulk_work(&mut client, DEVELOPMENT_KEY_ID, "public development key");
}

#[test]
fn a_conversion_says_beforehand_that_it_pins() {
    let turn = with_key_file(K1);
    let database = turn.database();
    let (mut client, notices) = turn.connect_noting("postgres", &database);
    client.run("CREATE TABLE plain (id int PRIMARY KEY, phone text); INSERT INTO plain VALUES (1, '0401 148 075')");
    client.run("CALL phone_encrypt_column('plain', 'phone', dry_run => true)");
    let says = format!("pins this database to key {K1_ID}");
    assert_eq!(notices.with(&says).len(), 1, "{:?}", notices.all());
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.keys"), 0);
    client.run("CALL phone_encrypt_column('plain', 'phone')");
    assert_eq!(notices.with(&says).len(), 2, "{:?}", notices.all());
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.keys"), 2);
    client.run("CALL phone_encrypt_column('plain', 'phone')");
    assert_eq!(notices.with(&says).len(), 2, "{:?}", notices.all());
}
