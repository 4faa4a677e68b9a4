//! No token and no secret in any message, log, view or statistic.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{create, reason};

#[test]
fn nothing_of_a_token_is_logged_or_shown() {
    let server = Server::preloaded(
        "phone_crypt.environment = development\nlog_min_messages = debug5\nlog_min_error_statement = panic\n\
         log_error_verbosity = verbose\nlog_statement = none\nlog_lock_waits = on",
    );
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let token = create(&mut client, "shown once");
    let secret = token.text.rsplit('_').next().unwrap().to_owned();
    let imported = "a secret of the legacy application";
    let import = "SELECT api_token_import('imported', plain => $1)";
    client.execute(import, &[&imported]).unwrap();
    let replaced: String = client
        .query_one("SELECT token FROM api_token_rotate($1)", &[&token.id])
        .unwrap()
        .get(0);
    let replaced_secret = replaced.rsplit('_').next().unwrap();
    for text in [&token.text, &replaced, imported] {
        assert_eq!(reason(&mut client, text), "ok");
    }
    let wrong = format!("{}x", token.text);
    assert_eq!(reason(&mut client, &wrong), "malformed");
    client.run("SELECT phone_crypt.flush_token_use()");
    // The same once more is refused.
    let refusal = client.refusal(import, &[&imported]);
    refusal.hides(imported);
    for hidden in [secret.as_str(), replaced_secret, imported] {
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
    }
    server.log_hides(imported);
    server.log_hides(replaced_secret);
}
