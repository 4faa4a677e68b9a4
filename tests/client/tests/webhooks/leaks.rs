//! No secret, signature, payload or header in any message, log, view or statistic.

use phone_crypt_client_tests::Sql;

use crate::shared::{SECRET, Signed, server, with_endpoint};

#[test]
fn nothing_of_a_request_is_logged_or_shown() {
    let server = server(
        "log_min_messages = debug5\nlog_min_error_statement = panic\nlog_error_verbosity = verbose\nlog_statement = none\n\
         log_lock_waits = on\ndeadlock_timeout = 10ms\ncompute_query_id = on\ntrack_activity_query_size = 1kB\nmax_connections = 20",
    );
    let (database, mut client) = with_endpoint(&server);
    let payload = "the payload that nobody may see";
    let signed = Signed::now(&mut client, payload);
    let signature = signed.headers.split('"').nth(3).unwrap().to_owned();
    assert_eq!(signature.len(), 64);
    let mut refusals = Vec::new();
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    // Within one snapshot the unique key is refused, which PostgreSQL words with the row.
    client.run("BEGIN ISOLATION LEVEL SERIALIZABLE");
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
    client.run("COMMIT");
    // A duplicate that waits, and one that waits too long.
    client.run("BEGIN");
    let second = Signed::now(&mut client, &format!("{payload} 2"));
    assert_eq!(second.reason(&mut client, "agent"), "ok");
    let mut other = server.connect_as("postgres", &database);
    other.run("SET lock_timeout = '50ms'");
    let receive = "SELECT webhook_receive('agent', $1::text::jsonb, $2)";
    refusals.push(other.refusal(receive, &[&second.headers, &second.payload]));
    client.run("ROLLBACK");
    // A server's faults while a request comes in.
    client.run("BEGIN READ ONLY");
    refusals.push(client.refusal(receive, &[&second.headers, &second.payload]));
    client.run("ROLLBACK; BEGIN; ALTER TABLE phone_crypt.webhook_seen ADD CONSTRAINT no CHECK (endpoint = 0) NOT VALID");
    refusals.push(client.refusal(receive, &[&second.headers, &second.payload]));
    client.run("ROLLBACK; UPDATE phone_crypt.webhook_secrets SET secret = overlay(secret placing '0000' from 60)");
    refusals.push(client.refusal(receive, &[&second.headers, &second.payload]));
    let create = "SELECT webhook_endpoint_create('agent', $1, $2)";
    refusals.push(client.refusal(create, &[&"stripe", &SECRET]));
    refusals.push(client.refusal(create, &[&"telnyx", &SECRET]));
    refusals.push(client.refusal("SELECT webhook_endpoint_rotate('other', $1)", &[&SECRET]));
    for refusal in &refusals {
        refusal.hides(SECRET).hides(payload).hides(&signature);
    }
    for secret in [SECRET, payload, &signature] {
        server.log_hides(secret);
        let shown = client.rows(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables
              WHERE table_schema = 'phone_crypt' AND table_name LIKE 'webhook%'",
        );
        assert_eq!(shown.len(), 5);
        for table in shown {
            let rows = client.rows(&format!("SELECT t::text FROM {table} AS t"));
            assert!(rows.iter().all(|row| !row.contains(secret)), "{table}");
        }
    }
}
