//! One server for all tests of this file, one test at a time, since each changes its configuration.

use phone_crypt_client_tests::{Refusal, Server, Sql};
use postgres::Client;
use std::ops::Deref;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard};

static SERVER: LazyLock<Mutex<Server>> = LazyLock::new(|| {
    let server = Server::preloaded("");
    server.connect().run("CREATE DATABASE shared");
    server
        .connect_as("postgres", "shared")
        .run("CREATE EXTENSION phone_crypt");
    Mutex::new(server)
});

/// The server, for one test alone.
pub struct Turn(MutexGuard<'static, Server>);

impl Deref for Turn {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

/// Waits for the server and gives it this configuration.
pub fn with_conf(conf: &str) -> Turn {
    // A test that failed leaves nothing behind that matters: the next one writes its own configuration.
    let turn = Turn(
        SERVER
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()),
    );
    turn.write_conf(conf);
    turn.reload();
    turn
}

/// The same with a key file that is written first.
pub fn with_key_file(keys: impl AsRef<[u8]>) -> Turn {
    let turn = with_conf("");
    let path = turn.write_file("keys", keys);
    turn.use_key_file(&path);
    turn
}

impl Turn {
    /// A session in a database with the extension.
    pub fn session(&self) -> Client {
        self.connect_as("postgres", "shared")
    }

    /// Makes this the key file.
    pub fn use_key_file(&self, path: &Path) {
        self.write_conf(&key_file(path));
        self.reload();
    }

    /// What a new session's first encryption is refused with.
    #[track_caller]
    pub fn first_refusal(&self) -> Refusal {
        self.session()
            .refusal("SELECT phone_encrypt('+61401148075')", &[])
    }
}

/// The line of configuration that names a key file.
pub fn key_file(path: &Path) -> String {
    format!("phone_crypt.key_file = '{}'\n", path.display())
}
