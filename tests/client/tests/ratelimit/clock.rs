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
            let denied = first_denied(&mut client, &limit);
            let wait = denied.answer.retry_after.expect("it will be allowed");
            assert!(wait <= 2 * WINDOW, "{algorithm} in {engine}: {wait:?}");
            let (earliest, latest) = (denied.began + wait, denied.ended + wait);
            loop {
                let hit = timed(&mut client, &limit);
                if hit.ended < earliest {
                    assert!(!hit.answer.allowed, "{algorithm} in {engine}: too early");
                }
                if hit.answer.allowed {
                    break;
                }
                assert!(hit.began < latest, "{algorithm} in {engine}: too late");
                sleep(Duration::from_millis(5));
            }
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
