//! What a server needs to be reached over TCP: a port, a certificate, and leave to connect.

use std::net::TcpListener;
use std::process::Command;

use crate::command::finish;
use crate::files::Owner;
use crate::server::Server;

/// A TCP port of the loopback address that nobody listens on just now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Server {
    /// Gives it a new self-signed certificate, for `ssl = on`.
    pub fn make_certificate(&self) {
        let (key, certificate) = (self.path("data/server.key"), self.path("data/server.crt"));
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]);
        finish(
            command
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&certificate),
        )
        .output();
        self.give(&key, Owner::Server, 0o600);
        self.give(&certificate, Owner::Server, 0o600);
    }

    /// Lets everyone connect from this address without a password, from the next reload on.
    pub fn trust(&self, address: &str) {
        let path = self.path("data/pg_hba.conf");
        let mut lines = std::fs::read_to_string(&path).unwrap();
        lines.push_str(&format!("host all all {address}/32 trust\n"));
        self.write_file("data/pg_hba.conf", lines);
    }
}
