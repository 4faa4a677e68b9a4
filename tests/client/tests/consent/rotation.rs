//! Other keys: nobody is lost, before, during and after.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{is_suppressed, number, record, state, suppress, wait_for_filter};

const NUMBERS: usize = 300;

fn make(client: &mut Client) {
    for n in 0..NUMBERS {
        suppress(client, &number(n));
        record(client, &number(n), Some("news"), "granted");
    }
    record(client, &number(0), None, "withdrawn");
}

fn check(client: &mut Client) {
    for n in 0..NUMBERS {
        assert!(is_suppressed(client, &number(n)), "{n}");
        let expected = if n == 0 { "withdrawn" } else { "granted" };
        assert_eq!(state(client, &number(n), "news"), expected, "{n}");
    }
    assert!(!is_suppressed(client, &number(NUMBERS)));
    let evidence = "SELECT count(*) FROM generate_series(0, 299) AS n, consent_history('+6140' || to_char(2000000 + n, 'FM0000000'))
                     WHERE evidence ->> 'how' = 'a secret form'";
    assert_eq!(client.number(evidence), NUMBERS as i64 + 1);
}

fn keys(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT DISTINCT column_name, key_id, hash_key_id FROM phone_column_keys()
          WHERE relation::text LIKE 'phone_crypt.%' ORDER BY 1, 2, 3",
    )
}

fn set_keys(server: &Server, keys: &str) {
    let file = server.write_file("keys", keys);
    server.write_conf(&format!("phone_crypt.key_file = '{}'\n", file.display()));
    server.reload();
}

#[test]
fn the_encryption_key_and_then_the_hash_key_are_changed() {
    let server = Server::preloaded("max_connections = 100\n");
    set_keys(&server, &format!("{K1}\n"));
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_crypt_pin_keys()");
    make(&mut client);
    wait_for_filter(&mut client);

    set_keys(&server, &format!("{K1}\n{K2}\n"));
    let mut client = server.connect_as("postgres", &database);
    client.run(&format!("SELECT phone_crypt_pin_keys('{K2_ID}')"));
    set_keys(&server, &format!("{K2}\n{K1}\n"));
    let mut client = server.connect_as("postgres", &database);
    check(&mut client);
    client.run("SELECT phone_crypt_pin_keys()");
    client.run("CALL phone_rotate_all()");
    assert_eq!(
        keys(&mut client),
        [
            format!("evidence|{K2_ID}|"),
            format!("phone|{K2_ID}|{K1_ID}"),
        ]
    );
    check(&mut client);
    // Numbers of both hash keys at once, one of them under both.
    client.run(&format!("CALL phone_rotate_hash_key('{K2_ID}')"));
    assert_eq!(
        keys(&mut client),
        [
            format!("evidence|{K2_ID}|"),
            format!("phone|{K2_ID}|{K2_ID}"),
        ]
    );
    check(&mut client);
    let counts = "SELECT (SELECT count(*) FROM phone_crypt.suppressed_phones) + (SELECT count(*) FROM phone_crypt.consent_events)";
    assert_eq!(client.number(counts), 2 * NUMBERS as i64 + 1);
    wait_for_filter(&mut client);

    // The old key is needed no longer.
    set_keys(&server, &format!("{K2}\n"));
    let mut client = server.connect_as("postgres", &database);
    check(&mut client);
    wait_for_filter(&mut client);
    check(&mut client);
    // And there is nothing left to do.
    let rows = "SELECT ctid, xmin, phone FROM phone_crypt.suppressed_phones ORDER BY ctid";
    let before = client.rows(rows);
    client.run("CALL phone_rotate_all()");
    assert_eq!(client.rows(rows), before);
}

#[test]
fn a_number_that_is_listed_under_two_hash_keys_is_listed_once() {
    let server = Server::preloaded("max_connections = 100\n");
    set_keys(&server, &format!("{K2}\n{K1}\n"));
    let database = server.database();
    let mut old = server.connect_as("postgres", &database);
    old.set("hash_key_id", K1_ID);
    suppress(&mut old, &number(1));
    let mut client = server.connect_as("postgres", &database);
    // As when two sessions with different hash keys suppress it at the same moment.
    client.run(
        "INSERT INTO phone_crypt.suppressed_phones (phone, reason) VALUES ('+61402000001', 'test')",
    );
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.suppressed_phones"),
        2
    );
    client.run("CALL phone_rotate_all()");
    assert_eq!(
        client.rows("SELECT phone_hash_key_id(phone) FROM phone_crypt.suppressed_phones"),
        [K2_ID]
    );
    assert!(is_suppressed(&mut client, &number(1)));
    assert_eq!(
        client.text("SELECT phone_unsuppress($1::text)::text", &[&number(1)]),
        "true"
    );
    assert!(!is_suppressed(&mut client, &number(1)));
}
