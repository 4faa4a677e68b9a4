//! What pg_dump takes along: policies, lists, counts that were flushed, blocks.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql, finish};
use std::process::Command;

fn run(server: &Server, program: &str, arguments: &[&str]) {
    let mut command = Command::new(server.program(program));
    command.arg("--host").arg(server.path(""));
    command.args(["--username", "postgres"]).args(arguments);
    finish(&mut command).output();
}

const SET_UP: &str = "
    SELECT ratelimit_policy_set('strict', 2, '100 days', penalties => '{1 hour,2 days}');
    SELECT ratelimit_policy_set('durable', 10, '100 days', 'token_bucket', 5, durable => true);
    SELECT ratelimit_list_key('deny', 'denied', 'a note');
    SELECT ratelimit_list_network('allow', '10.1.0.0/16');
    SELECT FROM ratelimit_hit('k', 10, '100 days', 4, 'sliding_window');
    SELECT ratelimit_check('strict', 'villain') FROM generate_series(1, 3);
    SELECT ratelimit_block('blocked', '1 hour');
    SELECT ratelimit_policy_override('strict', 'vip', 20), ratelimit_policy_override('durable', 'vip', 7, '1 day', 3);
    SELECT FROM ratelimit_check('durable', 'k', 2);
    SELECT set_config('phone_crypt.encryption_key', repeat('0123456789abcdef', 4), false);
    SELECT ratelimit_list_phone('deny', '+61401148075');
    SELECT ratelimit_block_phone('+61401148076', '1 hour', 'strict');
    SELECT ratelimit_block_phone('+61401148077', '1 hour');
    SELECT ratelimit_flush()";

const EVERYTHING: [&str; 5] = [
    "SELECT * FROM phone_crypt.ratelimit_policies ORDER BY name",
    "SELECT * FROM phone_crypt.ratelimit_lists ORDER BY 1, 2, 3",
    "SELECT * FROM phone_crypt.ratelimit_policy_overrides ORDER BY 1, 2",
    "SELECT * FROM phone_crypt.ratelimit_blocked_phones ORDER BY 1, 2",
    "SELECT key, algorithm, \"limit\", \"window\", burst, used, violations, blocked_until
       FROM phone_crypt.ratelimit_status ORDER BY key COLLATE \"C\"",
];

#[test]
fn policies_lists_counts_and_blocks_survive_a_dump_and_a_restore() {
    let server = Server::preloaded("");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(SET_UP);
    let before = EVERYTHING.map(|sql| client.rows(sql));
    assert!(before.iter().all(|rows| rows.len() >= 2), "{before:?}");

    let dump = server.path("dump");
    let dump = dump.to_str().unwrap();
    run(
        &server,
        "pg_dump",
        &["--format=custom", "--file", dump, &database],
    );
    let restored = server.empty_database();
    run(
        &server,
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );

    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(EVERYTHING.map(|sql| client.rows(sql)), before);
    let limit = Limit::of("sliding_window", 10);
    assert_eq!(client.hit("k", &limit).remaining, 5);
    assert_eq!(client.hit("blocked", &limit).reason, "blocked");
    assert_eq!(client.hit("denied", &limit).reason, "denylist");
    assert_eq!(client.hit("10.1.2.3:login", &limit).remaining, 10);
    assert_eq!(client.check("strict", "villain").reason, "blocked");
    assert_eq!(client.check("durable", "k").remaining, 2);
}
