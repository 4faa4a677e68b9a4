//! A hit that is given back by the time at which it was counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ratelimit_support;

use phone_crypt_core::ratelimit::{Algorithm, Entry, Limit, Penalties, Quota, hit, look};
use ratelimit_support::{SEQUENCES, Sequence, oracle};

const MINUTE_US: i64 = 60_000_000;
/// A whole number of minutes.
const BEGIN_US: i64 = 1_700_000_040_000_000;

static NO_PENALTIES: Penalties = Penalties::NONE;

/// One key against a limit, and the hits that were counted.
struct Key {
    algorithm: Algorithm,
    quota: Quota,
    entry: Entry,
    hits: Vec<(i64, i64)>,
}

impl Key {
    fn new(algorithm: Algorithm, limit: i64) -> Key {
        Key {
            algorithm,
            quota: Quota::new(limit, MINUTE_US, None).unwrap(),
            entry: Entry::EMPTY,
            hits: Vec::new(),
        }
    }

    fn limit(&self) -> Limit<'static> {
        Limit {
            algorithm: self.algorithm,
            quota: self.quota,
            penalties: &NO_PENALTIES,
            count_denied: false,
            calendar: None,
        }
    }

    fn hit(&mut self, now_us: i64, cost: i64) -> Option<i64> {
        let (kept, verdict) = hit(&self.entry, now_us, &self.limit(), cost).unwrap();
        self.entry = kept.unwrap_or(self.entry);
        let hit_at_us = verdict.decision.hit_at_us;
        assert_eq!(hit_at_us.is_some(), verdict.decision.allowed);
        self.hits.extend(hit_at_us.map(|at_us| (at_us, cost)));
        hit_at_us
    }

    fn remaining(&self, now_us: i64) -> i64 {
        let verdict = look(&self.entry, now_us, &self.limit(), 1).unwrap();
        assert_eq!(verdict.decision.hit_at_us, None);
        verdict.decision.remaining
    }

    fn refund(&mut self, now_us: i64, cost: i64, hit_at_us: i64) -> bool {
        let after = self.entry.refunded_hit(now_us, cost, hit_at_us);
        self.entry = after.unwrap_or(self.entry);
        after.is_some()
    }
}

#[test]
fn a_hit_of_the_present_window_is_given_back() {
    for algorithm in Algorithm::ALL {
        let mut key = Key::new(algorithm, 10);
        let hit_at = key.hit(BEGIN_US, 4).unwrap();
        assert!(key.refund(BEGIN_US + 5, 4, hit_at));
        assert_eq!(key.remaining(BEGIN_US + 5), 10);
    }
}

#[test]
fn a_hit_of_a_window_that_is_over_gives_nothing_of_the_next_one() {
    for algorithm in Algorithm::ALL {
        let mut key = Key::new(algorithm, 10);
        let early = key.hit(BEGIN_US, 10).unwrap();
        let later = BEGIN_US + 2 * MINUTE_US;
        key.hit(later, 3).unwrap();
        assert!(!key.refund(later + 1, 10, early), "{algorithm:?}");
        assert_eq!(key.remaining(later + 1), 7);
    }
}

/// What moves with time alone is not given back.
#[test]
fn nor_when_the_window_of_another_hit_is_over_meanwhile() {
    for algorithm in Algorithm::ALL {
        let mut key = Key::new(algorithm, 10);
        let early = key.hit(BEGIN_US, 8).unwrap();
        let later = BEGIN_US + 3 * MINUTE_US - 1;
        key.hit(later, 2).unwrap();
        assert!(!key.refund(later + 1, 8, early), "{algorithm:?}");
    }
}

#[test]
fn of_the_window_before_a_sliding_window_gives_back_what_it_weighs() {
    let mut key = Key::new(Algorithm::SlidingWindow, 10);
    let early = key.hit(BEGIN_US, 8).unwrap();
    let half = BEGIN_US + MINUTE_US + MINUTE_US / 2;
    key.hit(half, 3).unwrap();
    assert_eq!(key.remaining(half), 3);
    assert!(key.refund(half, 8, early));
    assert_eq!(key.remaining(half), 7);
}

#[test]
fn of_a_bucket_comes_back_what_has_not_refilled() {
    let mut key = Key::new(Algorithm::TokenBucket, 60);
    let hit_at = key.hit(BEGIN_US, 10).unwrap();
    key.hit(BEGIN_US + 4_000_000, 20).unwrap();
    // Without the hit, 20 would be used now.
    assert!(key.refund(BEGIN_US + 4_000_000, 10, hit_at));
    assert_eq!(key.remaining(BEGIN_US + 4_000_000), 40);
}

#[test]
fn a_hit_that_is_yet_to_come_gives_nothing() {
    for algorithm in Algorithm::ALL {
        let mut key = Key::new(algorithm, 10);
        key.hit(BEGIN_US, 4).unwrap();
        assert!(!key.refund(BEGIN_US + 5, 4, BEGIN_US + 6));
        assert_eq!(key.remaining(BEGIN_US + 5), 6);
    }
}

#[test]
fn a_clock_that_went_back_does_not_lose_a_refund() {
    for algorithm in Algorithm::ALL {
        let mut key = Key::new(algorithm, 10);
        key.hit(BEGIN_US, 1).unwrap();
        let hit_at = key.hit(BEGIN_US - 30_000_000, 4).unwrap();
        assert!(key.refund(BEGIN_US - 20_000_000, 4, hit_at));
        assert_eq!(key.remaining(BEGIN_US - 20_000_000), 9);
    }
}

#[test]
fn nobody_gets_more_than_if_the_hit_had_not_been_made() {
    for algorithm in [Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        for seed in 0..SEQUENCES {
            let mut sequence = Sequence::new(seed);
            let mut key = Key::new(algorithm, 1 + sequence.below(12));
            let mut now_us = BEGIN_US;
            for _ in 0..1 + sequence.below(8) {
                now_us += sequence.below(MINUTE_US);
                key.hit(now_us, 1 + sequence.below(3));
            }
            if key.hits.is_empty() {
                continue;
            }
            now_us += sequence.below(MINUTE_US);
            let which = sequence.below(key.hits.len() as i64) as usize;
            let (hit_at_us, cost) = key.hits.remove(which);
            let before = key.remaining(now_us);
            let was_any = key.refund(now_us, cost, hit_at_us);
            let most = oracle::remaining(algorithm, &key.quota, &key.hits, now_us);
            let after = key.remaining(now_us);
            assert!((before..=most).contains(&after), "{before} {after} {most}");
            if algorithm == Algorithm::SlidingWindow {
                assert_eq!(after, most);
            }
            assert!(was_any || after == before);
        }
    }
}
