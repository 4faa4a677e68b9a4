//! Many sessions at once, and transactions that are rolled back.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, is_suppressed, number, record, state, suppress};

#[test]
fn of_64_sessions_each_sees_what_any_has_committed() {
    let database = SERVER.database();
    let answers = SERVER.at_once(&database, 64, |session, client| {
        // Each number is suppressed by several sessions: once it is new.
        let mut new = 0;
        for round in 0..40 {
            let shared = number(round);
            new += usize::from(suppress(client, &shared));
            assert!(is_suppressed(client, &shared));
            let own = number(1000 + session * 100 + round);
            assert!(!is_suppressed(client, &own));
            assert!(suppress(client, &own));
            assert!(is_suppressed(client, &own));
        }
        new
    });
    assert_eq!(answers.iter().sum::<usize>(), 40);
    let mut client = SERVER.connect_as("postgres", &database);
    let rows = client.number("SELECT count(*) FROM phone_crypt.suppressed_phones");
    assert_eq!(rows, 40 + 64 * 40);
}

#[test]
fn of_64_that_report_one_stop_one_confirms_it() {
    let database = SERVER.database();
    let reply = |topic: Option<&'static str>| {
        let confirmations = SERVER.at_once(&database, 64, |_, client| {
            let sql = "SELECT coalesce(confirmation, 'none') FROM consent_reply($1::text, 'STOP', topic => $2)";
            client.text(sql, &[&number(1), &topic])
        });
        let mut given = confirmations.iter().filter(|it| *it == "opt_out");
        (given.next().is_some(), given.count())
    };
    assert_eq!(reply(None), (true, 0));
    let mut client = SERVER.connect_as("postgres", &database);
    record(&mut client, &number(1), Some("news"), "granted");
    assert_eq!(reply(Some("news")), (true, 0));
}

#[test]
fn what_is_rolled_back_was_never_said() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    let phone = number(1);
    client.run("BEGIN");
    suppress(&mut client, &phone);
    record(&mut client, &phone, Some("news"), "granted");
    assert!(is_suppressed(&mut client, &phone));
    assert_eq!(state(&mut client, &phone, "news"), "granted");
    assert!(!is_suppressed(&mut other, &phone));
    assert_eq!(state(&mut other, &phone, "news"), "none");
    client.run("ROLLBACK");
    assert!(!is_suppressed(&mut client, &phone));
    assert_eq!(state(&mut client, &phone, "news"), "none");
}

#[test]
fn a_suppression_counts_under_an_old_snapshot_too() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    client.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    assert!(!is_suppressed(&mut client, &number(1)));
    suppress(&mut other, &number(1));
    record(&mut other, &number(1), None, "withdrawn");
    assert!(is_suppressed(&mut client, &number(1)));
    assert_eq!(state(&mut client, &number(1), "news"), "withdrawn");
    client.run("COMMIT");
}
