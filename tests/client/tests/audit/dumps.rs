//! A database that is restored from a dump begins a log of its own; that of the dump comes along, closed, and still verifies.

use phone_crypt_client_tests::{Server, Sql, finish};
use std::process::Command;

use crate::shared::{ALL, ONE_A_ROW, checkpoint, database, fields, verdict};

#[test]
fn a_dump_brings_its_log_along() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'before', i) FROM generate_series(1, 300) AS i");
    client.run("SELECT ratelimit_policy_set('audited', 10, '1 minute')");
    let kept = checkpoint(&mut client);
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(server.program(program));
        command.arg("--host").arg(server.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = server.path("audit.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = server.empty_database();
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.audit_logs"),
        2
    );
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.audit_logs WHERE is_current"),
        1
    );
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'after')");
    let new = checkpoint(&mut client);
    assert_ne!(new.lines().next(), kept.lines().next());
    assert_eq!(fields(&mut client, "start", "cause"), ["first"]);
    assert_eq!(verdict(&mut client, Some(&new)), "intact");
    // The log of the dump, which its checkpoint names.
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    client.run(ONE_A_ROW);
    client.run(
        "UPDATE phone_crypt.audit_records SET records = overlay(records PLACING 'x' FROM 30)
          WHERE seq = 200 AND log <> (SELECT log FROM phone_crypt.audit_logs WHERE is_current)",
    );
    assert_eq!(verdict(&mut client, Some(&kept)), "record changed at 200");
    // The extension goes, with its partitions.
    client.run("DROP EXTENSION phone_crypt");
    client.run("CREATE EXTENSION phone_crypt");
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'anew')");
    assert_eq!(
        verdict(
            &mut client,
            Some(&checkpoint(&mut server.connect_as("postgres", &restored)))
        ),
        "intact"
    );
}
