//! Who is told of a key: whoever sees keys anyway.

use phone_crypt_client_tests::{Sql, wait_until};
use postgres::fallible_iterator::FallibleIterator;
use std::time::Duration;

use crate::shared::{SERVER, USUAL, World, hit, unusual};

#[test]
fn neither_listeners_nor_the_audit_log_are_told_of_a_key() {
    let mut world = World::new(&SERVER);
    world.watch("notify,block");
    let key = "phone:+61401148075";
    let mut listener = SERVER.connect_as("postgres", &world.database);
    listener.run("LISTEN phone_crypt_anomaly");
    world.teach(|client| hit(client, key, USUAL));
    world.run_until(
        |client| hit(client, key, 10 * USUAL),
        |admin| unusual(admin, key) > 0,
    );
    let mut told = Vec::new();
    wait_until("two notifications", || {
        let mut waiting = listener.notifications();
        let mut new = waiting.timeout_iter(Duration::from_millis(100));
        while let Some(notification) = new.next().unwrap() {
            told.push(notification.payload().to_owned());
        }
        told.len() >= 2
    });
    for payload in &told {
        assert!(!payload.contains("401148075"), "{payload}");
        let sql = format!("SELECT count(*) FROM phone_crypt.anomalies AS a, jsonb_to_record('{payload}') AS n (id bigint, kind text, policy text)
             WHERE a.id = n.id AND a.kind = n.kind AND a.policy = n.policy");
        assert_eq!(world.admin.number(&sql), 1, "{payload}");
    }
    let audited =
        "SELECT fields->>'kind', fields->>'policy', fields->>'blocked' FROM phone_crypt.audit_log
                    WHERE event = 'anomaly' ORDER BY 3";
    wait_until("two records", || world.admin.rows(audited).len() >= 2);
    assert_eq!(world.admin.rows(audited), ["hits|p|false", "hits|p|true"]);
    let leaks = "SELECT count(*) FROM phone_crypt.audit_log WHERE fields::text LIKE '%401148075%'";
    assert_eq!(world.admin.number(leaks), 0);
    // An auditor sees that there was something, and an administrator of which key.
    let role = format!("auditor_{}", world.database);
    world.admin.run(&format!(
        "CREATE ROLE {role} LOGIN; SELECT phone_crypt_grant('{role}', 'auditor')"
    ));
    let mut auditor = SERVER.connect_as(&role, &world.database);
    let keys = "SELECT policy, key FROM phone_crypt.anomalies ORDER BY key LIMIT 1";
    assert_eq!(auditor.rows(keys), ["p|"]);
    assert_eq!(world.admin.rows(keys), [format!("p|{key}")]);
}

#[test]
fn what_is_known_of_a_number_is_forgotten_with_it() {
    let mut world = World::new(&SERVER);
    world.watch("record");
    world.admin.run(
        "CREATE TEMP TABLE keys AS SELECT phone_ratelimit_key('0401148075') AS key, phone_ratelimit_key('0401148076') AS other",
    );
    world.run_until(
        |client| {
            client.run(
                "SELECT FROM keys, ratelimit_check('p', key);
                 SELECT FROM keys, ratelimit_check('p', other)",
            );
        },
        |admin| admin.number("SELECT count(*) FROM phone_crypt.activity_baselines, keys WHERE activity_baselines.key IN (keys.key, other)") == 2,
    );
    world.admin.run(
        "SELECT ratelimit_unwatch('p');
         INSERT INTO phone_crypt.anomaly_records (kind, policy, key, began_at, last_at, windows, count, expected, score, actions)
             SELECT 'hits', 'p', unnest(ARRAY[key, other]), now(), now(), 1, 200, 20, 14, '{record}' FROM keys;
         SELECT FROM phone_forget('0401148075')",
    );
    let left = |admin: &mut postgres::Client, table: &str| {
        admin.number(&format!(
            "SELECT count(*) FROM phone_crypt.{table} AS t, keys WHERE t.key = keys.key"
        ))
    };
    assert_eq!(left(&mut world.admin, "activity_baselines"), 0);
    assert_eq!(left(&mut world.admin, "anomaly_records"), 0);
    let others = "SELECT count(key) || ' of ' || count(*) FROM phone_crypt.anomaly_records";
    assert_eq!(world.admin.rows(others), ["1 of 2"]);
}
