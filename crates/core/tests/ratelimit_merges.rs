//! Two entries that turn out to be one key's: never more quota than the two had left.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod entries_support;
#[allow(unused_imports)]
mod ratelimit_support;

use entries_support::{BEGIN_US, Case};
use phone_crypt_core::ratelimit::{
    Algorithm, Entry, MAX_SPAN_US, Quota, State, Violations, absorb,
};
use ratelimit_support::Sequence;

const CASES: u64 = 3_000;

/// So many keys with one limit, each with a life of its own, at one moment.
fn some_of_one_limit<const N: usize>(sequence: &mut Sequence) -> [Case; N] {
    let common = Case::any(sequence);
    let mut cases = [(); N].map(|()| common.clone());
    for case in &mut cases {
        for _ in 0..sequence.below(12) {
            let (algorithm, quota) = (case.algorithm, case.quota);
            case.live(sequence);
            (case.algorithm, case.quota) = (algorithm, quota);
        }
    }
    let now_us = cases.iter().map(|case| case.now_us).max().unwrap();
    for case in &mut cases {
        case.now_us = now_us;
    }
    cases
}

fn merged(into: &Case, from: &Case) -> Case {
    Case {
        entry: absorb(&into.entry, &from.entry, into.now_us),
        ..into.clone()
    }
}

/// Whether its window is known: else nobody can tell what of it is still used.
fn has_window(case: &Case) -> bool {
    case.entry
        .state
        .is_none_or(|state| state.expires_us() < i64::MAX)
}

/// The most that a state can count: denied hits push a bucket no farther than twice its capacity.
fn most(case: &Case) -> i64 {
    match case.algorithm {
        Algorithm::TokenBucket => 2 * case.capacity(),
        _ => i64::MAX,
    }
}

#[test]
fn what_both_had_used_is_used() {
    let mut both_used = 0;
    for seed in 0..CASES {
        let [one, other] = some_of_one_limit(&mut Sequence::new(seed));
        if !has_window(&one) || !has_window(&other) {
            continue;
        }
        let sum = one.used() + other.used();
        let merged = merged(&one, &other);
        if one.is_own() && other.is_own() {
            let expected = sum.min(most(&one)).max(one.used()).max(other.used());
            assert_eq!(merged.used(), expected, "{one:?} {other:?}");
        }
        let left = one.capacity() - sum;
        assert!(merged.remaining() <= left.max(0));
        both_used += u32::from(one.used() > 0 && other.used() > 0);
    }
    assert!(both_used > 300);
}

#[test]
fn nor_is_there_more_quota_at_any_later_time() {
    for seed in 0..CASES {
        let [mut one, mut other] = some_of_one_limit(&mut Sequence::new(seed));
        if one.count_denied || !one.is_own() || !other.is_own() {
            continue;
        }
        let mut merged = merged(&one, &other);
        for step in 0..20 {
            for case in [&mut one, &mut other, &mut merged] {
                case.now_us += 1 + step * step * 11;
            }
            // Each count is rounded up, together only once.
            let rounding = i64::from(one.algorithm != Algorithm::FixedWindow);
            let left = one.capacity() - one.used() - other.used() + rounding;
            assert!(
                merged.remaining() <= left.clamp(0, one.capacity()),
                "{one:?} {other:?}"
            );
        }
    }
}

#[test]
fn no_order_of_merging_gives_more_than_another() {
    for seed in 0..CASES {
        let cases: [Case; 3] = some_of_one_limit(&mut Sequence::new(seed));
        if !cases.iter().all(Case::is_own) {
            continue;
        }
        let orders = [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        let outcome = |order: [usize; 3]| {
            let two = merged(&cases[order[0]], &cases[order[1]]);
            let three = merged(&two, &cases[order[2]]);
            let (used, remaining) = (three.used(), three.remaining());
            let entry = three.entry;
            let expires_us = match three.algorithm {
                // Each count is rounded up but the one that the others are added to.
                Algorithm::TokenBucket => 0,
                _ => entry.expires_us(),
            };
            let violations = (entry.violations, entry.violations_until_us);
            (
                used,
                remaining,
                expires_us,
                violations,
                entry.blocked_until_us,
            )
        };
        for order in orders {
            assert_eq!(outcome(order), outcome([0, 1, 2]), "{order:?} {cases:?}");
        }
    }
}

#[test]
fn nothing_added_to_something_changes_nothing() {
    for seed in 0..CASES {
        let [case]: [Case; 1] = some_of_one_limit(&mut Sequence::new(seed));
        let is_live = |entry: &Entry| {
            let counts = entry.state.is_some_and(|it| it.expires_us() > case.now_us);
            let violated = entry.violations_until_us > case.now_us;
            (counts || entry.state.is_none()) && (violated || entry.violations.count == 0)
        };
        if is_live(&case.entry) {
            let nothing = Entry::EMPTY;
            assert_eq!(absorb(&case.entry, &nothing, case.now_us), case.entry);
            assert_eq!(absorb(&nothing, &case.entry, case.now_us), case.entry);
        }
    }
}

fn fixed(quota: Option<&Quota>, start_us: i64, count: i64) -> Entry {
    Entry {
        state: Some(State::counted(quota, start_us, count)),
        ..Entry::EMPTY
    }
}

#[test]
fn a_fixed_window_lasts_until_the_later_of_both_would_have_ended() {
    let quota = Quota::new(10, 1_000, None).unwrap();
    let early = fixed(Some(&quota), BEGIN_US, 3);
    let late = fixed(Some(&quota), BEGIN_US + 400, 4);
    for (into, from) in [(early, late), (late, early)] {
        let both = absorb(&into, &from, BEGIN_US + 500);
        assert_eq!(both.expires_us(), BEGIN_US + 1_400);
        assert_eq!(both.state.unwrap().used(BEGIN_US + 1_399), 7);
        let over = absorb(&into, &from, BEGIN_US + 1_000);
        assert_eq!(over.state.unwrap().used(BEGIN_US + 1_000), 4);
    }
    assert_eq!(
        absorb(&early, &Entry::EMPTY, BEGIN_US + 1_000).state,
        None,
        "what is over is not kept"
    );
}

#[test]
fn other_windows_and_algorithms_are_added_by_what_they_have_used() {
    let mut both_used = 0;
    for seed in 0..CASES {
        let mut sequence = Sequence::new(seed);
        let [mut one] = some_of_one_limit(&mut sequence);
        let mut other = Case {
            now_us: one.now_us - 1_000,
            ..Case::any(&mut sequence)
        };
        for _ in 0..6 {
            other.live(&mut sequence);
        }
        let now_us = one.now_us.max(other.now_us);
        (one.now_us, other.now_us) = (now_us, now_us);
        if !has_window(&one) || !has_window(&other) {
            continue;
        }
        let merged = merged(&one, &other);
        let sum = one.used() + other.used();
        let counts = merged.entry.state.is_some_and(|state| {
            // A limit of 0 has no bucket to count in.
            state.algorithm != Algorithm::TokenBucket || state.quota.limit() > 0
        });
        let bucket = merged
            .entry
            .state
            .map_or(0, |state| 2 * state.quota.capacity());
        let is_bucket = merged
            .entry
            .state
            .is_some_and(|state| state.algorithm == Algorithm::TokenBucket);
        if counts {
            let least = if is_bucket { sum.min(bucket) } else { sum };
            assert!(merged.used() >= least, "{one:?} {other:?}");
            both_used += u32::from(one.used() > 0 && other.used() > 0);
        }
    }
    assert!(both_used > 100);
}

#[test]
fn a_count_whose_window_nobody_knows_takes_the_one_it_meets() {
    let quota = Quota::new(10, 1_000, None).unwrap();
    let known = fixed(Some(&quota), BEGIN_US, 3);
    let unknown = fixed(None, BEGIN_US + 200, 4);
    for (into, from) in [(known, unknown), (unknown, known)] {
        let both = absorb(&into, &from, BEGIN_US + 300);
        assert_eq!(both.state.unwrap().used(BEGIN_US + 1_199), 7);
        assert_eq!(both.expires_us(), BEGIN_US + 1_200);
    }
    let long_ago = fixed(None, BEGIN_US - 1_000, 4);
    for (into, from) in [(known, long_ago), (long_ago, known)] {
        let both = absorb(&into, &from, BEGIN_US + 300);
        assert_eq!(both.state.unwrap().used(BEGIN_US + 300), 3);
    }
    let twice = absorb(&unknown, &unknown, BEGIN_US + 9_999);
    assert_eq!(twice.state.unwrap().used(i64::MAX), 8);
    assert_eq!(twice.expires_us(), i64::MAX, "nobody knows when it is over");
    let full = fixed(None, BEGIN_US, i64::MAX);
    assert_eq!(
        absorb(&full, &full, BEGIN_US).state.unwrap().current,
        i64::MAX
    );
}

#[test]
fn the_longer_block_and_the_more_violations_stay() {
    let entry = |count, last_us, until_us, blocked_until_us| Entry {
        violations: Violations { count, last_us },
        violations_until_us: until_us,
        blocked_until_us,
        ..Entry::EMPTY
    };
    let often = entry(5, 100, 1_000, 300);
    let lately = entry(2, 200, 900, 400);
    for (into, from) in [(often, lately), (lately, often)] {
        assert_eq!(absorb(&into, &from, 250), entry(5, 200, 1_000, 400));
        assert_eq!(
            absorb(&into, &from, 950),
            entry(5, 100, 1_000, 400),
            "violations that are forgotten are not found again"
        );
    }
    let forgotten = entry(5, 100, 800, 300);
    for (into, from) in [(forgotten, lately), (lately, forgotten)] {
        assert_eq!(absorb(&into, &from, 850), entry(2, 200, 900, 400));
    }
}

#[test]
fn the_largest_counts_do_not_overflow() {
    for algorithm in Algorithm::ALL {
        let limit = match algorithm {
            Algorithm::TokenBucket => 10 * MAX_SPAN_US,
            _ => i64::MAX,
        };
        let quota = Quota::new(limit, MAX_SPAN_US, None).unwrap();
        let mut entry = fixed(Some(&quota), BEGIN_US, i64::MAX);
        if let Some(state) = &mut entry.state {
            state.algorithm = algorithm;
            (state.previous, state.tat_ns) = (i64::MAX, i64::MAX);
        }
        let both = absorb(&entry, &entry, BEGIN_US + 1);
        assert!(both.state.unwrap().used(BEGIN_US + 1) >= limit);
    }
}
