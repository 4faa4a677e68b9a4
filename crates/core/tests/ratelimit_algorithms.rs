//! Each algorithm against a brute-force oracle that knows nothing but the list of hits that were allowed, through
//! the function that both engines call, with the entry kept as memory keeps it and as the table does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ratelimit_support;

use phone_crypt_core::ratelimit::{
    Algorithm, MAX_SPAN_US, MAX_TIME_US, Quota, QuotaError, decide, peek,
};
use ratelimit_support::{SEQUENCES, for_each_run};

const HITS: usize = 60;

#[test]
fn every_decision_is_the_oracles() {
    let mut denied = 0;
    for_each_run(|run, sequence| {
        for _ in 0..HITS {
            run.step(sequence);
            let cost = 1 + sequence.below(3);
            let before = run.oracle_remaining();
            let decision = run.hit(cost);
            assert_eq!(decision.allowed, cost <= before, "{:?}", run.algorithm);
            assert_eq!(
                decision.remaining,
                run.oracle_remaining(),
                "{:?}",
                run.algorithm
            );
            denied += u64::from(!decision.allowed);
        }
    });
    assert!(denied > SEQUENCES, "the sequences must also be denied");
}

#[test]
fn a_denied_hit_is_allowed_exactly_when_it_says() {
    let mut checked = 0;
    for_each_run(|run, sequence| {
        for _ in 0..HITS / 4 {
            run.step(sequence);
            let cost = 1 + sequence.below(3);
            let decision = run.hit(cost);
            let Some(wait) = decision.retry_after_us.filter(|_| !decision.allowed) else {
                continue;
            };
            assert!(
                run.peek_at(run.now_us + wait, cost).allowed,
                "{:?} at its time",
                run.algorithm
            );
            for early in [1, 2, wait / 2, wait] {
                let now = (run.now_us + wait - early).max(run.now_us);
                assert!(
                    !run.peek_at(now, cost).allowed,
                    "{:?} {early} µs early",
                    run.algorithm
                );
            }
            checked += 1;
        }
    });
    assert!(checked > SEQUENCES, "the sequences must also be denied");
}

#[test]
fn the_quota_is_whole_exactly_when_it_says() {
    for_each_run(|run, sequence| {
        for _ in 0..HITS / 4 {
            run.step(sequence);
            let decision = run.hit(1 + sequence.below(3));
            let whole = if run.algorithm == Algorithm::TokenBucket && run.quota.limit() > 0 {
                run.quota.capacity()
            } else {
                run.quota.limit()
            };
            let then = run.peek_at(run.now_us + decision.reset_after_us, 1);
            assert_eq!(then.remaining, whole, "{:?}", run.algorithm);
            assert_eq!(then.reset_after_us, 0, "{:?}", run.algorithm);
        }
    });
}

#[test]
fn a_peek_changes_nothing_and_foretells_the_hit() {
    for_each_run(|run, sequence| {
        for _ in 0..HITS / 4 {
            run.step(sequence);
            let cost = 1 + sequence.below(3);
            let foretold = run.peek_at(run.now_us, cost);
            assert_eq!(foretold.remaining, run.oracle_remaining());
            let decision = run.hit(cost);
            assert_eq!(foretold.allowed, decision.allowed);
            assert_eq!(foretold.retry_after_us, decision.retry_after_us);
        }
    });
}

#[test]
fn a_clock_that_steps_back_gives_no_quota_back() {
    for_each_run(|run, sequence| {
        while run.hit(1).allowed {}
        let later = run.now_us;
        run.now_us -= sequence.below(run.quota.window_us() * 3);
        assert!(!run.hit(1).allowed || run.state().unwrap().seen_us >= later);
        assert_eq!(run.peek_at(run.now_us, 1).remaining, 0);
    });
}

#[test]
fn another_window_or_algorithm_never_gives_more_quota_at_that_moment() {
    for_each_run(|run, sequence| {
        for _ in 0..5 {
            run.step(sequence);
            run.hit(1);
        }
        let before = run.peek_at(run.now_us, 1).remaining;
        let window = 1000 + sequence.below(3_000_000);
        let limit = run.quota.limit();
        let changed = Quota::new(limit, window, None).unwrap();
        for algorithm in Algorithm::ALL {
            if run.algorithm == Algorithm::TokenBucket && run.quota.burst().is_some() {
                continue; // its capacity was another, so there is nothing to compare
            }
            let after = peek(run.state().as_ref(), run.now_us, algorithm, &changed, 1).unwrap();
            assert!(
                after.remaining <= before,
                "{:?} to {algorithm:?}",
                run.algorithm
            );
        }
    });
}

#[test]
fn a_cost_above_the_capacity_is_an_answer_not_an_error() {
    for algorithm in Algorithm::ALL {
        let quota = Quota::new(5, 1_000_000, None).unwrap();
        let (state, decision) = decide(None, 1, algorithm, &quota, 6).unwrap();
        assert_eq!(
            (state, decision.allowed, decision.retry_after_us),
            (None, false, None)
        );
        assert_eq!((decision.limit, decision.remaining), (5, 5));
        let nothing = Quota::new(0, 1_000_000, Some(3)).unwrap();
        let decision = decide(None, 1, algorithm, &nothing, 1).unwrap().1;
        assert_eq!((decision.allowed, decision.retry_after_us), (false, None));
    }
}

#[test]
fn counters_and_times_saturate_at_their_ends() {
    for algorithm in Algorithm::ALL {
        let quota = Quota::new(i64::MAX, MAX_SPAN_US, None).unwrap();
        let mut state = None;
        for now in [0, 1, MAX_TIME_US, i64::MAX] {
            for _ in 0..3 {
                let (after, decision) =
                    decide(state.as_ref(), now, algorithm, &quota, i64::MAX).unwrap();
                state = after.or(state);
                assert!((0..=i64::MAX).contains(&decision.remaining));
                assert!(decision.reset_after_us >= 0);
            }
        }
    }
}

#[test]
fn the_worst_bursts_are_those_that_are_documented() {
    // A flood that begins anywhere, one attempt each thousandth of a window: the most that passes in any span
    // of one window.
    let worst = |algorithm, burst| {
        let quota = Quota::new(100, 1_000_000, burst).unwrap();
        (0..20)
            .map(|phase| flood(algorithm, &quota, 7_000_000 + phase * 50_000))
            .max()
            .unwrap()
    };
    assert_eq!(worst(Algorithm::FixedWindow, None), 199);
    assert_eq!(worst(Algorithm::SlidingWindow, None), 198);
    assert_eq!(worst(Algorithm::TokenBucket, None), 199);
    assert_eq!(worst(Algorithm::TokenBucket, Some(1)), 100);
}

/// One hit, silence for a while, then as many hits as pass, step by step; the most in any trailing window.
fn flood(algorithm: Algorithm, quota: &Quota, begin: i64) -> usize {
    let window = quota.window_us();
    let silences = [0, window / 2, window - 1000, 2 * window - window / 100];
    silences
        .into_iter()
        .map(|silence| most_in_a_window(algorithm, quota, begin, silence))
        .max()
        .unwrap()
}

fn most_in_a_window(algorithm: Algorithm, quota: &Quota, begin: i64, silence: i64) -> usize {
    let mut state = decide(None, begin, algorithm, quota, 1).unwrap().0;
    let mut times = vec![begin];
    for step in 0..2200 {
        let now = begin + silence + step * 1000;
        while let Some(after) = decide(state.as_ref(), now, algorithm, quota, 1).unwrap().0 {
            state = Some(after);
            times.push(now);
        }
    }
    let within = |index: usize| {
        let end = times[index] + quota.window_us();
        times[index..]
            .iter()
            .take_while(|&&time| time < end)
            .count()
    };
    (0..times.len()).map(within).max().unwrap()
}

#[test]
fn limits_out_of_range_are_refused() {
    let second = 1_000_000;
    let cases = [
        (-1, second, None, QuotaError::Limit),
        (1, 999, None, QuotaError::Window),
        (1, 0, None, QuotaError::Window),
        (1, -second, None, QuotaError::Window),
        (1, MAX_SPAN_US + 1, None, QuotaError::Window),
        (1, second, Some(0), QuotaError::Burst),
        (1, MAX_SPAN_US, Some(2), QuotaError::Refill),
    ];
    let fastest = |limit| {
        Quota::new(limit, second, Some(3)).and_then(|it| it.suited_to(Algorithm::TokenBucket))
    };
    assert!(fastest(10_000_000).is_ok());
    assert_eq!(fastest(10_000_001), Err(QuotaError::Rate));
    for (limit, window, burst, error) in cases {
        assert_eq!(Quota::new(limit, window, burst), Err(error));
    }
    assert!(Quota::new(0, 1000, Some(i64::MAX)).is_ok());
    assert!(Quota::new(i64::MAX, MAX_SPAN_US, None).is_ok());
    let quota = Quota::new(1, second, None).unwrap();
    assert_eq!(
        decide(None, 0, Algorithm::FixedWindow, &quota, 0).unwrap_err(),
        QuotaError::Cost
    );
}
