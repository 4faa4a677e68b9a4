//! Two counters of aligned windows; the previous one weighs as much as it still overlaps the trailing window.
//!
//! At worst fewer than 2L hits pass in a span of one window (198 at L = 100, found by a flooding adversary).

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
    counts_alike: Quota::is_as_long_as,
    capacity: Quota::limit,
};

fn start_of_window(now_us: i64, window_us: i64) -> i64 {
    now_us - now_us.rem_euclid(window_us)
}

fn advance(state: &State, now_us: i64, quota: &Quota) -> State {
    let window_us = quota.window_us();
    let start_us = start_of_window(now_us, window_us);
    match (start_us - state.start_us) / window_us {
        0 => *state,
        1 => State {
            start_us,
            previous: state.current,
            current: 0,
            ..*state
        },
        _ => State {
            start_us,
            previous: 0,
            current: 0,
            ..*state
        },
    }
}

/// Hits in the trailing window, times the window's length.
fn weighted(state: &State, now_us: i64, quota: &Quota) -> i128 {
    let window = i128::from(quota.window_us());
    let elapsed = i128::from(now_us - state.start_us);
    i128::from(state.previous) * (window - elapsed) + i128::from(state.current) * window
}

fn fits(state: &State, now_us: i64, quota: &Quota, cost: i64) -> bool {
    let window = i128::from(quota.window_us());
    let after = weighted(state, now_us, quota) + i128::from(cost) * window;
    after <= i128::from(quota.limit()) * window
}

fn charge(state: &State, _now_us: i64, _quota: &Quota, cost: i64) -> State {
    State {
        current: state.current.saturating_add(cost),
        ..*state
    }
}

/// The newest hits go first, since those are what the caller has just made.
fn give_back(state: &State, _now_us: i64, cost: i64) -> State {
    let of_current = cost.min(state.current);
    State {
        current: state.current - of_current,
        previous: state.previous.saturating_sub(cost - of_current).max(0),
        ..*state
    }
}

/// From the window that the hit was in.
fn give_back_hit(state: &State, _now_us: i64, cost: i64, hit_at_us: i64) -> State {
    let taken = |count: i64| count.saturating_sub(cost).max(0);
    let window_us = state.quota.window_us();
    if hit_at_us >= state.start_us {
        State {
            current: taken(state.current),
            ..*state
        }
    } else if hit_at_us >= state.start_us - window_us {
        State {
            previous: taken(state.previous),
            ..*state
        }
    } else {
        *state
    }
}

fn expires_us(state: &State) -> i64 {
    let windows = match (state.current, state.previous) {
        (1.., _) => 2,
        (_, 1..) => 1,
        _ => 0,
    };
    state
        .start_us
        .saturating_add(windows * state.quota.window_us())
}

fn left(state: &State, now_us: i64, quota: &Quota) -> Left {
    let window = i128::from(quota.window_us());
    let free = i128::from(quota.limit()) * window - weighted(state, now_us, quota);
    let windows = match (state.current, state.previous) {
        (1.., _) => 2,
        (_, 1..) => 1,
        _ => {
            return Left {
                remaining: quota.limit(),
                reset_after_us: 0,
            };
        }
    };
    let whole_us = state.start_us.saturating_add(windows * quota.window_us());
    Left {
        remaining: saturate((free / window).max(0)),
        reset_after_us: whole_us - now_us,
    }
}

/// When the weight has fallen far enough: in this window, if the hits of the previous one are what is in the way,
/// else in the next, when those of this one have become the previous.
fn wait(state: &State, now_us: i64, quota: &Quota, used: i64) -> i64 {
    let window_us = quota.window_us();
    let (starts, in_the_way, room) = match state.current <= used {
        true => (state.start_us, state.previous, used - state.current),
        false => (state.start_us + window_us, state.current, used),
    };
    let overlap = i128::from(room) * i128::from(window_us) / i128::from(in_the_way.max(1));
    starts.saturating_add(window_us) - saturate(overlap).min(window_us) - now_us
}

fn used(state: &State, now_us: i64) -> i64 {
    let state = advance(state, now_us, &state.quota);
    let weighted = weighted(&state, now_us, &state.quota);
    saturate(div_ceil(weighted, i128::from(state.quota.window_us())))
}

fn with_used(quota: &Quota, now_us: i64, used: i64) -> State {
    let start_us = start_of_window(now_us, quota.window_us());
    State {
        start_us,
        current: used,
        ..State::empty(Algorithm::SlidingWindow, quota, now_us)
    }
}
