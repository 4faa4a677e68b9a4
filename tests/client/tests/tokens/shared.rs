//! A server, and tokens on it.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    Server::preloaded("max_connections = 100\nphone_crypt.environment = development")
});

pub struct Token {
    pub id: String,
    pub text: String,
}

/// A new token of this name.
pub fn create(client: &mut Client, name: &str) -> Token {
    let row = client
        .query_one("SELECT token_id, token FROM api_token_create($1)", &[&name])
        .unwrap();
    Token {
        id: row.get(0),
        text: row.get(1),
    }
}

/// Why a token passes or not.
pub fn reason(client: &mut Client, token: &str) -> String {
    client.text("SELECT reason FROM api_token_verify($1)", &[&token])
}

/// The same from an address.
pub fn reason_from(client: &mut Client, token: &str, address: &str) -> String {
    client.text(
        "SELECT reason FROM api_token_verify($1, client => $2::text::inet)",
        &[&token, &address],
    )
}

/// A token whose checksum is right, and which nobody has.
pub const UNKNOWN: &str = "pc_000000000001_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA026gMe";
