//! The filter before the list: it never rules out a number that is on it.

use phone_crypt_client_tests::{Server, Sql, wait_until};

use crate::shared::{SERVER, filter_state, is_suppressed, number, suppress, wait_for_filter};

#[test]
fn it_is_filled_when_it_is_asked_for_and_kept() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    assert_eq!(filter_state(&mut client), "none");
    suppress(&mut client, &number(1));
    wait_for_filter(&mut client);
    assert!(is_suppressed(&mut client, &number(1)));
    assert!(!is_suppressed(&mut client, &number(2)));
    let mut other = SERVER.connect_as("postgres", &database);
    suppress(&mut other, &number(2));
    assert!(is_suppressed(&mut client, &number(2)));
    // What VACUUM and ANALYZE write about the table changes nothing.
    client.run("VACUUM ANALYZE phone_crypt.suppressed_phones");
    assert_eq!(filter_state(&mut client), "complete");
    client.run("SELECT phone_unsuppress('+61402000002')");
    assert!(!is_suppressed(&mut client, &number(2)));
}

#[test]
fn rows_without_the_trigger_are_found_all_the_same() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    wait_for_filter(&mut client);
    // Not committed yet: from now on the table is asked.
    client.run(
        "BEGIN; ALTER TABLE phone_crypt.suppressed_phones DISABLE TRIGGER USER;
         INSERT INTO phone_crypt.suppressed_phones VALUES ('+61402000001', 'test')",
    );
    assert!(is_suppressed(&mut client, &number(1)));
    client.run("COMMIT");
    assert!(is_suppressed(&mut client, &number(1)));
    assert!(is_suppressed(&mut other, &number(1)));
    // It is not filled while the trigger is off.
    for _ in 0..30 {
        assert!(!is_suppressed(&mut client, &number(9)));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(filter_state(&mut client), "none");
    }
    other.run("INSERT INTO phone_crypt.suppressed_phones VALUES ('+61402000002', 'test')");
    assert!(is_suppressed(&mut client, &number(2)));
    client.run("ALTER TABLE phone_crypt.suppressed_phones ENABLE ALWAYS TRIGGER note_suppressed");
    wait_for_filter(&mut client);
    for n in [1, 2] {
        assert!(is_suppressed(&mut client, &number(n)));
    }
    // A replica's session fires no ordinary triggers.
    client.run(
        "SET session_replication_role = replica;
         INSERT INTO phone_crypt.suppressed_phones VALUES ('+61402000003', 'test');
         RESET session_replication_role",
    );
    assert_eq!(filter_state(&mut client), "complete");
    assert!(is_suppressed(&mut client, &number(3)));
}

#[test]
fn who_writes_while_it_is_filled_is_waited_for() {
    let server =
        Server::preloaded("phone_crypt.environment = development\nmax_prepared_transactions = 5");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    let mut writer = server.connect_as("postgres", &database);
    writer.run("BEGIN");
    suppress(&mut writer, &number(1));
    for _ in 0..30 {
        assert!(!is_suppressed(&mut client, &number(1)));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(filter_state(&mut client), "none");
    }
    writer.run("PREPARE TRANSACTION 'later'");
    // After a restart its bits are gone, and it may commit at any time.
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    for _ in 0..30 {
        assert!(!is_suppressed(&mut client, &number(1)));
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(filter_state(&mut client), "none");
    }
    client.run("COMMIT PREPARED 'later'");
    assert!(is_suppressed(&mut client, &number(1)));
    wait_for_filter(&mut client);
    assert!(is_suppressed(&mut client, &number(1)));
}

#[test]
fn one_that_is_too_small_rules_nothing_out_wrongly() {
    let server = Server::preloaded(
        "phone_crypt.environment = development\nphone_crypt.suppression_filter_size = 10",
    );
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(
        "CREATE TABLE staging AS SELECT '+6140' || to_char(2000000 + n, 'FM0000000') AS phone FROM generate_series(1, 2000) AS n;
         CALL phone_suppress_import('staging', 'phone', 'registry')",
    );
    wait_for_filter(&mut client);
    let wrong = "SELECT count(*) FROM staging WHERE NOT phone_suppressed(phone)";
    assert_eq!(client.number(wrong), 0);
    let others = "SELECT count(*) FROM generate_series(1, 2000) AS n WHERE phone_suppressed('+6141' || to_char(2000000 + n, 'FM0000000'))";
    assert_eq!(client.number(others), 0);
    let alarms = "SELECT (false_alarms > 0.9)::text FROM phone_crypt.suppression_filter";
    assert_eq!(client.text(alarms, &[]), "true");
}

#[test]
fn another_table_in_its_place_is_another_one() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    suppress(&mut client, &number(1));
    wait_for_filter(&mut client);
    client.run("DROP EXTENSION phone_crypt CASCADE; CREATE EXTENSION phone_crypt");
    assert!(!is_suppressed(&mut client, &number(1)));
    suppress(&mut client, &number(2));
    assert!(is_suppressed(&mut client, &number(2)));
    wait_until("the filter is complete again", || {
        is_suppressed(&mut client, &number(3));
        filter_state(&mut client) == "complete"
    });
    assert!(is_suppressed(&mut client, &number(2)));
}
