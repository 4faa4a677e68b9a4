//! Both tables go into a dump, and count where it is restored.

use phone_crypt_client_tests::{Server, Sql, finish};
use std::process::Command;

use crate::shared::{
    filter_state, is_suppressed, number, record, state, suppress, wait_for_filter,
};

#[test]
fn a_dump_is_restored_with_consent_and_suppressions() {
    let server = Server::preloaded("phone_crypt.environment = development");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    record(&mut client, &number(1), Some("news"), "granted");
    record(&mut client, &number(1), Some("news"), "withdrawn");
    suppress(&mut client, &number(2));
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(server.program(program));
        command.arg("--host").arg(server.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = server.path("consent.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = server.empty_database();
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(state(&mut client, &number(1), "news"), "withdrawn");
    assert!(is_suppressed(&mut client, &number(2)));
    wait_for_filter(&mut client);
    assert!(is_suppressed(&mut client, &number(2)));
    // Evidence is bound to the number of its event, and that goes on where it was.
    let evidence = "SELECT evidence ->> 'how' FROM consent_history($1::text) LIMIT 1";
    assert_eq!(client.text(evidence, &[&number(1)]), "a secret form");
    record(&mut client, &number(1), Some("news"), "granted");
    assert_eq!(state(&mut client, &number(1), "news"), "granted");
    assert!(
        client
            .refusal("DELETE FROM phone_crypt.consent_events", &[])
            .message
            .contains("only added to")
    );

    // The data alone, into a database whose filter is complete: its triggers are off meanwhile.
    let into = server.database();
    let mut client = server.connect_as("postgres", &into);
    wait_for_filter(&mut client);
    run(
        "pg_restore",
        &[
            "--exit-on-error",
            "--data-only",
            "--disable-triggers",
            "--schema=phone_crypt",
            "--table=suppressed_phones",
            "--dbname",
            &into,
            dump,
        ],
    );
    assert!(is_suppressed(&mut client, &number(2)));
    // It has left the trigger on for ordinary sessions alone.
    assert_eq!(filter_state(&mut client), "none");
    client.run("ALTER TABLE phone_crypt.suppressed_phones ENABLE ALWAYS TRIGGER note_suppressed");
    wait_for_filter(&mut client);
    assert!(is_suppressed(&mut client, &number(2)));
}
