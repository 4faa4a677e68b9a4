//! A clock that was set back, and entries dated into the future: what a caller is told is measured from now.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod entries_support;
#[allow(unused_imports)]
mod ratelimit_support;

use entries_support::{Case, for_each_moment};
use phone_crypt_core::ratelimit::{
    Algorithm, Entry, Penalties, Quota, Reason, State, absorb, hit, more_after_us,
};
use ratelimit_support::Sequence;

/// So far that all of it can be tried.
const BACK_US: i64 = 3_000;

/// A case whose clock is set back by up to `BACK_US`.
fn set_back(case: &Case, sequence: &mut Sequence) -> Case {
    Case {
        now_us: case.now_us - sequence.below(BACK_US),
        ..case.clone()
    }
}

#[test]
fn a_hit_is_denied_until_it_may_be_retried_and_allowed_then() {
    let mut checked = 0;
    for_each_moment(300, Case::any, |case, sequence| {
        let case = set_back(case, sequence);
        let cost = 1 + sequence.below(3);
        let verdict = case.look_at(case.now_us, cost);
        let Some(retry_us) = verdict.decision.retry_after_us else {
            return;
        };
        for later_us in 0..retry_us {
            let then = case.look_at(case.now_us + later_us, cost);
            assert!(!then.decision.allowed, "{later_us} of {retry_us}: {case:?}");
        }
        let then = case.look_at(case.now_us + retry_us, cost);
        assert!(then.decision.allowed, "at {retry_us}: {case:?}");
        checked += 1;
    });
    assert!(checked > 1_000);
}

#[test]
fn a_quota_is_whole_when_it_is_said_to_be() {
    let mut checked = 0;
    for_each_moment(300, Case::plain, |case, sequence| {
        let case = set_back(case, sequence);
        let decision = case.look_at(case.now_us, 1).decision;
        let whole_at_us = case.now_us + decision.reset_after_us;
        let then = case.look_at(whole_at_us, 1).decision;
        assert_eq!((then.remaining, then.reset_after_us), (case.capacity(), 0));
        if let Some(more_us) = more_after_us(
            case.entry.state.as_ref(),
            case.now_us,
            case.algorithm,
            &case.quota,
        ) {
            let unblocked = Case {
                entry: case.entry.unblocked(case.now_us).unwrap_or(case.entry),
                ..case.clone()
            };
            let at = |now_us| unblocked.look_at(now_us, 1).decision.remaining;
            let now = at(case.now_us);
            assert_eq!(at(case.now_us + more_us - 1), now, "{case:?}");
            assert!(at(case.now_us + more_us) > now, "{case:?}");
            checked += 1;
        }
    });
    assert!(checked > 1_000);
}

#[test]
fn a_window_that_begins_in_the_future_is_waited_for() {
    let now_us = entries_support::BEGIN_US;
    for algorithm in Algorithm::ALL {
        let case = Case {
            algorithm,
            quota: Quota::new(2, 2_000, None).unwrap(),
            now_us,
            ..Case::plain(&mut Sequence::new(1))
        };
        let merged = Entry {
            state: Some(State::counted(Some(&case.quota), now_us + 1_000, 2)),
            ..Entry::EMPTY
        };
        let case = Case {
            entry: absorb(&Entry::EMPTY, &merged, now_us),
            ..case
        };
        let decision = case.look_at(now_us, 1).decision;
        assert_eq!(decision.retry_after_us, Some(3_000), "{algorithm:?}");
        assert_eq!(decision.reset_after_us, 3_000, "{algorithm:?}");
    }
}

#[test]
fn a_block_lasts_as_long_as_it_says_from_now() {
    let now_us = entries_support::BEGIN_US;
    let penalties = Penalties::new(vec![500]).unwrap();
    for algorithm in Algorithm::ALL {
        let mut case = Case {
            algorithm,
            quota: Quota::new(1, 2_000, None).unwrap(),
            penalties: penalties.clone(),
            now_us,
            ..Case::plain(&mut Sequence::new(1))
        };
        assert!(case.hit(1).decision.allowed);
        // The clock is set back; the next hit is a violation.
        let earlier_us = now_us - 10_000;
        let verdict = hit(&case.entry, earlier_us, &case.limit(), 1).unwrap();
        let entry = verdict.0.unwrap();
        assert_eq!(entry.blocked_until_us, earlier_us + 500, "{algorithm:?}");
        // An administrator's block holds, too, although the key has seen a later time.
        let blocked = Case {
            entry: case.entry.blocked(earlier_us + 700),
            ..case
        };
        let reason = |at_us| blocked.look_at(at_us, 1).reason;
        assert_eq!(reason(earlier_us + 699), Reason::Blocked, "{algorithm:?}");
        assert_eq!(reason(earlier_us + 700), Reason::Limited, "{algorithm:?}");
    }
}
