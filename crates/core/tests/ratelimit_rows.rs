//! Entries as rows and back, and rows that somebody else wrote.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod entries_support;
#[allow(unused_imports)]
mod ratelimit_support;

use entries_support::{BEGIN_US, Case, for_each_moment};
use phone_crypt_core::ratelimit::{
    Algorithm, Entry, Limit, MAX_SPAN_US, MAX_TIME_US, Penalties, Quota, Row, State, absorb, hit,
    look, more_after_us,
};
use ratelimit_support::Sequence;

/// What a row can hold of an entry. It has one time at which everything is over; and nothing to say of a count of 0
/// whose window nobody knows.
fn as_a_row_can_tell(entry: &Entry) -> Entry {
    let is_nothing = |state: &State| {
        let unknown = State::counted(None, 0, 0);
        (state.quota, state.current) == (unknown.quota, 0)
    };
    Entry {
        state: entry.state.filter(|state| !is_nothing(state)),
        violations_until_us: match entry.violations.count {
            0 => 0,
            _ => entry.expires_us(),
        },
        ..*entry
    }
}

#[test]
fn an_entry_comes_back_from_its_row_as_it_was() {
    let (mut counts, mut violations, mut blocks) = (0, 0, 0);
    for_each_moment(3_000, Case::any, |case, _| {
        let entry = case.entry;
        let row = Row::from_entry(&entry, case.now_us);
        let expected = as_a_row_can_tell(&entry);
        let mut back = row.to_entry();
        assert_eq!(
            row.expires_us,
            Some(entry.expires_us()).filter(|it| *it < i64::MAX)
        );
        if let Some((state, before)) = back.state.as_mut().zip(expected.state) {
            assert_eq!(i64::from(row.count), before.used(before.seen_us));
            assert_eq!(row.window_start_ms, before.start_us / 1000);
            if row.algorithm.is_none() {
                // A count from elsewhere is back where it began.
                assert!(state.seen_us <= before.seen_us);
                state.seen_us = before.seen_us;
            }
        }
        assert_eq!(back, expected);
        assert_eq!(back.expires_us(), expected.expires_us());
        counts += u32::from(entry.state.is_some());
        violations += u32::from(entry.violations.count > 0);
        blocks += u32::from(entry.blocked_until_us > 0);
    });
    assert!(counts > 10_000 && violations > 1_000 && blocks > 1_000);
}

#[test]
fn the_largest_limits_windows_and_times_come_back() {
    for algorithm in Algorithm::ALL {
        for (limit, window_us) in [(i64::MAX, MAX_SPAN_US), (i64::MAX, 1_000), (1, MAX_SPAN_US)] {
            let mut case = Case {
                algorithm,
                quota: Quota::new(limit, window_us, None).unwrap(),
                penalties: Penalties::new(vec![MAX_SPAN_US]).unwrap(),
                count_denied: true,
                entry: Entry::EMPTY,
                now_us: 0,
            };
            for now_us in [0, 1, BEGIN_US, MAX_TIME_US] {
                for cost in [1, i64::MAX, i64::MAX] {
                    case.now_us = now_us;
                    case.hit(cost);
                    let row = Row::from_entry(&case.entry, now_us);
                    assert_eq!(row.to_entry(), as_a_row_can_tell(&case.entry));
                }
            }
        }
    }
}

#[test]
fn a_row_of_a_legacy_application_is_a_fixed_window_of_whoever_meets_it() {
    let row = Row {
        count: 3,
        window_start_ms: BEGIN_US / 1000,
        updated_us: BEGIN_US + 700,
        ..Row::default()
    };
    let entry = row.to_entry();
    assert_eq!(entry.expires_us(), i64::MAX);
    let case = Case {
        quota: Quota::new(5, 1_000, None).unwrap(),
        entry,
        ..Case::plain(&mut Sequence::new(1))
    };
    for algorithm in Algorithm::ALL {
        let case = Case {
            algorithm,
            ..case.clone()
        };
        let remaining_at = |now_us| case.look_at(now_us, 1).decision.remaining;
        assert_eq!(remaining_at(BEGIN_US + 999), 2);
        assert_eq!(remaining_at(BEGIN_US + 1_000), 5);
    }
    let nothing = Row { count: 0, ..row };
    assert_eq!(nothing.to_entry(), Entry::EMPTY);
    let less = Row { count: -1, ..row };
    assert_eq!(less.to_entry(), Entry::EMPTY);
}

const EXTREMES: [i64; 14] = [
    i64::MIN,
    i64::MIN + 1,
    -1_000,
    -1,
    0,
    1,
    2,
    1_000,
    BEGIN_US,
    BEGIN_US + 999,
    MAX_SPAN_US,
    MAX_TIME_US,
    i64::MAX - 1,
    i64::MAX,
];

fn any_number(sequence: &mut Sequence) -> i64 {
    match sequence.below(4) {
        0 => sequence.below(i64::MAX) - i64::MAX / 2,
        _ => EXTREMES[sequence.below(EXTREMES.len() as i64) as usize],
    }
}

fn any_narrow(sequence: &mut Sequence) -> i32 {
    let small = [i32::MIN, -1, 0, 1, 2, 9, i32::MAX - 1, i32::MAX];
    small[sequence.below(small.len() as i64) as usize]
}

/// A row with anything in it; often one that could have been written, but for some columns.
fn any_row(sequence: &mut Sequence) -> Row {
    let mut case = Case::any(sequence);
    (0..sequence.below(12)).for_each(|_| case.live(sequence));
    let mut row = Row::from_entry(&case.entry, case.now_us);
    for _ in 0..sequence.below(10) {
        let is_null = sequence.below(5) == 0;
        let wide = any_number(sequence);
        let narrow = any_narrow(sequence);
        let wide_or_null = (!is_null).then_some(wide);
        let narrow_or_null = (!is_null).then_some(narrow);
        match sequence.below(15) {
            0 => row.count = narrow,
            1 => row.window_start_ms = wide,
            2 => row.algorithm = (!is_null).then_some(narrow as i16),
            3 => row.window_us = wide_or_null,
            4 => row.start_us = wide_or_null,
            5 => row.current = wide_or_null,
            6 => row.previous = wide_or_null,
            7 => row.tat_ns = wide_or_null,
            8 => row.quota = wide_or_null,
            9 => row.burst = wide_or_null,
            10 => row.violations = narrow_or_null,
            11 => row.last_violation_us = wide_or_null,
            12 => row.blocked_until_us = wide_or_null,
            13 => row.expires_us = wide_or_null,
            _ => row.updated_us = wide,
        }
    }
    row
}

/// Limits from the smallest to the largest.
fn any_limit<'a>(sequence: &mut Sequence, penalties: &'a Penalties) -> Limit<'a> {
    let limit = [0, 1, 5, i64::MAX][sequence.below(4) as usize];
    let window_us = [1_000, 1_500, 86_400_000_000, MAX_SPAN_US][sequence.below(4) as usize];
    let burst = [None, None, Some(1), Some(i64::MAX)][sequence.below(4) as usize];
    let quota = Quota::new(limit, window_us, burst).or(Quota::new(limit, window_us, None));
    let algorithm = Algorithm::ALL[sequence.below(3) as usize];
    Limit {
        algorithm,
        quota: (quota.unwrap().suited_to(algorithm))
            .unwrap_or(Quota::new(5, window_us, None).unwrap()),
        penalties,
        count_denied: sequence.below(2) == 0,
        calendar: None,
    }
}

fn capacity(limit: &Limit<'_>) -> i64 {
    match (limit.algorithm, limit.quota.limit()) {
        (_, 0) => 0,
        (Algorithm::TokenBucket, _) => limit.quota.capacity(),
        (_, limit) => limit,
    }
}

#[test]
fn no_row_gives_more_than_the_quota_or_brings_anything_down() {
    let penalties = [
        Penalties::NONE,
        Penalties::new(vec![1, MAX_SPAN_US]).unwrap(),
    ];
    for seed in 0..60_000 {
        let mut sequence = Sequence::new(seed);
        let row = any_row(&mut sequence);
        let limit = any_limit(&mut sequence, &penalties[(seed % 2) as usize]);
        let cost = [1, 2, i64::MAX][sequence.below(3) as usize];
        let now_us = match sequence.below(8) {
            0 => any_number(&mut sequence).max(0),
            _ => BEGIN_US + sequence.below(1_010_000),
        };
        let mut entry = row.to_entry();
        let _ = entry.expires_us();
        for _ in 0..4 {
            let looked = look(&entry, now_us, &limit, cost).unwrap().decision;
            assert!(
                (0..=capacity(&limit)).contains(&looked.remaining),
                "{row:?} {looked:?}"
            );
            assert!(looked.reset_after_us >= 0 && looked.retry_after_us.is_none_or(|it| it > 0));
            let state = entry.state.as_ref();
            let more_us = more_after_us(state, now_us, limit.algorithm, &limit.quota);
            assert!(more_us.is_none_or(|it| it > 0), "{row:?} {more_us:?}");
            let (kept, verdict) = hit(&entry, now_us, &limit, cost).unwrap();
            let hit = verdict.decision;
            assert!(
                (0..=capacity(&limit)).contains(&hit.remaining),
                "{row:?} {hit:?}"
            );
            entry = kept.unwrap_or(entry);
            let _ = Row::from_entry(&entry, now_us).to_entry();
        }
        let other = any_row(&mut sequence).to_entry();
        for changed in [
            absorb(&entry, &other, now_us),
            absorb(&other, &entry, now_us),
            entry.blocked(now_us),
            entry.unblocked(now_us).unwrap_or(entry),
            entry.refunded(now_us, i64::MAX).unwrap_or(entry),
        ] {
            let _ = Row::from_entry(&changed, now_us).to_entry().expires_us();
        }
    }
}

#[test]
fn a_row_that_contradicts_itself_gives_no_more_than_its_count_leaves() {
    let quota = Quota::new(100, 1_000, None).unwrap();
    let mut case = Case {
        quota,
        now_us: BEGIN_US + 300,
        ..Case::plain(&mut Sequence::new(1))
    };
    for algorithm in Algorithm::ALL {
        case.algorithm = algorithm;
        case.entry = Entry::EMPTY;
        case.hit(60);
        let row = Row::from_entry(&case.entry, case.now_us);
        let start_us = row.start_us.unwrap();
        let contradictions = [
            Row {
                start_us: Some(start_us + 5_000),
                ..row
            },
            Row {
                start_us: Some(start_us + 700),
                ..row
            },
            Row {
                current: Some(-40),
                ..row
            },
            Row {
                previous: Some(i64::MIN),
                ..row
            },
            Row {
                tat_ns: Some(-1),
                ..row
            },
            Row {
                start_us: Some(i64::MAX),
                ..row
            },
            Row {
                window_us: Some(-1),
                ..row
            },
            Row {
                algorithm: Some(4),
                ..row
            },
            Row {
                algorithm: Some(5),
                ..row
            },
            Row {
                quota: Some(-1),
                ..row
            },
        ];
        for row in contradictions {
            let case = Case {
                entry: row.to_entry(),
                ..case.clone()
            };
            let remaining = case.look_at(case.now_us, 1).decision.remaining;
            assert!(remaining <= 40, "{row:?} leaves {remaining}");
        }
    }
    // A sliding window that begins where none does would weigh its hits below nothing.
    let adrift = Row {
        algorithm: Some(2),
        start_us: Some(1_001),
        updated_us: 1_001,
        current: Some(0),
        previous: Some(50),
        window_us: Some(1_000),
        tat_ns: Some(0),
        quota: Some(100),
        ..Row::default()
    };
    case.algorithm = Algorithm::SlidingWindow;
    case.entry = adrift.to_entry();
    assert!(case.look_at(2_999, 1).decision.remaining <= 100);
}
