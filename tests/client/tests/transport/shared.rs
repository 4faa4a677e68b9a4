//! One server for all tests: preloaded, a key file, TLS, and a port on the loopback address.

use phone_crypt_client_tests::samples::{AU, AU_UNDER_K1, K1};
use phone_crypt_client_tests::{Finished, Server, Setup, Sql, free_port};
use std::sync::LazyLock;

pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    // Two lists of addresses in case this machine has no IPv6: PostgreSQL asks for one that works.
    let server = Server::preloaded(&format!(
        "listen_addresses = '127.0.0.1, ::1'\nport = {}",
        free_port()
    ));
    set_up(&server, "");
    server
});

/// Like `SERVER`, in a network namespace of its own where it has an address that is not loopback.
pub fn in_own_network() -> Server {
    let server = Server::start(&Setup {
        conf: "shared_preload_libraries = 'phone_crypt'\nlisten_addresses = '*'",
        own_network: true,
        ..Setup::default()
    });
    set_up(&server, "");
    server
}

/// Gives a server its certificate, its key and these lines of configuration.
pub fn set_up(server: &Server, more: &str) {
    server.make_certificate();
    let keys = server.write_file("keys", K1);
    server.write_conf(&format!(
        "ssl = on\nphone_crypt.key_file = '{}'\n{more}",
        keys.display()
    ));
    server.reload();
    server.connect().run("CREATE EXTENSION phone_crypt");
}

/// Over IPv4 loopback, in the clear.
pub const PLAIN_TCP: &str = "host=127.0.0.1 sslmode=disable gssencmode=disable";

/// Over the Unix socket.
pub const SOCKET: &str = "";

/// A statement that decrypts under a value of `require_tls`.
pub fn decrypt_under(require_tls: &str) -> String {
    format!("SET phone_crypt.require_tls = '{require_tls}'; SELECT phone_decrypt('{AU_UNDER_K1}')")
}

/// Panics unless the statement gave the plain number.
#[track_caller]
pub fn is_plain(finished: &Finished) {
    assert_eq!(finished.output(), AU);
}

/// Panics unless it was refused for want of encryption, with a hint, and gave no plain number.
#[track_caller]
pub fn is_refused(finished: &Finished) {
    let Finished { stdout, stderr, .. } = finished;
    assert!(
        !stdout.contains(AU) && !stderr.contains(AU),
        "the plain number left: {finished:?}"
    );
    assert!(
        stderr.contains("ERROR:  42501: plain phone numbers leave this server only over TLS"),
        "{finished:?}"
    );
    assert!(
        stderr.contains("HINT:  Connect with sslmode=require"),
        "{finished:?}"
    );
}
