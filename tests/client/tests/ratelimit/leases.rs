//! Leases: so many at once, each until it is given back or its time is over.

use phone_crypt_client_tests::Sql;
use postgres::Client;
use std::thread::sleep;
use std::time::Duration;

use crate::shared::engines;

/// The lease, if there is one.
fn acquire(client: &mut Client, key: &str, limit: i64, lease: &str) -> Option<String> {
    let sql = "SELECT allowed, lease_id FROM ratelimit_acquire($1, $2, $3::text::interval)";
    let row = client
        .query_one(sql, &[&key, &limit, &lease])
        .expect("an answer");
    let (allowed, lease): (bool, Option<String>) = (row.get(0), row.get(1));
    assert_eq!(allowed, lease.is_some());
    lease
}

fn is(client: &mut Client, sql: &str, lease: &str) -> bool {
    client.query_one(sql, &[&lease]).expect("an answer").get(0)
}

fn release(client: &mut Client, lease: &str) -> bool {
    is(client, "SELECT ratelimit_release($1)", lease)
}

#[test]
fn as_many_as_the_limit_are_held_of_64_who_ask_at_once() {
    for (engine, server) in engines() {
        for limit in [1, 7, 40] {
            let database = server.database();
            let held = server.at_once(&database, 64, |_, client| {
                acquire(client, "hot", limit, "1 hour")
            });
            let mut held: Vec<String> = held.into_iter().flatten().collect();
            held.sort();
            held.dedup();
            assert_eq!(held.len() as i64, limit, "{engine}");
        }
    }
}

#[test]
fn a_lease_that_is_given_back_or_over_is_there_for_the_next() {
    for (engine, server) in engines() {
        let mut client = server.session();
        let first = acquire(&mut client, "k", 1, "400 ms").expect("a lease");
        assert_eq!(acquire(&mut client, "k", 1, "1 hour"), None, "{engine}");
        let wait = "SELECT retry_after BETWEEN '1 us' AND '400 ms', retry_after_seconds, reason
                      FROM ratelimit_acquire('k', 1, '1 hour')";
        assert_eq!(client.rows(wait), ["t|1|limited"], "{engine}");
        sleep(Duration::from_millis(410));
        assert!(!release(&mut client, &first), "{engine}: it had ended");
        let second = acquire(&mut client, "k", 1, "1 hour").expect("a lease");
        assert!(!release(&mut client, &first), "{engine}: somebody else's");
        assert!(release(&mut client, &second) && !release(&mut client, &second));
        assert!(acquire(&mut client, "k", 1, "1 hour").is_some());
        assert!(acquire(&mut client, "other", 1, "1 hour").is_some());
    }
}

#[test]
fn a_lease_that_is_renewed_goes_on() {
    for (engine, server) in engines() {
        let mut client = server.session();
        let lease = acquire(&mut client, "k", 1, "500 ms").expect("a lease");
        let renew = "SELECT ratelimit_renew($1, '1 hour')";
        assert!(is(&mut client, renew, &lease), "{engine}");
        sleep(Duration::from_millis(520));
        assert_eq!(acquire(&mut client, "k", 1, "1 hour"), None, "{engine}");
        assert!(release(&mut client, &lease));
        assert!(!is(&mut client, renew, &lease), "{engine}: it had ended");
    }
}

/// In memory: a call that goes on does not end with the transaction that began it.
#[test]
fn a_rollback_gives_a_lease_back_only_in_the_table() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run("BEGIN");
        acquire(&mut client, "k", 1, "1 hour").expect("a lease");
        client.run("ROLLBACK");
        let is_free = acquire(&mut client, "k", 1, "1 hour").is_some();
        assert_eq!(is_free, engine == "table");
    }
}

#[test]
fn a_limit_that_falls_counts_the_leases_that_run() {
    for (engine, server) in engines() {
        let mut client = server.session();
        let mut held: Vec<String> = (0..6)
            .map(|_| acquire(&mut client, "k", 6, "1 hour").expect("a lease"))
            .collect();
        for left in (0..6).rev() {
            let lease = held.pop().expect("a lease");
            assert!(release(&mut client, &lease));
            let next = acquire(&mut client, "k", 3, "1 hour");
            assert_eq!(next.is_some(), left < 3, "{engine}: {left} are held");
            if let Some(next) = next {
                assert!(release(&mut client, &next));
            }
        }
    }
}

#[test]
fn a_key_of_a_caller_is_not_one_of_leases() {
    for (engine, server) in engines() {
        let mut client = server.session();
        acquire(&mut client, "k", 1, "1 hour").expect("a lease");
        client.run("SELECT ratelimit_reset('k')");
        assert_eq!(acquire(&mut client, "k", 1, "1 hour"), None, "{engine}");
        client.run("SELECT ratelimit_list_key('deny', 'd')");
        let denied =
            "SELECT allowed, lease_id IS NULL, reason FROM ratelimit_acquire('d', 1, '1 hour')";
        assert_eq!(client.rows(denied), ["f|t|denylist"], "{engine}");
        assert_eq!(
            client.number("SELECT count(*) FROM phone_crypt.ratelimit_status"),
            0
        );
    }
}

#[test]
fn what_is_no_lease_is_refused() {
    let mut client = engines()[0].1.session();
    let lease = acquire(&mut client, "k", 1, "1 hour").expect("a lease");
    for (call, sqlstate) in [
        ("acquire('k', -1, '1 hour')", "22023"),
        ("acquire('k', 1001, '1 hour')", "22023"),
        ("acquire('k', 1, '0')", "22023"),
        ("acquire('k', 1, '11 years')", "22023"),
        ("acquire('', 1, '1 hour')", "22023"),
        ("acquire(NULL, 1, '1 hour')", "22004"),
        ("acquire('k', NULL, '1 hour')", "22004"),
        ("acquire('k', 1, NULL)", "22004"),
        ("release(NULL)", "22004"),
        ("release('')", "22023"),
        ("release(repeat('f', 36) || '.k')", "22023"),
        ("release(repeat('0', 36) || 'xk')", "22023"),
        ("release(repeat('0', 36) || '.')", "22023"),
        ("renew('k', '1 hour')", "22023"),
        ("renew(NULL, '1 hour')", "22004"),
    ] {
        let refusal = client.refusal(&format!("SELECT * FROM ratelimit_{call}"), &[]);
        assert_eq!(refusal.sqlstate, sqlstate, "{call}: {refusal:?}");
    }
    // Whoever guesses the number but not the rest gives nothing back.
    let forged = format!("{}{}{}", &lease[..4], "0".repeat(32), &lease[36..]);
    assert!(!release(&mut client, &forged));
    assert!(release(&mut client, &lease));
}
