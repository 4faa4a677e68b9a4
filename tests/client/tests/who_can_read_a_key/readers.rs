//! Whatever shows settings shows `<set>` at most, to anyone, wherever the key came from.

use phone_crypt_client_tests::samples::{AU, AU_UNDER_K1, K1, K2, K3};
use phone_crypt_client_tests::{Server, Sql, refused};
use postgres::Client;
use std::sync::LazyLock;

use crate::refused_sources;

/// Preloaded, with keys in its configuration file, where PostgreSQL itself keeps most copies of them.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K2}'"
    ));
    server.connect().run(
        "CREATE ROLE ordinary LOGIN;
         CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
         CREATE ROLE settings_reader LOGIN IN ROLE pg_read_all_settings;",
    );
    server
});

const SECRET_SETTINGS: [&str; 2] = ["phone_crypt.encryption_key", "phone_crypt.previous_keys"];

/// Everyone who may see `<set>`; an ordinary role may not even see that.
const PRIVILEGED: [&str; 3] = ["postgres", "monitor", "settings_reader"];

fn everyone() -> impl Iterator<Item = &'static str> {
    PRIVILEGED.into_iter().chain(["ordinary"])
}

#[track_caller]
fn shows_no_key(text: &str, where_: &str) {
    for key in [K1, K2, K3] {
        assert!(!text.contains(key), "a key is visible in {where_}");
    }
}

#[test]
fn show_and_current_setting_print_set_to_the_privileged() {
    for role in PRIVILEGED {
        let mut client = SERVER.connect_as(role, "postgres");
        for setting in SECRET_SETTINGS {
            assert_eq!(client.rows(&format!("SHOW {setting}")), ["<set>"], "{role}");
            assert_eq!(
                client.text("SELECT current_setting($1)", &[&setting]),
                "<set>",
                "{role}"
            );
        }
    }
}

#[test]
fn show_and_current_setting_refuse_ordinary_roles() {
    let mut client = SERVER.connect_as("ordinary", "postgres");
    for setting in SECRET_SETTINGS {
        refused(client.simple_query(&format!("SHOW {setting}")))
            .says("42501", setting)
            .hides(K1);
        client
            .refusal("SELECT current_setting($1)", &[&setting])
            .says("42501", setting);
    }
}

#[test]
fn show_prints_unset_where_there_is_no_key() {
    let mut client = refused_sources::SERVER.connect();
    for setting in SECRET_SETTINGS {
        assert_eq!(client.rows(&format!("SHOW {setting}")), ["<unset>"]);
    }
}

#[test]
fn pg_settings_and_show_all_have_no_row_for_a_key() {
    for role in everyone() {
        let mut client = SERVER.connect_as(role, "postgres");
        let names = "SELECT count(*) FROM pg_settings WHERE name LIKE 'phone_crypt.%key%' AND name !~ '_id$'
                        AND name NOT IN ('phone_crypt.key_file', 'phone_crypt.key_command')";
        assert_eq!(client.number(names), 0, "{role}");
        // The whole row as text holds setting, boot_val and reset_val alike.
        let rows = client
            .rows("SELECT s::text FROM pg_settings AS s")
            .join("\n");
        assert!(
            rows.contains("phone_crypt.require_tls"),
            "{role}: pg_settings should list other settings"
        );
        shows_no_key(&rows, &format!("pg_settings of {role}"));
        shows_no_key(
            &client.rows("SHOW ALL").join("\n"),
            &format!("SHOW ALL of {role}"),
        );
    }
}

#[test]
fn a_key_set_in_the_session_is_hidden_from_the_session_itself() {
    let (mut client, notices) = SERVER.connect_noting("postgres", "postgres");
    client.set("encryption_key", K3);
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), ["<set>"]);
    let rows = client
        .rows("SELECT s::text FROM pg_settings AS s")
        .join("\n");
    shows_no_key(&rows, "pg_settings");
    shows_no_key(&client.rows("SHOW ALL").join("\n"), "SHOW ALL");
    // What RESET goes back to is the configuration file's key, just as hidden.
    client.run("RESET phone_crypt.encryption_key");
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), ["<set>"]);
    assert!(notices.all().is_empty());
}

#[test]
fn only_superusers_can_read_pg_file_settings() {
    // PostgreSQL shows files there as they are written, and nothing of ours is asked.
    let sql = "SELECT setting FROM pg_file_settings WHERE name = 'phone_crypt.encryption_key'";
    for role in ["ordinary", "monitor", "settings_reader"] {
        let mut client = SERVER.connect_as(role, "postgres");
        client
            .refusal(sql, &[])
            .says("42501", "pg_file_settings")
            .hides(K1);
    }
    assert_eq!(SERVER.connect().text(sql, &[]), K1);
}

#[test]
fn key_file_and_key_command_are_hidden_from_ordinary_roles() {
    let mut client = SERVER.connect_as("ordinary", "postgres");
    for setting in ["phone_crypt.key_file", "phone_crypt.key_command"] {
        client
            .refusal("SELECT current_setting($1)", &[&setting])
            .says("42501", setting);
    }
}

#[test]
fn the_key_views_show_ids_only() {
    let mut client = SERVER.session();
    client.run("SELECT phone_crypt_pin_keys()");
    let views = "SELECT (SELECT string_agg(s::text, '') FROM phone_crypt.key_status AS s)
                     || (SELECT string_agg(k::text, '') FROM phone_crypt.keys AS k)
                     || (SELECT string_agg(c::text, '') FROM phone_crypt.crypto_stats AS c)";
    let text = client.text(views, &[]);
    assert!(
        text.contains("a915ee2b") && text.contains("configuration file"),
        "{text}"
    );
    shows_no_key(&text, "the views");
}

#[test]
fn no_message_of_any_level_holds_a_key_or_a_number() {
    let mut admin = SERVER.session();
    let database = admin.text("SELECT current_database()::text", &[]);
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    client.run("SET client_min_messages = debug5; SET log_min_messages = debug5");
    client.set("encryption_key", K3);
    client.set("previous_keys", &format!("{K1},{K2}"));
    use_everything(&mut client);
    client.run("RESET phone_crypt.encryption_key; RESET phone_crypt.previous_keys");
    use_everything(&mut client);
    client.refusal("SELECT phone_decrypt($1, 'wrong')", &[&AU_UNDER_K1]);
    let seen = notices.all();
    assert!(
        seen.len() > 10,
        "debug5 should say more than {} things",
        seen.len()
    );
    for notice in &seen {
        for secret in [K1, K2, K3, AU, AU_UNDER_K1] {
            notice.hides(secret);
        }
    }
    for secret in [K3, AU, AU_UNDER_K1] {
        SERVER.log_hides(secret);
    }
}

fn use_everything(client: &mut Client) {
    assert_eq!(
        client.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU]),
        AU
    );
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);
    client
        .query(
            "SELECT phone_hashes($1), phone_reencrypt($2)",
            &[&AU, &AU_UNDER_K1],
        )
        .unwrap();
}
