//! A limit that changes from call to call: what was used stays used, in every algorithm alike.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod entries_support;
#[allow(unused_imports)]
mod ratelimit_support;

use entries_support::{BEGIN_US, Case, for_each_moment};
use phone_crypt_core::ratelimit::{Algorithm, Entry, Quota};
use ratelimit_support::Sequence;

/// The case with another limit; neither has a burst of its own.
fn with_limit(case: &Case, limit: i64) -> Case {
    let window_us = case.quota.window_us();
    Case {
        quota: Quota::new(limit, window_us, None).unwrap(),
        ..case.clone()
    }
}

#[test]
fn what_was_used_of_one_limit_is_used_of_another() {
    let (mut lowered, mut raised) = (0, 0);
    for_each_moment(600, Case::plain, |case, sequence| {
        let is_own = case.entry.state.is_none_or(|state| {
            state.algorithm == case.algorithm && state.quota.window_us() == case.quota.window_us()
        });
        if !is_own || case.quota.limit() == 0 || case.entry.blocked_until_us > case.now_us {
            return;
        }
        let used = case.used();
        let changed = with_limit(case, 1 + sequence.below(20));
        let limit = changed.quota.limit();
        assert_eq!(
            changed.remaining(),
            (limit - used).max(0),
            "{case:?} {changed:?}"
        );
        lowered += u32::from(used > limit);
        raised += u32::from(used > 0 && limit > case.quota.limit());
        // And there and back, as if it had not changed, but for the hit made meanwhile.
        let mut hit = changed.clone();
        let was_allowed = hit.hit(1).decision.allowed;
        assert_eq!(
            hit.used(),
            used + i64::from(was_allowed),
            "{case:?} {changed:?}"
        );
        let back = with_limit(&hit, 30);
        assert_eq!(back.remaining(), 30 - used - i64::from(was_allowed));
    });
    assert!(lowered > 100 && raised > 1_000, "{lowered}, {raised}");
}

#[test]
fn half_of_a_thousand_is_more_than_ten() {
    for algorithm in Algorithm::ALL {
        let mut case = Case {
            algorithm,
            quota: Quota::new(1_000, 3_600_000_000, None).unwrap(),
            now_us: BEGIN_US,
            ..Case::plain(&mut Sequence::new(1))
        };
        assert!(case.hit(500).decision.allowed);
        let mut fewer = with_limit(&case, 10);
        let denied = fewer.hit(1).decision;
        assert_eq!(
            (denied.allowed, denied.remaining),
            (false, 0),
            "{algorithm:?}"
        );
        let wait_us = denied.retry_after_us.unwrap();
        assert!(wait_us > 1_000_000, "{algorithm:?}: {wait_us}");
        assert!(!fewer.look_at(BEGIN_US + wait_us - 1, 1).decision.allowed);
        assert!(fewer.look_at(BEGIN_US + wait_us, 1).decision.allowed);
        let back = with_limit(&fewer, 1_000);
        assert_eq!(back.remaining(), 500, "{algorithm:?}");
        let more = with_limit(&fewer, 5_000);
        assert_eq!(more.remaining(), 4_500, "{algorithm:?}");
    }
}

#[test]
fn a_hit_that_is_denied_and_counted_under_another_limit_forgets_nothing() {
    for algorithm in Algorithm::ALL {
        for limit in [10, 0] {
            let mut case = Case {
                algorithm,
                quota: Quota::new(1_000, 3_600_000_000, None).unwrap(),
                count_denied: true,
                now_us: BEGIN_US,
                ..Case::plain(&mut Sequence::new(1))
            };
            assert!(case.hit(500).decision.allowed);
            let mut fewer = with_limit(&case, limit);
            assert!(!fewer.hit(1).decision.allowed);
            assert_eq!(with_limit(&fewer, 1_000).remaining(), 499, "{algorithm:?}");
        }
    }
}

#[test]
fn a_burst_that_changes_moves_nothing_either() {
    let mut case = Case {
        algorithm: Algorithm::TokenBucket,
        quota: Quota::new(60, 60_000_000, Some(20)).unwrap(),
        now_us: BEGIN_US,
        entry: Entry::EMPTY,
        ..Case::plain(&mut Sequence::new(1))
    };
    assert!(case.hit(12).decision.allowed);
    for (limit, burst, left) in [
        (60, 30, 18),
        (60, 10, 0),
        (6, 20, 8),
        (600, 12, 0),
        (600, 13, 1),
    ] {
        let changed = Case {
            quota: Quota::new(limit, 60_000_000, Some(burst)).unwrap(),
            ..case.clone()
        };
        assert_eq!(changed.remaining(), left, "{limit}, {burst}");
    }
}

#[test]
fn what_is_given_back_after_the_window_is_over_is_nothing() {
    for algorithm in Algorithm::ALL {
        let mut case = Case {
            algorithm,
            quota: Quota::new(5, 1_000_000, None).unwrap(),
            now_us: BEGIN_US,
            ..Case::plain(&mut Sequence::new(1))
        };
        let reset_us = case.hit(3).decision.reset_after_us;
        case.now_us += reset_us - 1;
        assert!(case.entry.refunded(case.now_us, 3).is_some());
        case.now_us += 1;
        assert_eq!(case.entry.refunded(case.now_us, 3), None, "{algorithm:?}");
        assert!(case.hit(2).decision.allowed);
        case.entry = case.entry.refunded(case.now_us, 3).unwrap();
        assert_eq!(case.remaining(), 5, "{algorithm:?}");
    }
}

#[test]
fn ten_a_day_used_up_stay_used_up_when_it_is_ten_a_minute() {
    const MINUTE_US: i64 = 60_000_000;
    for before in Algorithm::ALL {
        for after in Algorithm::ALL {
            let mut case = Case {
                algorithm: before,
                quota: Quota::new(10, 1_440 * MINUTE_US, None).unwrap(),
                now_us: BEGIN_US,
                ..Case::plain(&mut Sequence::new(1))
            };
            assert!(case.hit(10).decision.allowed);
            case.algorithm = after;
            case.quota = Quota::new(10, MINUTE_US, None).unwrap();
            case.now_us += 2 * MINUTE_US;
            let retry_us = case.hit(1).decision.retry_after_us.unwrap();
            assert!(retry_us > MINUTE_US, "{before:?} to {after:?}");
            let at = |us| case.look_at(case.now_us + us, 1).decision.allowed;
            assert_eq!([at(retry_us - 1), at(retry_us)], [false, true]);
            // From the hit on that is allowed, it is ten a minute.
            case.now_us += retry_us;
            assert!(case.hit(1).decision.allowed);
            case.now_us += 2 * MINUTE_US;
            assert_eq!(case.remaining(), 10, "{before:?} to {after:?}");
        }
    }
}
