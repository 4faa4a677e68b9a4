//! A server, and what is asked of it.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use postgres::Client;
use std::sync::LazyLock;

pub static SERVER: LazyLock<Server> = LazyLock::new(|| {
    Server::preloaded("max_connections = 200\nphone_crypt.environment = development")
});

/// A number of its own for each `n`.
pub fn number(n: usize) -> String {
    format!("+6140{:07}", 2_000_000 + n)
}

pub fn suppress(client: &mut Client, phone: &str) -> bool {
    let sql = "SELECT phone_suppress($1::text, 'test')::text";
    client.text(sql, &[&phone]) == "true"
}

pub fn is_suppressed(client: &mut Client, phone: &str) -> bool {
    client.text("SELECT phone_suppressed($1::text)::text", &[&phone]) == "true"
}

pub fn record(client: &mut Client, phone: &str, topic: Option<&str>, state: &str) {
    let sql = "SELECT consent_record($1::text, $2, $3, 'test', $4::text::jsonb)::text";
    client.text(
        sql,
        &[&phone, &topic, &state, &r#"{"how": "a secret form"}"#],
    );
}

/// The state that decides; `none` where nothing is recorded.
pub fn state(client: &mut Client, phone: &str, topic: &str) -> String {
    let sql = "SELECT coalesce(state, 'none') FROM consent_check($1::text, $2)";
    client.text(sql, &[&phone, &topic])
}

/// How far the filter is.
pub fn filter_state(client: &mut Client) -> String {
    client.text("SELECT state FROM phone_crypt.suppression_filter", &[])
}

/// Asks until the filter is complete: the first question has it filled.
pub fn wait_for_filter(client: &mut Client) {
    wait_until("the filter is complete", || {
        is_suppressed(client, &number(0));
        filter_state(client) == "complete"
    });
}
