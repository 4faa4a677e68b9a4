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
