//! Keys that the postmaster reads once, when it starts: `key_command` and the environment variable.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Refusal, Server, Setup, Sql};

const DATABASE: &str = "app";

/// A preloaded server with a database, and a way to start it again with another command.
struct CommandServer(Server);

impl CommandServer {
    fn new() -> CommandServer {
        let server = Server::preloaded("");
        server.connect().run(&format!("CREATE DATABASE {DATABASE}"));
        server
            .connect_as("postgres", DATABASE)
            .run("CREATE EXTENSION phone_crypt");
        CommandServer(server)
    }

    fn restart_with_command(&self, command: &str) {
        let quoted = command.replace('\\', "\\\\").replace('\'', "''");
        self.0
            .write_conf(&format!("phone_crypt.key_command = '{quoted}'"));
        self.0.restart();
    }

    fn session(&self) -> postgres::Client {
        self.0.connect_as("postgres", DATABASE)
    }

    fn refusal(&self) -> Refusal {
        self.session()
            .refusal("SELECT phone_encrypt('+61401148075')", &[])
    }
}

#[test]
fn key_command_runs_once_a_server_start() {
    let server = CommandServer::new();
    let runs = server.0.path("data/runs");
    server.restart_with_command(&format!("echo run >>runs; printf '%s\\n%s\\n' {K1} '{K2}'"));
    for _ in 0..3 {
        let mut client = server.session();
        assert_eq!(
            (client.key_source().as_str(), client.encrypts_under()),
            ("key_command", K1_ID.into())
        );
        assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K2]), AU);
        server.0.reload();
    }
    server.0.crash();
    assert_eq!(server.session().encrypts_under(), K1_ID);
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\n");
    server.0.restart();
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\nrun\n");
    server.0.log_hides(K1);
    server.0.log_hides(K2);
}

#[test]
fn a_key_command_that_gives_no_key_is_an_error_but_stops_no_server() {
    let server = CommandServer::new();
    let cases = [
        (
            format!("echo {K2}; exit 3"),
            "55000",
            "phone_crypt.key_command failed: exit status: 3",
        ),
        (
            "/does/not/exist 2>/dev/null".to_owned(),
            "55000",
            "phone_crypt.key_command failed: exit status: 127",
        ),
        (
            "true".to_owned(),
            "55000",
            "phone_crypt.key_command printed no key",
        ),
        (
            format!("echo {}", &K2[..31]),
            "22023",
            "phone_crypt.key_command: a key needs at least 32 characters",
        ),
        (
            format!("printf '\\377%s' {K2}"),
            "55000",
            "phone_crypt.key_command printed something else than text",
        ),
    ];
    for (command, sqlstate, message) in cases {
        let mark = server.0.log_mark();
        server.restart_with_command(&command);
        let refusal = server.refusal();
        refusal
            .says(sqlstate, message)
            .hints("docs/keys.md")
            .hides(&K2[..31]);
        assert!(
            server
                .0
                .log_since(mark)
                .contains(&format!("LOG:  {message}")),
            "{message} is not in the log"
        );
        assert_eq!(
            server.session().number("SELECT 1"),
            1,
            "the server should serve others"
        );
    }
    server.0.log_hides(&K2[..31]);
}

#[test]
fn the_environment_gives_the_key_and_children_do_not_inherit_it() {
    let server = CommandServer::new();
    server.0.restart_with(&[
        ("PHONE_ENCRYPTION_KEY", K1),
        ("PHONE_CRYPT_TEST_MARKER", "inherited"),
    ]);
    let mut client = server.session();
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("environment", K1_ID.into())
    );
    client.run("CREATE TEMP TABLE environment (line text); COPY environment FROM PROGRAM 'env'");
    let lines = client.rows("SELECT line FROM environment").join("\n");
    assert!(
        lines.contains("PHONE_CRYPT_TEST_MARKER=inherited"),
        "{lines}"
    );
    assert!(!lines.contains("PHONE_ENCRYPTION_KEY") && !lines.contains(K1));

    // The postmaster starts all over after a crash, from what it has in memory.
    server.0.crash();
    assert_eq!(server.session().encrypts_under(), K1_ID);
    server.0.log_hides(K1);
}

#[test]
fn a_malformed_key_in_the_environment_is_refused_unprinted() {
    let environment = [("PHONE_ENCRYPTION_KEY", &K2[..31])];
    let conf = "shared_preload_libraries = 'phone_crypt'";
    let server = Server::start(&Setup {
        conf,
        environment: &environment,
        own_network: false,
    });
    let refusal = server.session().refusal("SELECT phone_hash($1)", &[&AU]);
    refusal
        .says("22023", "PHONE_ENCRYPTION_KEY")
        .hints("docs/keys.md")
        .hides(&K2[..31]);
    server.log_hides(&K2[..31]);
}
