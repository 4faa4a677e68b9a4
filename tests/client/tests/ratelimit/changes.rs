//! What is used of a limit when its window is over, and when the limit gets another window.

use phone_crypt_client_tests::{ALGORITHMS, Answer, Hits, Limit, Sql};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::shared::engines;

fn refund(client: &mut Client, cost: i64) -> bool {
    let row = client.query_one("SELECT ratelimit_refund('k', $1)", &[&cost]);
    row.expect("a refund").get(0)
}

#[test]
fn a_hit_whose_window_is_over_cannot_be_given_back() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            let limit = Limit::of(algorithm, 5).each(Duration::from_millis(300));
            client.try_hit("k", &limit, 3).expect("a hit");
            let whole_after = client.peek("k", &limit).reset_after;
            sleep(whole_after + Duration::from_millis(2));
            assert!(!refund(&mut client, 3), "{algorithm} in {engine}");
            assert_eq!(client.peek("k", &limit).remaining, 5);
            // What is given back later is of the hits that count now, and no more than they are.
            let limit = limit.each(Duration::from_secs(100_000));
            client.try_hit("k", &limit, 2).expect("a hit");
            assert!(refund(&mut client, 3), "{algorithm} in {engine}");
            assert_eq!(client.peek("k", &limit).remaining, 5, "{algorithm}");
        }
    }
}

/// The window of the hit is over, and the next one has hits that are not to be touched.
#[test]
fn a_hit_that_is_named_is_not_given_back_out_of_a_later_window() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            let mut rounds = (0..20).map(|_| refunds_in_two_windows(&mut client, algorithm));
            let (early, late, again) = rounds
                .find_map(|refunds| refunds)
                .expect("one of the rounds is quick enough");
            assert!(!early, "{algorithm} in {engine}");
            assert!(late, "{algorithm} in {engine}");
            assert!(!again, "{algorithm} in {engine}: twice");
        }
    }
}

/// Refunds of a hit whose window is over, of one in a later window, and of that one again. None where the machine was so slow that
/// the later window may have been over, too.
fn refunds_in_two_windows(client: &mut Client, algorithm: &str) -> Option<(bool, bool, bool)> {
    let hit = |client: &mut Client, cost: i32| -> SystemTime {
        let sql =
            format!("SELECT hit_at FROM ratelimit_hit('k', 10, '300 ms', {cost}, '{algorithm}')");
        client.query_one(&sql, &[]).expect("a hit").get(0)
    };
    let early = hit(client, 8);
    sleep(Duration::from_millis(650));
    let began = Instant::now();
    let late = hit(client, 1);
    let mut refund = |hit_at: SystemTime, cost: i64| -> bool {
        let sql = "SELECT ratelimit_refund_hit('k', $1, $2)";
        let row = client.query_one(sql, &[&hit_at, &cost]);
        row.expect("a refund").get(0)
    };
    let refunds = (refund(early, 8), refund(late, 1), refund(late, 1));
    let is_quick = began.elapsed() < Duration::from_millis(25);
    if !is_quick {
        // What is left of it is over before the next round.
        sleep(Duration::from_millis(650));
    }
    is_quick.then_some(refunds)
}

/// A policy under which `used` of 10 are used in a window of 2 s, when it becomes 10 in 100 ms.
fn relaxed(client: &mut Client, algorithm: &str, used: i32) {
    let policy = |window| {
        format!("SELECT ratelimit_policy_set('p', 10, '{window}', algorithm => '{algorithm}')")
    };
    client.run(&policy("2 seconds"));
    client.run(&format!("SELECT ratelimit_check('p', 'k', {used})"));
    client.run(&policy("100 milliseconds"));
}

#[test]
fn what_is_used_up_stays_so_as_long_as_its_own_window_says() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            relaxed(&mut client, algorithm, 10);
            let began = Instant::now();
            let denied = client.check("p", "k");
            let told = Instant::now();
            let wait = denied.retry_after.expect("denied, for a time");
            assert!(wait > Duration::from_millis(100), "{algorithm}: {wait:?}");
            let allowed = loop {
                let hit_at = Instant::now();
                let answer = client.check("p", "k");
                let is_early = Instant::now() < began + wait;
                assert!(!(answer.allowed && is_early), "{algorithm} in {engine}");
                if answer.allowed {
                    break answer;
                }
                assert!(hit_at < told + wait, "{algorithm} in {engine}: too late");
                sleep(Duration::from_millis(10));
            };
            assert_eq!(allowed.limit, 10);
            assert!(allowed.reset_after <= Duration::from_millis(4_000));
        }
    }
}

/// A hit that is allowed takes along what is used, into the window of its own limit.
#[test]
fn what_is_used_goes_over_into_the_new_window_with_the_next_hit() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let mut client = server.session();
            relaxed(&mut client, algorithm, 8);
            let Answer {
                allowed,
                remaining,
                reset_after,
                ..
            } = client.check("p", "k");
            assert!(allowed && remaining <= 2, "{algorithm} in {engine}");
            assert!(reset_after <= Duration::from_millis(200), "{algorithm}");
            sleep(reset_after);
            let limit = "SELECT remaining FROM ratelimit_check('p', 'k')";
            assert_eq!(client.rows(limit), ["9"], "{algorithm} in {engine}");
        }
    }
}
