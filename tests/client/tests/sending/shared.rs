//! A server, and checks on it.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

pub const CONF: &str = "max_connections = 100\nphone_crypt.environment = development\n";

/// With the memory engine.
pub static SERVER: LazyLock<Server> = LazyLock::new(|| Server::preloaded(CONF));

/// With the table engine.
pub static TABLE_SERVER: LazyLock<Server> =
    LazyLock::new(|| Server::preloaded(&format!("{CONF}phone_crypt.ratelimit_engine = table\n")));

/// What a check answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub allowed: bool,
    pub reason: String,
    pub send_id: Option<i64>,
    pub warnings: Vec<String>,
}

/// Checks a number under a policy.
pub fn check(client: &mut Client, phone: &str, policy: &str) -> Answer {
    let row = client
        .query_one(
            "SELECT allowed, reason, send_id, warnings FROM phone_send_check($1, $2)",
            &[&phone, &policy],
        )
        .unwrap();
    Answer {
        allowed: row.get(0),
        reason: row.get(1),
        send_id: row.get(2),
        warnings: row.get(3),
    }
}

/// Why it may be sent to or not.
pub fn reason(client: &mut Client, phone: &str, policy: &str) -> String {
    check(client, phone, policy).reason
}

/// Makes a policy that sends everywhere and limits nothing else but what these arguments say.
pub fn policy(client: &mut Client, name: &str, arguments: &str) {
    client.run(&format!(
        "SELECT phone_send_policy_set('{name}', regions => '{{all}}', per_number => '{{}}', per_client => '{{}}',
             per_account => '{{}}', per_block_1000 => '{{}}', per_block_10000 => '{{}}');
         SELECT phone_send_policy_set('{name}', {arguments})"
    ));
}
