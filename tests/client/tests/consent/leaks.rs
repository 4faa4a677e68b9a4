//! No number and no evidence in any message, log, table or view.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{number, record, suppress};

#[test]
fn nothing_of_a_number_is_logged_or_shown() {
    let server = Server::preloaded(
        "phone_crypt.environment = development\nlog_min_messages = debug5\nlog_min_error_statement = panic\n\
         log_error_verbosity = verbose\nlog_statement = none\nlog_lock_waits = on",
    );
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let phone = number(1);
    let digits = phone.trim_start_matches('+').to_owned();
    record(&mut client, &phone, Some("news"), "granted");
    suppress(&mut client, &phone);
    let reply = "SELECT confirmation FROM consent_reply($1::text, 'STOP', topic => 'news')";
    assert_eq!(client.text(reply, &[&phone]), "opt_out");
    client.run("CREATE TABLE staging (raw text)");
    let not_one = format!("{digits}{digits}");
    client
        .execute("INSERT INTO staging VALUES ($1), ($2)", &[&phone, &not_one])
        .unwrap();
    client.run("CALL phone_suppress_import('staging', 'raw', 'test')");
    client.run("DROP TABLE staging");
    let refused = client.refusal(
        "SELECT consent_record($1::text, 'news', 'granted', 'test')",
        &[&not_one],
    );
    refused.hides(&digits);
    let refused = client.refusal("SELECT phone_suppress($1::text, '')", &[&phone]);
    refused.hides(&digits);
    let refused = client.refusal(
        "SELECT consent_record($1::text, $1::text, $1::text, 'test')",
        &[&phone],
    );
    refused.hides(&digits);
    for hidden in [digits.as_str(), "a secret form"] {
        let tables = client.rows(
            "SELECT table_schema || '.' || quote_ident(table_name) FROM information_schema.tables
              WHERE table_schema = 'phone_crypt'",
        );
        assert!(tables.len() > 20);
        for table in tables {
            let rows = client.try_rows(&format!("SELECT t::text FROM {table} AS t"));
            let rows = rows.unwrap_or_default();
            assert!(rows.iter().all(|row| !row.contains(hidden)), "{table}");
        }
        server.log_hides(hidden);
    }
}

#[test]
fn evidence_that_is_moved_to_another_event_is_not_shown() {
    let server = Server::preloaded("phone_crypt.environment = development");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    record(&mut client, &number(1), Some("news"), "granted");
    record(&mut client, &number(2), Some("news"), "granted");
    client.run(
        "ALTER TABLE phone_crypt.consent_events DISABLE TRIGGER keep_events;
         UPDATE phone_crypt.consent_events AS e SET evidence = o.evidence FROM phone_crypt.consent_events AS o
          WHERE e.id <> o.id",
    );
    let history = "SELECT count(*) FROM consent_history($1::text)";
    client
        .refusal(history, &[&number(1)])
        .says("22000", "")
        .hides("a secret form");
}
