//! Other limits for single keys of a policy.

use phone_crypt_client_tests::{Hits, Sql};
use std::thread::sleep;
use std::time::Duration;

use crate::shared::engines;

#[test]
fn another_session_holds_the_override_from_its_commit_on() {
    for (engine, server) in engines() {
        let database = server.database();
        let mut admin = server.connect_as("postgres", &database);
        let mut client = server.connect_as("postgres", &database);
        admin.run("SELECT ratelimit_policy_set('p', 5, '1 day')");
        assert_eq!(client.check("p", "k").limit, 5);
        admin.run("BEGIN; SELECT ratelimit_policy_override('p', 'k', 50)");
        assert_eq!(
            client.check("p", "k").limit,
            5,
            "{engine}: before it commits"
        );
        admin.run("COMMIT");
        let answer = client.check("p", "k");
        assert_eq!((answer.limit, answer.remaining), (50, 47), "{engine}");
        admin.run("BEGIN; SELECT ratelimit_policy_override_drop('p', 'k')");
        assert_eq!(
            client.check("p", "k").limit,
            50,
            "{engine}: before it commits"
        );
        admin.run("COMMIT");
        let answer = client.check("p", "k");
        assert_eq!((answer.limit, answer.remaining), (5, 0), "{engine}");
        assert!(!client.check("p", "k").allowed);
    }
}

#[test]
fn an_override_ends_by_itself() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('p', 1, '1 day');
             SELECT ratelimit_policy_override('p', 'k', 9, until => clock_timestamp() + interval '700 ms')",
        );
        assert_eq!(client.check("p", "k").limit, 9, "{engine}");
        sleep(Duration::from_millis(750));
        let answer = client.check("p", "k");
        assert_eq!((answer.allowed, answer.limit), (false, 1), "{engine}");
        let in_force = "SELECT in_force FROM phone_crypt.ratelimit_overrides";
        assert_eq!(client.rows(in_force), ["f"]);
    }
}

/// By any hash that the number has.
#[test]
fn a_phone_number_has_the_override_of_its_key() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('sms', 2, '1 day');
             SELECT ratelimit_policy_override('sms', phone_ratelimit_key('0401 148 075'), 7)",
        );
        let limits = "SELECT \"limit\" FROM ratelimit_check_phone('sms', '+61401148075')
             UNION ALL SELECT \"limit\" FROM ratelimit_peek_policy_phone('sms', '0401148075')
             UNION ALL SELECT \"limit\" FROM ratelimit_check_phone('sms', '+61401148076')";
        assert_eq!(client.rows(limits), ["7", "7", "2"], "{engine}");
        client.run("SELECT FROM phone_forget('+61401148075')");
        let left = "SELECT count(*) FROM phone_crypt.ratelimit_policy_overrides";
        assert_eq!(client.number(left), 0, "{engine}");
    }
}
