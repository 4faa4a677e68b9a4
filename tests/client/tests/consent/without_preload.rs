//! Without preload there is no filter, and all else is the same.

use phone_crypt_client_tests::samples::K1;
use phone_crypt_client_tests::{Server, Setup, Sql};

use crate::shared::{filter_state, is_suppressed, number, record, state, suppress};

#[test]
fn the_table_is_asked() {
    let server = Server::start(&Setup::default());
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run("LOAD 'phone_crypt'");
    client.set("encryption_key", K1);
    assert!(suppress(&mut client, &number(1)));
    assert!(is_suppressed(&mut client, &number(1)));
    assert!(!is_suppressed(&mut client, &number(2)));
    assert_eq!(filter_state(&mut client), "off");
    record(&mut client, &number(1), None, "withdrawn");
    assert_eq!(state(&mut client, &number(1), "news"), "withdrawn");
}
