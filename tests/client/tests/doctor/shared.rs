//! A server that is set up well, and what the doctor finds in its databases.

use phone_crypt_client_tests::{Server, Setup, Sql};
use postgres::Client;
use std::sync::LazyLock;

pub const KEY: &str = "a3c1f0e2d4b596877869504132e1f0d9c8b7a69584736251403f2e1d0c9b8a70";
pub const CONF: &str = "shared_preload_libraries = 'phone_crypt'\nlog_parameter_max_length = 0\n";

/// Set up well: what a test changes there, it undoes, or it is a database's own.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| well_set_up(CONF));

/// A server with a key file outside its data directory, and no core files.
pub fn well_set_up(conf: &str) -> Server {
    let server = Server::start(&Setup {
        conf: &format!("{conf}phone_crypt.key_file = '../phone_crypt.keys'\n"),
        ..Setup::default()
    });
    server.write_file("phone_crypt.keys", KEY);
    server.limit_core_files(0);
    server
}

/// A superuser's session in a new database that is pinned to its keys.
pub fn pinned() -> Client {
    pinned_in(&SERVER)
}

pub fn pinned_in(server: &Server) -> Client {
    let mut client = server.session();
    client.run("SELECT phone_crypt_pin_keys()");
    client
}

/// What a check finds: severity and detail.
#[track_caller]
pub fn findings(client: &mut Client, check: &str) -> Vec<String> {
    let known = "SELECT count(*) FROM phone_crypt.doctor_checks WHERE name = '";
    assert_eq!(client.rows(&format!("{known}{check}'")), ["1"], "{check}");
    client.rows(&format!(
        "SELECT severity, detail FROM phone_crypt_doctor() WHERE \"check\" = '{check}'"
    ))
}

#[track_caller]
pub fn is_quiet(client: &mut Client, check: &str) {
    assert_eq!(findings(client, check), [""; 0], "{check}");
}

/// One finding of the check is of this severity, and has this text.
#[track_caller]
pub fn fires(client: &mut Client, check: &str, severity: &str, text: &str) {
    let found = findings(client, check);
    let begins = format!("{severity}|");
    assert!(
        found
            .iter()
            .any(|finding| finding.starts_with(&begins) && finding.contains(text)),
        "{check}: no {severity} with {text:?} in {found:?}"
    );
}

/// What the doctor says to do about the first finding of a check.
#[track_caller]
pub fn remedy(client: &mut Client, check: &str) -> String {
    let sql = "SELECT remedy FROM phone_crypt_doctor() WHERE \"check\" = $1 LIMIT 1";
    client.text(sql, &[&check])
}
