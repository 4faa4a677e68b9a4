//! One server an engine, for all tests: each works in a database of its own.

use phone_crypt_client_tests::Server;
use phone_crypt_client_tests::samples::K1;
use std::sync::LazyLock;

/// Counts are kept in shared memory.
pub static MEMORY: LazyLock<Server> = LazyLock::new(|| with_engine("memory"));

/// Counts are kept in the table.
pub static TABLE: LazyLock<Server> = LazyLock::new(|| with_engine("table"));

/// Both, with the engine's name.
pub fn engines() -> [(&'static str, &'static Server); 2] {
    [("memory", &MEMORY), ("table", &TABLE)]
}

fn with_engine(engine: &str) -> Server {
    let server = Server::preloaded(&format!(
        "max_connections = 100\nphone_crypt.ratelimit_engine = '{engine}'\n"
    ));
    let keys = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    server
}
