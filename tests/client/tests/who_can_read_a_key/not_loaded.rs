//! A server that does not preload the library: until a session loads it, nobody guards the settings.

use phone_crypt_client_tests::samples::{AU, AU_HASH_K1, AU_HASH_K2, K1, K2};
use phone_crypt_client_tests::{Server, Setup, Sql, refused};
use std::sync::LazyLock;

/// Not preloaded, with a key in its configuration file.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let conf = format!("phone_crypt.encryption_key = '{K1}'");
    let server = Server::start(&Setup {
        conf: &conf,
        ..Setup::default()
    });
    server.connect().run("CREATE ROLE ordinary LOGIN");
    server
});

const SECRET: &str = "not a key, yet nobody's business";

#[test]
fn anyone_can_read_the_configured_key_before_the_library_is_loaded() {
    // PostgreSQL's way with a setting it does not know, and the reason for the refusal below.
    let mut client = SERVER.connect_as("ordinary", "postgres");
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), [K1]);
}

#[test]
fn a_configured_key_is_refused_without_preload() {
    let mut client = SERVER.session();
    for sql in ["SELECT phone_encrypt($1)", "SELECT phone_hash($1)"] {
        let refusal = client.refusal(sql, &[&AU]);
        refusal
            .says("55000", "not preloaded")
            .hints("shared_preload_libraries")
            .hides(K1);
    }
    SERVER.log_hides(K1);
}

#[test]
fn loading_the_library_hides_the_configured_key() {
    let database = SERVER.database();
    SERVER
        .connect_as("postgres", &database)
        .run("GRANT EXECUTE ON FUNCTION phone_hash(text, text, text) TO ordinary");
    let mut client = SERVER.connect_as("ordinary", &database);
    client.run("SELECT phone_mask('+61401148075')");
    refused(client.simple_query("SHOW phone_crypt.encryption_key"))
        .says("42501", "")
        .hides(K1);
    let mut admin = SERVER.connect_as("postgres", &database);
    admin.run("LOAD 'phone_crypt'");
    assert_eq!(admin.rows("SHOW phone_crypt.encryption_key"), ["<set>"]);
    let rows = admin
        .rows("SELECT s::text FROM pg_settings AS s")
        .join("\n");
    assert!(!rows.contains(K1), "the key is in pg_settings");
}

#[test]
fn a_superusers_session_key_needs_no_preload() {
    let mut client = SERVER.session();
    client.set("encryption_key", K2);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(client.key_source(), "session");
}

#[test]
fn a_session_key_set_before_loading_counts() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.set("encryption_key", K2);
    assert_eq!(
        client.rows("SHOW phone_crypt.encryption_key"),
        [K2],
        "the library is not loaded yet"
    );
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), ["<set>"]);
}

#[test]
fn a_key_that_an_ordinary_role_set_before_loading_is_dropped_unprinted() {
    let database = SERVER.database();
    let grant = "GRANT EXECUTE ON FUNCTION phone_hash(text, text, text) TO ordinary";
    SERVER.connect_as("postgres", &database).run(grant);
    let (mut client, notices) = SERVER.connect_noting("ordinary", &database);
    client.set("encryption_key", K2);
    client
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("55000", "not preloaded")
        .hides(K2);
    assert_eq!(notices.with("phone_crypt.encryption_key").len(), 1);
    notices.all().iter().for_each(|notice| {
        notice.hides(K2);
    });
    SERVER.log_hides(K2);
}

/// Until the library is loaded, PostgreSQL knows no such setting, so anybody may set it.
#[test]
fn regions_that_an_ordinary_role_set_before_loading_do_not_count() {
    let (mut client, notices) = SERVER.connect_noting("ordinary", &SERVER.database());
    client.set("default_regions", "GB");
    assert_eq!(
        client.text("SELECT phone_normalize('0401 148 075')", &[]),
        AU
    );
    assert_eq!(client.rows("SHOW phone_crypt.default_regions"), ["AU,US"]);
    let warnings = notices.with("phone_crypt.default_regions");
    assert_eq!(warnings.len(), 1, "{:?}", notices.all());
    warnings[0].says("42501", "permission denied");
}

#[test]
fn an_invalid_placeholder_is_dropped_unprinted_when_the_library_loads() {
    for setting in ["encryption_key", "previous_keys"] {
        let (mut client, notices) = SERVER.connect_noting("postgres", "postgres");
        client.set(setting, SECRET);
        client.set(setting, &SECRET[..31]);
        client.run("LOAD 'phone_crypt'");
        let warnings = notices.with(&format!("phone_crypt.{setting}"));
        assert_eq!(warnings.len(), 1, "{:?}", notices.all());
        warnings[0]
            .says("22023", "32 characters")
            .hides(&SECRET[..31]);
    }
    SERVER.log_hides(&SECRET[..31]);
}

#[test]
fn what_alter_role_stored_before_loading_is_dropped_unprinted() {
    let mut admin = SERVER.connect();
    admin.run("CREATE ROLE stored LOGIN SUPERUSER");
    admin.run(&format!(
        "ALTER ROLE stored SET phone_crypt.encryption_key = '{K2}'"
    ));
    let (mut client, notices) = SERVER.connect_noting("stored", &SERVER.database());
    client
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("55000", "")
        .hides(K2);
    let warnings = notices.with("phone_crypt.encryption_key cannot be set there");
    assert_eq!(warnings.len(), 1, "{:?}", notices.all());
    warnings[0]
        .says("55000", "other users could read it")
        .hides(K2);
    SERVER.log_hides(K2);
    admin.run("ALTER ROLE stored RESET ALL");
}

#[test]
fn a_key_file_needs_no_preload() {
    let server = Server::start(&Setup::default());
    let key_file = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", key_file.display()));
    server.reload();
    let mut client = server.session();
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(client.key_source(), "key_file");
}

#[test]
fn the_environment_needs_no_preload() {
    let environment = [("PHONE_ENCRYPTION_KEY", K1)];
    let server = Server::start(&Setup {
        environment: &environment,
        ..Setup::default()
    });
    let mut client = server.session();
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(client.key_source(), "environment");
}

#[test]
fn a_key_command_is_refused_without_preload() {
    let conf = "phone_crypt.key_command = 'echo run >>runs'";
    let server = Server::start(&Setup {
        conf,
        ..Setup::default()
    });
    let mut client = server.session();
    let refusal = client.refusal("SELECT phone_hash($1)", &[&AU]);
    refusal
        .says(
            "55000",
            "phone_crypt.key_command is set in the configuration",
        )
        .hints("shared_preload_libraries");
    assert!(
        !server.path("data/runs").exists(),
        "the command has been run"
    );
}
