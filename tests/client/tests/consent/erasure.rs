//! A number that is forgotten leaves nothing, in either engine of rate limits.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{is_suppressed, number, record, state, suppress};

fn forgets(engine: &str) {
    let server = Server::preloaded(&format!(
        "phone_crypt.environment = development\nphone_crypt.ratelimit_engine = {engine}"
    ));
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let (gone, stays) = (number(1), number(2));
    for phone in [&gone, &stays] {
        record(&mut client, phone, Some("news"), "granted");
        record(&mut client, phone, None, "withdrawn");
        suppress(&mut client, phone);
    }
    let forget = "SELECT string_agg(action || ' ' || rows, ', ' ORDER BY object) FROM phone_forget($1)
                   WHERE object IN ('phone_crypt.consent_events.phone', 'phone_crypt.suppressed_phones.phone')";
    assert_eq!(client.text(forget, &[&gone]), "deleted 2, deleted 1");
    assert_eq!(client.text(forget, &[&gone]), "deleted 0, deleted 0");
    assert!(!is_suppressed(&mut client, &gone));
    assert_eq!(state(&mut client, &gone, "news"), "none");
    assert!(is_suppressed(&mut client, &stays));
    assert_eq!(state(&mut client, &stays, "news"), "withdrawn");
    let kept = "SELECT string_agg(action || ' ' || rows, ', ' ORDER BY object) FROM phone_forget($1, keep_suppression => true)
                 WHERE object IN ('phone_crypt.consent_events.phone', 'phone_crypt.suppressed_phones.phone')";
    assert_eq!(client.text(kept, &[&stays]), "deleted 2, kept 1");
    assert!(is_suppressed(&mut client, &stays));
    assert_eq!(state(&mut client, &stays, "news"), "none");
    assert_eq!(
        client.rows("SELECT reason FROM phone_crypt.suppressed_phones"),
        ["forgotten"]
    );
    // And history goes on being kept.
    record(&mut client, &gone, None, "granted");
    client
        .refusal("DELETE FROM phone_crypt.consent_events", &[])
        .says("42501", "only added to");
}

#[test]
fn a_number_is_forgotten_where_limits_are_in_memory() {
    forgets("memory");
}

#[test]
fn a_number_is_forgotten_where_limits_are_in_a_table() {
    forgets("table");
}
