//! Windows of a calendar, with clocks that are put forward and back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ratelimit_support;

use phone_crypt_core::ratelimit::{
    Algorithm, Calendar, CalendarUnit, Entry, Limit, Penalties, Quota, Row, hit, look,
};
use ratelimit_support::{SEQUENCES, Sequence};
use std::collections::HashMap;

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;
const DAY_US: i64 = 24 * HOUR_US;
/// A Monday, midnight in Greenwich.
const BEGIN_US: i64 = 1_700_438_400 * SECOND_US;

static NO_PENALTIES: Penalties = Penalties::NONE;

/// A place whose clocks are put forward or back, by a whole or half an hour, every 40 days or so.
struct Place {
    changes: Vec<(i64, i64)>,
}

impl Place {
    fn any(sequence: &mut Sequence) -> Place {
        let mut offset_us = (sequence.below(53) - 24) * HOUR_US / 2;
        let mut time_us = BEGIN_US - 100 * DAY_US;
        let mut changes = vec![(i64::MIN, offset_us)];
        for _ in 0..6 {
            time_us += (20 + sequence.below(40)) * DAY_US + sequence.below(24) * HOUR_US;
            offset_us += [-HOUR_US, HOUR_US, -HOUR_US / 2, HOUR_US / 2][sequence.below(4) as usize];
            changes.push((time_us, offset_us));
        }
        Place { changes }
    }

    fn local_us(&self, time_us: i64) -> i64 {
        let latest = self.changes.iter().rev().find(|(from, _)| *from <= time_us);
        time_us + latest.unwrap().1
    }

    /// The number of the window that the clock shows. A clock that is put back over a boundary does not go back with it.
    fn label(&self, unit: CalendarUnit, time_us: i64) -> i64 {
        let shown = |time_us: i64| self.local_us(time_us).div_euclid(unit_us(unit));
        let before = self
            .changes
            .iter()
            .filter(|(from, _)| (time_us - 2 * HOUR_US..=time_us).contains(from));
        before
            .map(|(from, _)| shown(from - 1))
            .fold(shown(time_us), i64::max)
    }
}

/// Months of 30 days will do for a place that is made up.
fn unit_us(unit: CalendarUnit) -> i64 {
    unit.usual_us()
}

fn any_unit(sequence: &mut Sequence) -> CalendarUnit {
    CalendarUnit::ALL[sequence.below(4) as usize]
}

fn limit(most: i64, calendar: Calendar) -> Limit<'static> {
    Limit {
        algorithm: Algorithm::Calendar,
        quota: Quota::new(most, DAY_US, None).unwrap(),
        calendar: Some(calendar),
        penalties: &NO_PENALTIES,
        count_denied: false,
    }
}

#[test]
fn a_window_is_all_the_times_with_its_label_and_no_other() {
    for seed in 0..SEQUENCES / 10 {
        let mut sequence = Sequence::new(seed);
        let place = Place::any(&mut sequence);
        let unit = any_unit(&mut sequence);
        let now_us = BEGIN_US + sequence.below(150 * DAY_US);
        let label = |time_us| place.label(unit, time_us);
        let Calendar {
            starts_us,
            ends_us,
            next_ends_us,
        } = Calendar::around(unit, now_us, label);
        assert!(starts_us <= now_us && now_us < ends_us && ends_us < next_ends_us);
        let (present, next) = (label(now_us), label(ends_us));
        assert_ne!(label(starts_us - 1), present);
        assert_eq!((label(starts_us), label(ends_us - 1)), (present, present));
        assert_ne!(next, present);
        assert_eq!(label(next_ends_us - 1), next);
        assert_ne!(label(next_ends_us), next);
    }
}

/// What was decided before the lock is for the time before the lock; the clock is read when the lock is held.
#[test]
fn as_many_pass_in_each_window_as_the_limit_and_the_next_is_whole() {
    for seed in 0..SEQUENCES / 10 {
        let mut sequence = Sequence::new(seed);
        let place = Place::any(&mut sequence);
        let unit = any_unit(&mut sequence);
        let most = sequence.below(9);
        let label = |time_us| place.label(unit, time_us);
        let mut now_us = BEGIN_US + sequence.below(20 * DAY_US);
        let mut entry = Entry::EMPTY;
        let mut passed: HashMap<i64, i64> = HashMap::new();
        for _ in 0..40 {
            let asked_us = now_us + sequence.below(unit_us(unit) / 4);
            now_us = asked_us + sequence.below(2) * sequence.below(unit_us(unit) / 4);
            let limit = limit(most, Calendar::around(unit, asked_us, label));
            let cost = 1 + sequence.below(3);
            let used = passed.entry(label(now_us)).or_default();
            let (kept, verdict) = hit(&entry, now_us, &limit, cost).unwrap();
            let decision = verdict.decision;
            assert_eq!(decision.allowed, *used + cost <= most);
            if let Some(kept) = kept {
                *used += cost;
                // As the table has it, and after a restart.
                assert_eq!(Row::from_entry(&kept, now_us).to_entry(), kept);
                entry = kept;
            }
            assert_eq!(decision.remaining, most - *used);
            let ends_us = Calendar::around(unit, now_us, label).ends_us;
            if *used > 0 {
                assert_eq!(decision.reset_after_us, ends_us - now_us);
            }
            if let Some(wait_us) = decision.retry_after_us {
                assert_eq!(wait_us, ends_us - now_us);
                assert!(
                    !look(&entry, ends_us - 1, &limit, cost)
                        .unwrap()
                        .decision
                        .allowed
                );
                assert!(
                    look(&entry, ends_us, &limit, cost)
                        .unwrap()
                        .decision
                        .allowed
                );
            }
        }
    }
}

fn day(starts_us: i64) -> Calendar {
    Calendar {
        starts_us,
        ends_us: starts_us + DAY_US,
        next_ends_us: starts_us + 2 * DAY_US,
    }
}

#[test]
fn what_is_used_stays_used_when_the_time_zone_changes() {
    let (kept, _) = hit(
        &Entry::EMPTY,
        BEGIN_US + HOUR_US,
        &limit(5, day(BEGIN_US)),
        4,
    )
    .unwrap();
    let elsewhere = limit(5, day(BEGIN_US - 10 * HOUR_US));
    let verdict = look(&kept.unwrap(), BEGIN_US + 2 * HOUR_US, &elsewhere, 1).unwrap();
    assert_eq!(verdict.decision.remaining, 1);
}

#[test]
fn what_was_used_of_another_algorithm_is_used_of_the_day() {
    let plain = Limit {
        algorithm: Algorithm::FixedWindow,
        calendar: None,
        ..limit(5, day(BEGIN_US))
    };
    let (kept, _) = hit(&Entry::EMPTY, BEGIN_US + HOUR_US, &plain, 4).unwrap();
    let today = limit(5, day(BEGIN_US));
    let verdict = look(&kept.unwrap(), BEGIN_US + 2 * HOUR_US, &today, 1).unwrap();
    assert_eq!(verdict.decision.remaining, 1);
}

#[test]
fn a_clock_that_goes_back_over_midnight_gives_no_quota_back() {
    let today = limit(5, day(BEGIN_US));
    let yesterday = limit(5, day(BEGIN_US - DAY_US));
    let (kept, _) = hit(&Entry::EMPTY, BEGIN_US + 5, &today, 4).unwrap();
    let verdict = look(&kept.unwrap(), BEGIN_US - 5, &yesterday, 1).unwrap();
    assert_eq!(verdict.decision.remaining, 1);
}

#[test]
fn a_hit_of_yesterday_is_not_given_back_today() {
    let (kept, first) = hit(
        &Entry::EMPTY,
        BEGIN_US - 5,
        &limit(5, day(BEGIN_US - DAY_US)),
        4,
    )
    .unwrap();
    let today = limit(5, day(BEGIN_US));
    let (kept, second) = hit(&kept.unwrap(), BEGIN_US + 5, &today, 3).unwrap();
    let kept = kept.unwrap();
    let (first, second) = (first.decision.hit_at_us, second.decision.hit_at_us);
    assert_eq!(kept.refunded_hit(BEGIN_US + 9, 4, first.unwrap()), None);
    let refunded = kept.refunded_hit(BEGIN_US + 9, 3, second.unwrap()).unwrap();
    assert_eq!(
        look(&refunded, BEGIN_US + 9, &today, 1)
            .unwrap()
            .decision
            .remaining,
        5
    );
}
