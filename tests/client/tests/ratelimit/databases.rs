//! Databases of one server do not meet, and neither do policies.

use phone_crypt_client_tests::{Hits, Limit, Sql};

use crate::shared::engines;

#[test]
fn the_same_key_in_several_databases_is_several_keys() {
    let limit = Limit::fixed(5);
    for (engine, server) in engines() {
        let mut sessions: Vec<_> = (0..3).map(|_| server.session()).collect();
        for round in 1..=5 {
            for session in &mut sessions {
                assert_eq!(session.hit("k", &limit).remaining, 5 - round, "in {engine}");
            }
        }
        sessions[0].run("SELECT ratelimit_block('k', '1 hour')");
        sessions[1].run("SELECT ratelimit_reset('k')");
        let reasons: Vec<_> = sessions
            .iter_mut()
            .map(|s| s.hit("k", &limit).reason)
            .collect();
        assert_eq!(reasons, ["blocked", "ok", "limited"], "in {engine}");
    }
}

#[test]
fn policies_never_share_counts() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('a', 5, '1 day');
             SELECT ratelimit_policy_set('b', 5, '1 day')",
        );
        for left in [4, 3] {
            assert_eq!(client.check("a", "k").remaining, left, "in {engine}");
            assert_eq!(client.check("b", "k").remaining, left, "in {engine}");
        }
        assert_eq!(client.hit("k", &Limit::fixed(5)).remaining, 4);
        client.run("SELECT ratelimit_block('k', '1 hour', 'a')");
        assert_eq!(client.check("a", "k").reason, "blocked");
        assert_eq!(client.check("b", "k").reason, "ok");
        assert_eq!(client.hit("k", &Limit::fixed(5)).reason, "ok");
    }
}
