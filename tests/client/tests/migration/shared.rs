//! One server for all tests: each works in a database of its own.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Its keys are `K1`, and `K2` as a previous one.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("max_connections = 100\n");
    let keys = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server
});

/// A new database with the extension, a new role that may log in, make tables and use the procedures, and a session
/// of the superuser and one of the role.
pub fn with_owner() -> (Client, Client) {
    let database = SERVER.database();
    let owner = format!("owner_{database}");
    let mut superuser = SERVER.connect_as("postgres", &database);
    superuser.run(&format!(
        "CREATE ROLE {owner} LOGIN;
         SELECT phone_crypt_grant('{owner}', 'admin'), phone_crypt_grant('{owner}', 'reader'),
                phone_crypt_grant('{owner}', 'writer');
         GRANT CREATE ON SCHEMA public TO {owner}"
    ));
    let owner = SERVER.connect_as(&owner, &database);
    (superuser, owner)
}
