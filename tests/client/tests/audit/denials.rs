//! Denials are on record as counts.

use phone_crypt_client_tests::{Server, Sql, wait_until};

use crate::shared::{ALL, checkpoint, database};

const DENIED: &str = "SELECT fields->>'name', fields->>'reason', sum(count) FROM phone_crypt.audit_log
                       WHERE event = 'denied' AND class = 'limit' GROUP BY 1, 2 ORDER BY 1 NULLS FIRST, 2";

#[test]
fn denials_are_on_record_by_policy_and_reason() {
    let server = Server::preloaded(ALL);
    let (_, mut client) = database(&server);
    client.run("SELECT ratelimit_policy_set('calls', 3, '1 hour')");
    client.run("SELECT ratelimit_policy_set('quiet', 3, '1 hour')");
    client.run("SELECT ratelimit_list_key('deny', 'villain')");
    client.run("SELECT ratelimit_check('calls', 'k') FROM generate_series(1, 10)");
    client.run("SELECT ratelimit_check('calls', 'villain') FROM generate_series(1, 2)");
    client.run("SELECT ratelimit_check('quiet', 'k') FROM generate_series(1, 3)");
    // Taken back, and on record all the same.
    client
        .run("BEGIN; SELECT ratelimit_hit('k', 1, '1 hour') FROM generate_series(1, 5); ROLLBACK");
    let expected = ["|limited|4", "calls|denylist|2", "calls|limited|7"];
    wait_until("the worker has recorded them", || {
        checkpoint(&mut client);
        client.rows(DENIED) == expected
    });
    client.run("SELECT ratelimit_check('calls', 'k')");
    wait_until("and the next one", || {
        checkpoint(&mut client);
        client.rows(DENIED)[2] == "calls|limited|8"
    });
    let records = "SELECT count(*) FROM phone_crypt.audit_log WHERE event = 'denied'";
    let all = client.number(records);
    assert!(all <= 5, "{all} records of 14 denials");
}
