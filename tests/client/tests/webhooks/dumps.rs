//! A dump has the endpoints, their secrets, and what was seen. With the key, all of it goes on.

use phone_crypt_client_tests::{Sql, finish};
use std::process::Command;

use crate::shared::{SECRET, Signed, server, with_endpoint};

#[test]
fn a_dump_is_restored_with_what_was_seen() {
    let server = server("");
    let (database, mut client) = with_endpoint(&server);
    let seen = Signed::now(&mut client, "seen");
    assert_eq!(seen.reason(&mut client, "agent"), "ok");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(server.program(program));
        command.arg("--host").arg(server.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = server.path("webhooks.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = server.empty_database();
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(seen.reason(&mut client, "agent"), "replay");
    let new = Signed::under(&mut client, "new", SECRET, "0");
    assert_eq!(new.reason(&mut client, "agent"), "ok");
    // Numbers go on where they were.
    client.run("SELECT webhook_endpoint_create('second', 'stripe', 'x')");
    assert_eq!(
        client.rows("SELECT id FROM phone_crypt.webhook_endpoints ORDER BY 1"),
        ["1", "2"]
    );
}
