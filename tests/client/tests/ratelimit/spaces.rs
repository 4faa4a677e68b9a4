//! Keys of policies are in a space of their own: whatever a caller calls a key, it is none of theirs.

use phone_crypt_client_tests::{Hits, Limit, Server, Sql};
use postgres::Client;
use std::time::Duration;

use crate::shared::engines;

/// What the state of a policy's key is called.
const NAME: &str = "policy:api:u";

fn session(server: &Server, durable: bool) -> Client {
    let mut client = server.session();
    client.run(&format!(
        "SELECT ratelimit_policy_set('api', 5, '1 day', durable => {durable})"
    ));
    client
}

/// Everything that takes a caller's key, called with the name of a policy's.
const CALLS: [&str; 9] = [
    "SELECT ratelimit_hit('policy:api:u', 1000000, '1 ms')",
    "SELECT ratelimit_allow('policy:api:u', 1, '1 day', algorithm => 'token_bucket')",
    "SELECT ratelimit_peek('policy:api:u', 5, '1 ms')",
    "SELECT ratelimit_refund('policy:api:u', 3)",
    "SELECT ratelimit_block('policy:api:u', '1 day')",
    "SELECT ratelimit_unblock('policy:api:u')",
    "SELECT ratelimit_merge('policy:api:u', 100,
                            (extract(epoch FROM clock_timestamp()) * 1000)::bigint, '1 day')",
    "SELECT ratelimit_reset('policy:api:u')",
    "SELECT ratelimit_headers('name', 'policy:api:u', 5, '1 day')",
];

#[test]
fn no_key_of_a_caller_reaches_that_of_a_policy() {
    for (engine, server) in engines() {
        for durable in [false, true] {
            let mut client = session(server, durable);
            client.check("api", "u");
            for (number, call) in CALLS.iter().enumerate() {
                client.run(call);
                if number % 3 == 0 {
                    client.run("SELECT ratelimit_flush()");
                }
            }
            let answer = client.check("api", "u");
            assert_eq!(
                (answer.remaining, answer.reason.as_str()),
                (3, "ok"),
                "{engine}, {durable}"
            );
        }
    }
}

#[test]
fn no_policy_reaches_a_key_of_a_caller() {
    for (engine, server) in engines() {
        for durable in [false, true] {
            let mut client = session(server, durable);
            let limit = Limit::fixed(9);
            client.hit(NAME, &limit);
            client.check("api", "u");
            for call in [
                "SELECT ratelimit_block('u', '1 day', 'api')",
                "SELECT ratelimit_unblock('u', 'api')",
                "SELECT ratelimit_refund('u', 1, 'api')",
                "SELECT ratelimit_reset('u', 'api')",
                "SELECT ratelimit_flush()",
                "SELECT ratelimit_policy_drop('api')",
            ] {
                client.run(call);
            }
            assert_eq!(client.hit(NAME, &limit).remaining, 7, "{engine}, {durable}");
        }
    }
}

#[test]
fn both_are_shown_each_for_itself() {
    for (engine, server) in engines() {
        for durable in [false, true] {
            let mut client = session(server, durable);
            client.check("api", "u");
            let other = Limit::fixed(9);
            client.hit(NAME, &other);
            client.hit(NAME, &other);
            let of_policy = if durable { "table" } else { engine };
            let expected = [
                format!("{NAME}|api|{of_policy}|1"),
                format!("{NAME}||{engine}|2"),
            ];
            let shown =
                "SELECT key, policy, engine, used FROM phone_crypt.ratelimit_status ORDER BY used";
            assert_eq!(client.rows(shown), expected);
            client.run("SELECT ratelimit_flush()");
            assert_eq!(client.rows(shown), expected);
            let kept = "SELECT id, kind, count FROM phone_crypt.rate_limits ORDER BY kind";
            assert_eq!(
                client.rows(kept),
                [format!("{NAME}|0|2"), format!("{NAME}|1|1")]
            );
        }
    }
}

/// A row of the legacy application may have any id.
#[test]
fn a_migrated_row_is_a_callers_key() {
    for (engine, server) in engines() {
        let mut client = session(server, false);
        client.check("api", "u");
        client.run(
            "CREATE TABLE old (id text PRIMARY KEY, count integer NOT NULL DEFAULT 0, window_start bigint NOT NULL,
                               created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
             INSERT INTO old VALUES ('policy:api:u', 4, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)",
        );
        client.run("CALL phone_migrate_rate_limits('old', 'phone_crypt.rate_limits', other_keys => 'move')");
        assert_eq!(client.check("api", "u").remaining, 3, "{engine}");
        let limit = Limit::fixed(9).each(Duration::from_secs(3600));
        assert_eq!(client.hit(NAME, &limit).remaining, 4, "{engine}");
        client.run("SELECT phone_crypt_adopt_rate_limits('old')");
        assert_eq!(
            client.rows("SELECT id, count FROM old"),
            [format!("{NAME}|5")]
        );
    }
}

/// The longest keys there are, in the longest-named policy, and what is longer.
#[test]
fn keys_have_512_bytes_everywhere_and_break_no_view() {
    for (engine, server) in engines() {
        for durable in [false, true] {
            let mut client = session(server, durable);
            let policy = "p".repeat(63);
            client.run(&format!(
                "SELECT ratelimit_policy_set('{policy}', 5, '1 day', durable => {durable})"
            ));
            for call in [
                "ratelimit_check('api', KEY)",
                "ratelimit_check('POLICY', KEY)",
                "ratelimit_hit(KEY, 5, '1 day')",
            ] {
                let call = call.replace("POLICY", &policy);
                for (length, fits) in [
                    (511, true),
                    (512, true),
                    (513, false),
                    (583, false),
                    (584, false),
                ] {
                    let key = format!("repeat('x', {length})");
                    let answer =
                        client.try_rows(&format!("SELECT * FROM {}", call.replace("KEY", &key)));
                    assert_eq!(answer.is_ok(), fits, "{engine}: {call}, {length}");
                    if let Err(refusal) = answer {
                        refusal.says("22023", "512 bytes");
                    }
                }
            }
            client.run("SELECT ratelimit_flush()");
            // Rows that somebody wrote by hand.
            client.run(
                "INSERT INTO phone_crypt.rate_limits (id, count, window_start)
                 SELECT repeat('y', length), 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
                   FROM unnest(ARRAY[0, 513, 583, 584, 600]) AS length",
            );
            let view = "SELECT length(id), count FROM phone_crypt.legacy_rate_limits ORDER BY 1";
            assert_eq!(client.rows(view), ["511|1", "512|1"], "{engine}");
            let status =
                "SELECT max(length(key)) FROM phone_crypt.ratelimit_status WHERE policy <> ''";
            assert_eq!(client.rows(status), ["583"], "{engine}");
        }
    }
}
