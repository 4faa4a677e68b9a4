//! Rows of the legacy application that become one: the same whatever the order, and never fewer hits.
#![allow(clippy::unwrap_used)]

#[allow(unused_imports)]
mod ratelimit_support;

use phone_crypt_core::ratelimit::{LegacyRow, MergeRule};
use ratelimit_support::Sequence;

const HOUR_US: i64 = 3_600_000_000;
const NOW_US: i64 = 1_760_000_000_000_000;
const MOST: i64 = i32::MAX as i64;

const RULE: MergeRule = MergeRule {
    as_of_us: NOW_US,
    window_us: HOUR_US,
    most: MOST,
};

fn row(count: i64, minutes_ago: i64) -> LegacyRow {
    LegacyRow {
        count,
        window_start_ms: NOW_US / 1000 - minutes_ago * 60_000,
        created_us: None,
        updated_us: None,
    }
}

fn merged(rows: &[LegacyRow]) -> LegacyRow {
    let (first, rest) = rows.split_first().unwrap();
    rest.iter()
        .fold(*first, |into, from| RULE.merge(&into, from))
}

fn any_time(sequence: &mut Sequence) -> Option<i64> {
    (sequence.below(4) > 0).then(|| NOW_US - sequence.below(5))
}

/// Few different values, so that ties, ends of windows and counts at the limit are met often.
fn any_row(sequence: &mut Sequence) -> LegacyRow {
    let counts = [-3, 0, 1, 2, 7, MOST - 1, MOST];
    LegacyRow {
        count: counts[sequence.below(counts.len() as i64) as usize],
        window_start_ms: (NOW_US - HOUR_US) / 1000 + sequence.below(5) - 2,
        created_us: any_time(sequence),
        updated_us: any_time(sequence),
    }
}

/// The rule as one would write it down for all rows at once.
fn all_at_once(rows: &[LegacyRow]) -> LegacyRow {
    let live: Vec<&LegacyRow> = rows.iter().filter(|row| RULE.is_live(row)).collect();
    let (count, window_start_ms) = match live.as_slice() {
        [] => {
            let newest = rows
                .iter()
                .max_by_key(|row| (row.window_start_ms, row.count));
            (newest.unwrap().count, newest.unwrap().window_start_ms)
        }
        [only] => (only.count, only.window_start_ms),
        many => (
            many.iter()
                .map(|row| row.count.max(0))
                .sum::<i64>()
                .min(MOST),
            many.iter().map(|row| row.window_start_ms).max().unwrap(),
        ),
    };
    LegacyRow {
        count,
        window_start_ms,
        created_us: rows.iter().filter_map(|row| row.created_us).min(),
        updated_us: rows.iter().filter_map(|row| row.updated_us).max(),
    }
}

#[test]
fn any_order_and_any_portions_give_the_row_of_all_at_once() {
    let mut sequence = Sequence::new(1);
    for _ in 0..20_000 {
        let mut rows: Vec<LegacyRow> = (0..1 + sequence.below(6))
            .map(|_| any_row(&mut sequence))
            .collect();
        let expected = all_at_once(&rows);
        assert_eq!(merged(&rows), expected);
        let cut = sequence.below(rows.len() as i64) as usize;
        if cut > 0 {
            let portions = [merged(&rows[cut..]), merged(&rows[..cut])];
            assert_eq!(merged(&portions), expected);
        }
        rows.rotate_left(cut);
        rows.reverse();
        assert_eq!(merged(&rows), expected);
    }
}

#[test]
fn live_windows_add_up_and_count_from_the_later_start() {
    assert_eq!(merged(&[row(3, 50), row(4, 10)]), row(7, 10));
}

#[test]
fn a_window_that_is_over_adds_nothing() {
    assert_eq!(merged(&[row(3, 60), row(4, 10)]), row(4, 10));
    assert_eq!(merged(&[row(4, 59), row(3, 600)]), row(4, 59));
}

#[test]
fn of_windows_that_are_over_the_newest_stays() {
    assert_eq!(merged(&[row(9, 600), row(4, 61)]), row(4, 61));
    assert_eq!(merged(&[row(4, 61), row(9, 61)]), row(9, 61));
}

#[test]
fn a_sum_stops_at_what_the_column_holds() {
    assert_eq!(merged(&[row(MOST, 1), row(MOST, 2)]), row(MOST, 1));
    let wide = MergeRule {
        most: i64::MAX,
        ..RULE
    };
    let sum = wide.merge(&row(MOST, 1), &row(1, 1));
    assert_eq!(sum.count, MOST + 1);
    assert_eq!(wide.merge(&row(i64::MAX, 1), &sum).count, i64::MAX);
}

#[test]
fn a_window_is_live_until_its_very_end() {
    let at = |start_us: i64| LegacyRow {
        window_start_ms: start_us / 1000,
        ..row(1, 0)
    };
    assert!(!RULE.is_live(&at(NOW_US - HOUR_US)));
    assert!(RULE.is_live(&at(NOW_US - HOUR_US + 1000)));
    assert!(RULE.is_live(&LegacyRow {
        window_start_ms: i64::MAX,
        ..row(1, 0)
    }));
    assert!(!RULE.is_live(&LegacyRow {
        window_start_ms: i64::MIN,
        ..row(1, 0)
    }));
}

#[test]
fn the_oldest_making_and_the_newest_writing_are_kept() {
    let at = |created_us, updated_us| LegacyRow {
        created_us,
        updated_us,
        ..row(1, 10)
    };
    let both = merged(&[at(Some(5), Some(6)), at(None, Some(9)), at(Some(4), None)]);
    assert_eq!((both.created_us, both.updated_us), (Some(4), Some(9)));
}
