//! Sockets, loopback and other addresses, in the clear.

use phone_crypt_client_tests::{NON_LOOPBACK, can_make_namespaces};
use std::net::TcpListener;

use crate::shared::{
    PLAIN_TCP, SERVER, SOCKET, decrypt_under, in_own_network, is_plain, is_refused,
};

#[test]
fn off_lets_plain_text_leave_anywhere() {
    for connection in [SOCKET, PLAIN_TCP] {
        is_plain(&SERVER.psql(connection, &decrypt_under("off")));
    }
}

#[test]
fn remote_is_the_default_and_exempts_sockets_and_loopback() {
    assert_eq!(
        SERVER.psql(SOCKET, "SHOW phone_crypt.require_tls").output(),
        "remote"
    );
    for connection in [SOCKET, PLAIN_TCP] {
        is_plain(&SERVER.psql(connection, &decrypt_under("remote")));
    }
}

#[test]
fn on_exempts_nothing() {
    for connection in [SOCKET, PLAIN_TCP] {
        is_refused(&SERVER.psql(connection, &decrypt_under("on")));
    }
}

#[test]
fn loopback_of_ipv6_is_loopback() {
    if TcpListener::bind("[::1]:0").is_err() {
        println!("this machine has no IPv6: not tried");
        return;
    }
    let connection = "host=::1 sslmode=disable";
    is_plain(&SERVER.psql(connection, &decrypt_under("remote")));
    is_refused(&SERVER.psql(connection, &decrypt_under("on")));
}

#[test]
fn an_address_that_is_not_loopback_needs_tls_under_remote() {
    if !can_make_namespaces() {
        println!("no leave to make a network namespace (it takes root): not tried");
        return;
    }
    let server = in_own_network();
    server.trust(NON_LOOPBACK);
    server.reload();
    let plain = format!("host={NON_LOOPBACK} sslmode=disable gssencmode=disable");
    let peer = server.psql_in_its_namespace(&plain, "SELECT inet_client_addr()");
    assert_eq!(
        peer.output(),
        NON_LOOPBACK,
        "the test itself should come from elsewhere"
    );
    is_plain(&server.psql_in_its_namespace(&plain, &decrypt_under("off")));
    is_refused(&server.psql_in_its_namespace(&plain, &decrypt_under("remote")));
    is_refused(&server.psql_in_its_namespace(&plain, &decrypt_under("on")));
    let encrypted = format!("host={NON_LOOPBACK} sslmode=require");
    is_plain(&server.psql_in_its_namespace(&encrypted, &decrypt_under("remote")));
    is_plain(&server.psql_in_its_namespace(&encrypted, &decrypt_under("on")));
    // All of 127.0.0.0/8 is loopback, not its first address alone.
    let loopback = "host=127.0.0.2 sslmode=disable gssencmode=disable";
    server.trust("127.0.0.2");
    server.reload();
    is_plain(&server.psql_in_its_namespace(loopback, &decrypt_under("remote")));
}
