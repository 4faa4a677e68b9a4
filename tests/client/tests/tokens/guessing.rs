//! Whoever guesses is locked out, and nobody else.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, UNKNOWN, create, reason_from};

#[test]
fn failures_count_although_they_are_rolled_back() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let token = create(&mut client, "valid");
    client.run("BEGIN");
    let reasons: Vec<String> = (0..30)
        .map(|_| reason_from(&mut client, UNKNOWN, "192.0.2.7"))
        .collect();
    client.run("ROLLBACK");
    assert_eq!(reasons.first().map(String::as_str), Some("unknown"));
    assert_eq!(reasons.last().map(String::as_str), Some("blocked"));
    assert_eq!(reason_from(&mut client, UNKNOWN, "192.0.2.7"), "blocked");
    // A neighbour behind the same address, and who guesses elsewhere.
    assert_eq!(reason_from(&mut client, &token.text, "192.0.2.7"), "ok");
    assert_eq!(reason_from(&mut client, UNKNOWN, "192.0.2.8"), "unknown");
    // One that passes takes nothing back of what others did.
    assert_eq!(reason_from(&mut client, UNKNOWN, "192.0.2.7"), "blocked");
}

#[test]
fn however_many_guess_at_once_no_valid_token_is_refused() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let token = create(&mut client, "valid");
    let reasons = SERVER.at_once(&database, 32, |number, client| {
        let text = if number % 2 == 0 {
            &token.text
        } else {
            UNKNOWN
        };
        (0..100)
            .map(|_| reason_from(client, text, "192.0.2.9"))
            .collect::<Vec<_>>()
    });
    for (number, reasons) in reasons.iter().enumerate() {
        let is_valid = number % 2 == 0;
        assert!(reasons.iter().all(|reason| (reason == "ok") == is_valid));
    }
    let unknown = reasons
        .iter()
        .flatten()
        .filter(|reason| *reason == "unknown");
    assert_eq!(unknown.count(), 10, "then all are blocked");
}
