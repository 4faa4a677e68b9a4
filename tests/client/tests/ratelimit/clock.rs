//! The server's clock, not the transaction's: denied until `retry_after` is over, allowed from then on.

use phone_crypt_client_tests::{ALGORITHMS, Answer, Hits, Limit, Sql};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::shared::engines;

const WINDOW: Duration = Duration::from_millis(400);

/// A hit, and the times between which the server made it.
struct Timed {
    answer: Answer,
    began: Instant,
    ended: Instant,
}

fn timed(client: &mut Client, limit: &Limit<'_>) -> Timed {
    let began = Instant::now();
    let answer = client.hit("k", limit);
    Timed {
        answer,
        began,
        ended: Instant::now(),
    }
}

fn first_denied(client: &mut Client, limit: &Limit<'_>) -> Timed {
    loop {
        let hit = timed(client, limit);
        if !hit.answer.allowed {
            return hit;
        }
    }
}

#[test]
fn a_hit_is_denied_before_its_time_and_allowed_after_it() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            let limit = Limit::of(algorithm, 3).each(WINDOW);
            assert_told_truly(engine, &mut client, &limit, 2 * WINDOW);
        }
    }
}

/// Hits until it is denied, and then until it is allowed again.
fn assert_told_truly(engine: &str, client: &mut Client, limit: &Limit<'_>, longest: Duration) {
    let what = format!("{} in {engine}", limit.algorithm);
    let denied = first_denied(client, limit);
    let wait = denied.answer.retry_after.expect("it will be allowed");
    assert!(wait <= longest, "{what}: {wait:?}");
    let (earliest, latest) = (denied.began + wait, denied.ended + wait);
    loop {
        let hit = timed(client, limit);
        if hit.ended < earliest {
            assert!(!hit.answer.allowed, "{what}: too early");
        }
        if hit.answer.allowed {
            break;
        }
        assert!(hit.began < latest, "{what}: too late");
        sleep(Duration::from_millis(5));
    }
}

/// Of a key that is denied.
fn seconds_to_wait(client: &mut Client, algorithm: &str) -> u64 {
    let hit = format!(
        "SELECT retry_after_seconds FROM ratelimit_hit('k', 2, '700 milliseconds', 1, '{algorithm}')"
    );
    loop {
        let rows = client.rows(&hit);
        if let Ok(seconds) = rows[0].parse() {
            return seconds;
        }
    }
}

#[test]
fn after_the_whole_seconds_it_is_allowed() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            let seconds = seconds_to_wait(&mut client, algorithm);
            assert!((1..=2).contains(&seconds), "{algorithm} in {engine}");
            sleep(Duration::from_secs(seconds));
            let limit = Limit::of(algorithm, 2).each(Duration::from_millis(700));
            let answer = client.hit("k", &limit);
            assert!(answer.allowed, "{algorithm} in {engine}");
        }
    }
}

/// A count may be dated into the future: by a clock that went back, or by whoever merges it.
#[test]
fn so_it_is_where_the_key_has_seen_a_later_time() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            let limit = Limit::of(algorithm, 3).each(WINDOW);
            client.run(
                "SELECT ratelimit_merge('k', 2,
                    (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 300, '400 milliseconds')",
            );
            assert_told_truly(engine, &mut client, &limit, 3 * WINDOW);
        }
    }
}

#[test]
fn time_goes_on_within_a_transaction() {
    for (engine, server) in engines() {
        let mut client = server.session();
        let limit = Limit::fixed(1).each(Duration::from_millis(100));
        client.run("BEGIN");
        assert!(client.hit("k", &limit).allowed);
        assert!(!client.hit("k", &limit).allowed);
        sleep(Duration::from_millis(110));
        assert!(client.hit("k", &limit).allowed, "in {engine}");
        client.run("COMMIT");
    }
}
