//! Connections without TLS.

use phone_crypt_client_tests::{Sql, free_port};

use crate::shared::{CONF, fires, is_quiet, pinned, pinned_in, well_set_up};

#[test]
fn a_server_on_the_network_without_tls() {
    is_quiet(&mut pinned(), "tls");
    let port = free_port();
    let server = well_set_up(&format!(
        "{CONF}port = {port}\nlisten_addresses = 'localhost, 127.0.0.1'\n"
    ));
    is_quiet(&mut pinned_in(&server), "tls");
    server.write_conf("listen_addresses = '*'\n");
    server.restart();
    server.write_file("phone_crypt.keys", crate::shared::KEY);
    fires(&mut pinned_in(&server), "tls", "warning", "ssl is off");
    server.make_certificate();
    server.write_conf("listen_addresses = '*'\nssl = on\n");
    server.restart();
    is_quiet(&mut pinned_in(&server), "tls");
    server.write_conf("listen_addresses = '*'\nssl = on\nssl_min_protocol_version = 'TLSv1.1'\n");
    server.reload();
    fires(
        &mut pinned_in(&server),
        "tls",
        "warning",
        "ssl_min_protocol_version is TLSv1.1",
    );
}

#[test]
fn lines_that_let_other_machines_in() {
    let server = well_set_up(CONF);
    let mut client = pinned_in(&server);
    is_quiet(&mut client, "hba");
    server.trust("192.0.2.7");
    // As the file is, reloaded or not.
    fires(
        &mut client,
        "hba",
        "warning",
        "pg_hba.conf lets other machines in without TLS: line ",
    );
    let found = client.rows("SELECT * FROM phone_crypt_doctor() WHERE \"check\" = 'hba'");
    assert!(!found.concat().contains("192.0.2"));
    let path = server.path("data/pg_hba.conf");
    let lines = std::fs::read_to_string(path).unwrap();
    server.write_file(
        "data/pg_hba.conf",
        lines.replace("host all all 192.0.2.7", "hostssl all all 192.0.2.7"),
    );
    is_quiet(&mut client, "hba");
    server.write_file(
        "data/pg_hba.conf",
        lines.replace("host all all 192.0.2.7/32 trust", "host all all all reject"),
    );
    is_quiet(&mut client, "hba");
}
