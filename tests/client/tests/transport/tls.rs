//! Which versions of TLS count as encrypted.

use phone_crypt_client_tests::{Server, free_port};

use crate::shared::{SERVER, decrypt_under, is_plain, is_refused, set_up};

/// The version that this session speaks.
const VERSION: &str = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

fn exactly(version: &str) -> String {
    format!(
        "host=127.0.0.1 sslmode=require ssl_min_protocol_version={version} ssl_max_protocol_version={version}"
    )
}

#[test]
fn tls_1_2_and_1_3_are_enough_for_on() {
    for version in ["TLSv1.2", "TLSv1.3"] {
        let connection = exactly(version);
        assert_eq!(SERVER.psql(&connection, VERSION).output(), version);
        is_plain(&SERVER.psql(&connection, &decrypt_under("on")));
        is_plain(&SERVER.psql(&connection, &decrypt_under("remote")));
    }
}

#[test]
fn older_versions_of_tls_are_not_enough() {
    // OpenSSL's own rules forbid them on most systems; level 0 allows them where they are built in.
    let server = Server::preloaded(&format!(
        "listen_addresses = '127.0.0.1'\nport = {}",
        free_port()
    ));
    set_up(
        &server,
        "ssl_min_protocol_version = 'TLSv1'\nssl_ciphers = 'ALL:@SECLEVEL=0'",
    );
    let rules = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = any\n\
                 [any]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n";
    let rules = server.write_file("openssl.cnf", rules);
    let environment = [("OPENSSL_CONF", rules.to_str().unwrap())];
    for version in ["TLSv1", "TLSv1.1"] {
        let connection = exactly(version);
        let spoken = server.psql_with(&environment, &connection, VERSION);
        if !spoken.succeeded {
            println!(
                "OpenSSL refuses {version} here: not tried ({})",
                spoken.stderr
            );
            continue;
        }
        assert_eq!(spoken.output(), version);
        is_refused(&server.psql_with(&environment, &connection, &decrypt_under("on")));
        is_plain(&server.psql_with(&environment, &connection, &decrypt_under("off")));
    }
}
