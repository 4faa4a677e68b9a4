//! The filter over crashes, restarts, and on a standby.

use phone_crypt_client_tests::Server;

use crate::shared::{filter_state, is_suppressed, number, suppress, wait_for_filter};

#[test]
fn after_a_crash_it_is_filled_anew() {
    let server = Server::preloaded("phone_crypt.environment = development");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    suppress(&mut client, &number(1));
    wait_for_filter(&mut client);
    server.crash();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(filter_state(&mut client), "none");
    assert!(is_suppressed(&mut client, &number(1)));
    wait_for_filter(&mut client);
    assert!(is_suppressed(&mut client, &number(1)));
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    assert!(is_suppressed(&mut client, &number(1)));
}

#[test]
fn a_standby_asks_the_table_and_once_promoted_the_filter() {
    let primary = Server::preloaded("phone_crypt.environment = development");
    let database = primary.database();
    let mut client = primary.connect_as("postgres", &database);
    suppress(&mut client, &number(1));
    let standby = primary.standby("");
    suppress(&mut client, &number(2));
    standby.wait_for_replay_of(&primary);
    let mut other = standby.connect_as("postgres", &database);
    for n in [1, 2] {
        assert!(is_suppressed(&mut other, &number(n)));
    }
    assert_eq!(filter_state(&mut other), "off");
    suppress(&mut client, &number(3));
    standby.wait_for_replay_of(&primary);
    assert!(is_suppressed(&mut other, &number(3)));
    standby.promote();
    wait_for_filter(&mut other);
    for n in [1, 2, 3] {
        assert!(is_suppressed(&mut other, &number(n)));
    }
    assert!(!is_suppressed(&mut other, &number(4)));
}
