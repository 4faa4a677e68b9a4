//! Limits and costs of any size, up to the largest of 64 bits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ratelimit_support;

use phone_crypt_core::ratelimit::{Algorithm, Entry, Limit, Penalties, Quota, State, decide, hit};
use ratelimit_support::{any_size, for_each_wide_run};

const NOW_US: i64 = 1_700_000_000_000_000;

#[test]
fn a_hit_is_allowed_exactly_if_the_oracle_has_room_for_its_cost() {
    for_each_wide_run(|run, sequence| {
        for _ in 0..8 {
            let room = run.oracle_remaining();
            let cost = match sequence.below(4) {
                0 => room.max(1),
                1 => room.saturating_add(1).max(1),
                _ => any_size(sequence),
            };
            let decision = run.hit(cost);
            assert_eq!(decision.allowed, cost <= room, "{run:?} {cost} of {room}");
            assert_eq!(decision.remaining, run.oracle_remaining());
            run.step(sequence);
        }
    });
}

#[test]
fn who_is_denied_is_let_in_at_the_time_told_and_not_before() {
    for_each_wide_run(|run, sequence| {
        for _ in 0..6 {
            let cost = any_size(sequence);
            if let Some(wait_us) = run.hit(cost).retry_after_us {
                assert!(!run.peek_at(run.now_us + wait_us - 1, cost).allowed);
                assert!(run.peek_at(run.now_us + wait_us, cost).allowed);
            }
            run.step(sequence);
        }
    });
}

#[test]
fn the_largest_limit_is_used_up_like_any_other() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow] {
        let quota = Quota::new(i64::MAX, 1_000_000, None).unwrap();
        let mut state: Option<State> = None;
        for (cost, is_allowed) in [(i64::MAX - 1, true), (2, false), (1, true), (1, false)] {
            let (after, decision) =
                decide(state.as_ref(), NOW_US, algorithm, &quota, cost).unwrap();
            assert_eq!(decision.allowed, is_allowed, "{algorithm:?} {cost}");
            state = after.or(state);
        }
    }
}

#[test]
fn denied_hits_that_count_do_not_overflow() {
    let penalties = Penalties::default();
    for algorithm in Algorithm::ALL {
        let quota = Quota::new(3, 1_000, None).unwrap();
        let limit = Limit {
            algorithm,
            quota,
            penalties: &penalties,
            count_denied: true,
            calendar: None,
        };
        let mut entry = Entry::EMPTY;
        for _ in 0..5 {
            let (kept, verdict) = hit(&entry, NOW_US, &limit, i64::MAX).unwrap();
            assert!(!verdict.decision.allowed);
            entry = kept.unwrap();
        }
    }
}
