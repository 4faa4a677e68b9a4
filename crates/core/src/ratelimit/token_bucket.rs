//! A bucket that refills steadily, kept as one time: the generic cell rate algorithm (ITU-T I.371) on a
//! theoretical arrival time (TAT).
//!
//! At worst B + L − 1 hits pass in a span of one window (B the burst): a full bucket, and what refills meanwhile.

use super::algorithm::Algorithm;
use super::quota::Quota;
use super::rules::{Left, Rules};
use super::state::{State, div_ceil, saturate};

pub(super) static RULES: Rules = Rules {
    advance,
    fits,
    charge,
    give_back,
    give_back_hit,
    expires_us,
    left,
    wait,
    used,
    with_used,
    counts_alike,
    capacity: Quota::capacity,
};

const NS_PER_US: i128 = 1000;

/// Nanoseconds between two hits at the steady rate; rounded up, so that the rate is never above the limit.
/// `None` at limit 0, where nothing ever refills.
fn interval_ns(quota: &Quota) -> Option<i128> {
    let window_ns = i128::from(quota.window_us()) * NS_PER_US;
    (quota.limit() > 0).then(|| div_ceil(window_ns, i128::from(quota.limit())))
}

fn ns(time_us: i64) -> i128 {
    i128::from(time_us) * NS_PER_US
}

fn advance(state: &State, now_us: i64, _quota: &Quota) -> State {
    State {
        tat_ns: saturate(i128::from(state.tat_ns).max(ns(now_us))),
        ..*state
    }
}

/// The arrival time after a hit, and the earliest time at which that hit is allowed.
fn arrival(state: &State, interval: i128, quota: &Quota, cost: i64) -> (i128, i128) {
    let tat = i128::from(state.tat_ns) + i128::from(cost) * interval;
    (tat, tat - i128::from(quota.capacity()) * interval)
}

fn fits(state: &State, now_us: i64, quota: &Quota, cost: i64) -> bool {
    interval_ns(quota).is_some_and(|interval| {
        let (_, earliest) = arrival(state, interval, quota, cost);
        ns(now_us) >= earliest
    })
}

/// Denied hits that are counted push the arrival time on, but no farther than two full buckets ahead: whoever
/// stops is let in again after a time that does not depend on how long they hammered.
fn charge(state: &State, now_us: i64, quota: &Quota, cost: i64) -> State {
    let interval = interval_ns(quota).unwrap_or(0);
    let (tat, _) = arrival(state, interval, quota, cost);
    let farthest = ns(now_us) + 2 * i128::from(quota.capacity()) * interval;
    State {
        tat_ns: saturate(tat.min(farthest)).max(state.tat_ns),
        ..*state
    }
}

fn give_back(state: &State, now_us: i64, cost: i64) -> State {
    let back = i128::from(cost) * interval_ns(&state.quota).unwrap_or(0);
    State {
        tat_ns: saturate((i128::from(state.tat_ns) - back).max(ns(now_us))),
        ..*state
    }
}

/// What has refilled since the hit has come back by itself.
fn give_back_hit(state: &State, now_us: i64, cost: i64, hit_at_us: i64) -> State {
    let taken = i128::from(cost) * interval_ns(&state.quota).unwrap_or(0);
    let back = (taken - (ns(now_us) - ns(hit_at_us))).max(0);
    State {
        tat_ns: saturate((i128::from(state.tat_ns) - back).max(ns(now_us))),
        ..*state
    }
}

fn expires_us(state: &State) -> i64 {
    saturate(div_ceil(i128::from(state.tat_ns).max(0), NS_PER_US))
}

fn left(state: &State, now_us: i64, quota: &Quota) -> Left {
    let Some(interval) = interval_ns(quota) else {
        return Left {
            remaining: 0,
            reset_after_us: 0,
        };
    };
    let ahead = i128::from(state.tat_ns) - ns(now_us);
    let free = i128::from(quota.capacity()) * interval - ahead;
    Left {
        remaining: saturate((free / interval).max(0)),
        reset_after_us: saturate(div_ceil(ahead.max(0), NS_PER_US)),
    }
}

fn wait(state: &State, now_us: i64, quota: &Quota, used: i64) -> i64 {
    let then_ns = i128::from(state.tat_ns) - i128::from(used) * interval_ns(quota).unwrap_or(0);
    saturate(div_ceil((then_ns - ns(now_us)).max(0), NS_PER_US))
}

fn used(state: &State, now_us: i64) -> i64 {
    let ahead = (i128::from(state.tat_ns) - ns(now_us)).max(0);
    interval_ns(&state.quota).map_or(0, |interval| saturate(div_ceil(ahead, interval)))
}

/// What is used is kept as a time, in which a hit of another limit takes another part.
fn counts_alike(before: &Quota, quota: &Quota) -> bool {
    before.is_as_long_as(quota) && before.limit() == quota.limit()
}

/// The state in the terms of another quota, with as many hits used, to the fraction of one.
pub(super) fn in_terms_of(state: &State, now_us: i64, quota: &Quota) -> State {
    let ahead = (i128::from(state.tat_ns) - ns(now_us)).max(0);
    let ahead = match (interval_ns(&state.quota), interval_ns(quota)) {
        (Some(before), Some(interval)) => div_ceil(ahead * interval, before),
        _ => 0,
    };
    State {
        tat_ns: saturate(ns(now_us) + ahead),
        ..State::empty(Algorithm::TokenBucket, quota, now_us)
    }
}

fn with_used(quota: &Quota, now_us: i64, used: i64) -> State {
    let ahead = i128::from(used) * interval_ns(quota).unwrap_or(0);
    let tat_ns = saturate(ns(now_us) + ahead);
    State {
        tat_ns,
        ..State::empty(Algorithm::TokenBucket, quota, now_us)
    }
}
