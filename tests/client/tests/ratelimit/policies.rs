//! What dropping, making anew and trying out a policy does to what is known of its keys: all of it at the commit.

use phone_crypt_client_tests::{ALGORITHMS, Hits, Sql};
use postgres::Client;

use crate::shared::engines;

/// Every engine's server, and durable policies on it.
fn each(run: impl Fn(&str, &str, &mut Client, &mut Client)) {
    for (engine, server) in engines() {
        for durable in ["false", "true"] {
            let database = server.database();
            let connect = || server.connect_as("postgres", &database);
            let what = format!("{engine}, durable {durable}");
            run(&what, durable, &mut connect(), &mut connect());
        }
    }
}

fn set(client: &mut Client, durable: &str, options: &str) {
    client.run(&format!(
        "SELECT ratelimit_policy_set('p', 3, '1 day', durable => {durable} {options})"
    ));
}

const DROP: &str = "SELECT ratelimit_policy_drop('p')";

#[test]
fn a_drop_that_rolls_back_forgets_nothing() {
    each(|what, durable, client, _| {
        set(client, durable, ", penalties => '{1 hour}'");
        client.check("p", "used");
        client.run("SELECT ratelimit_block('blocked', '1 day', 'p')");
        for end in ["ROLLBACK", "ROLLBACK TO s; COMMIT"] {
            client.run("BEGIN; SAVEPOINT s");
            client.run(DROP);
            assert_eq!(
                client.rows("SELECT key FROM phone_crypt.ratelimit_status"),
                Vec::<String>::new()
            );
            client.run(end);
            assert_eq!(client.check("p", "blocked").reason, "blocked", "{what}");
            let peek = "SELECT remaining FROM ratelimit_headers('p', 'used') AS h, \
                        LATERAL (SELECT value AS remaining WHERE header = 'X-RateLimit-Remaining') AS r";
            assert_eq!(client.rows(peek), ["2"], "{what}");
        }
    });
}

/// Also where it is made anew in the same transaction, and hit there.
#[test]
fn others_see_a_drop_when_it_is_committed_and_not_before() {
    each(|what, durable, client, other| {
        set(client, durable, "");
        client.check("p", "k");
        client.run("BEGIN");
        client.run(DROP);
        assert_eq!(other.check("p", "k").remaining, 1, "{what}");
        set(client, durable, "");
        assert_eq!(client.check("p", "k").remaining, 2, "{what}");
        assert_eq!(other.check("p", "k").remaining, 0, "{what}");
        client.run("ROLLBACK");
        assert!(!client.check("p", "k").allowed, "{what}");

        client.run("BEGIN");
        client.run(DROP);
        set(client, durable, "");
        client.check("p", "k");
        client.run("COMMIT");
        assert_eq!(other.check("p", "k").remaining, 1, "{what}");
    });
}

#[test]
fn a_drop_takes_what_is_known_of_the_policys_keys_along() {
    each(|what, durable, client, other| {
        set(client, durable, "");
        for key in ["k", "l"] {
            client.check("p", key);
        }
        client.run("SELECT ratelimit_block('b', '1 year', 'p')");
        client.run("SELECT ratelimit_flush()");
        client.run(DROP);
        let status = "SELECT count(*) FROM phone_crypt.ratelimit_status";
        assert_eq!(client.rows(status), ["0"], "{what}");
        assert_eq!(other.rows(status), ["0"], "{what}");
        client.run("SELECT ratelimit_flush()");
        client.run("SELECT ratelimit_cleanup()");
        let rows = "SELECT count(*) FROM phone_crypt.rate_limits";
        assert_eq!(client.rows(rows), ["0"], "{what}");
        let slots = "SELECT coalesce(slots_in_use, 0) FROM phone_crypt.ratelimit_stats";
        assert_eq!(client.rows(slots), ["0"], "{what}");
    });
}

/// `ratelimit_cleanup` deletes what nobody can read any more, and nothing of a policy that is not committed yet.
#[test]
fn a_cleanup_leaves_alone_what_an_open_transaction_has() {
    each(|what, durable, client, other| {
        set(client, durable, "");
        client.check("p", "k");
        client.run("BEGIN");
        client.run(DROP);
        set(client, durable, "");
        client.check("p", "k");
        client.check("p", "k");
        other.run("SELECT ratelimit_flush()");
        other.run("SELECT ratelimit_cleanup()");
        client.run("COMMIT");
        assert_eq!(other.check("p", "k").remaining, 0, "{what}");
        client.run("SELECT ratelimit_flush()");
        client.run("SELECT ratelimit_cleanup()");
        assert!(!other.check("p", "k").allowed, "{what}");
    });
}

#[test]
fn a_trial_leaves_nothing_behind() {
    each(|what, durable, client, other| {
        for algorithm in ALGORITHMS {
            let trial = format!(", penalties => '{{1 hour,1 day}}', algorithm => '{algorithm}'");
            set(client, durable, &format!("{trial}, shadow => true"));
            let reasons: Vec<String> = (0..6).map(|_| client.check("p", "k").reason).collect();
            assert_eq!(reasons, ["ok", "ok", "ok", "shadow", "shadow", "shadow"]);
            let violations =
                "SELECT violations, blocked_until > now() FROM phone_crypt.ratelimit_status";
            assert_eq!(client.rows(violations), ["1|t"], "{what}");

            set(client, durable, &trial);
            let status = "SELECT count(*) FROM phone_crypt.ratelimit_status";
            assert_eq!(other.rows(status), ["0"], "{what}");
            let first = other.check("p", "k");
            assert_eq!(
                (first.remaining, first.reason.as_str()),
                (2, "ok"),
                "{what}"
            );

            // Nor does a second trial begin with what the first one had.
            set(client, durable, &format!("{trial}, shadow => true"));
            assert_eq!(other.check("p", "k").remaining, 2, "{what}");
            set(client, durable, &trial);
            assert_eq!(other.check("p", "k").remaining, 1, "{what}");
            client.run(DROP);
        }
    });
}

/// What an administrator does is no part of the trial.
#[test]
fn blocks_of_an_administrator_outlive_a_trial() {
    each(|what, durable, client, _| {
        set(client, durable, ", shadow => true");
        client.run("SELECT ratelimit_block('k', '1 day', 'p'), ratelimit_block('l', '1 day', 'p')");
        client.run("SELECT ratelimit_unblock('l', 'p')");
        assert_eq!(client.check("p", "k").reason, "shadow", "{what}");
        assert_eq!(client.check("p", "l").reason, "ok", "{what}");
        set(client, durable, "");
        assert_eq!(client.check("p", "k").reason, "blocked", "{what}");
        assert_eq!(client.check("p", "l").reason, "ok", "{what}");
        set(client, durable, ", shadow => true");
        client.run("SELECT ratelimit_reset('k', 'p')");
        set(client, durable, "");
        assert_eq!(client.check("p", "k").remaining, 2, "{what}");
    });
}
