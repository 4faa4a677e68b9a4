//! Tokens go into a dump, and pass where it is restored.

use phone_crypt_client_tests::{Server, Sql, finish};
use std::process::Command;

use crate::shared::{create, reason};

#[test]
fn a_dump_is_restored_with_its_tokens() {
    let server = Server::preloaded("phone_crypt.environment = development");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let (valid, revoked) = (create(&mut client, "valid"), create(&mut client, "revoked"));
    client.run(&format!("SELECT api_token_revoke('{}')", revoked.id));
    client.run("SELECT api_token_import('of before', plain => 'what they had before')");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(server.program(program));
        command.arg("--host").arg(server.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = server.path("tokens.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = server.empty_database();
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(reason(&mut client, &valid.text), "ok");
    assert_eq!(reason(&mut client, &revoked.text), "revoked");
    assert_eq!(reason(&mut client, "what they had before"), "ok");
}
