//! A counter that begins anew when its window is over. The window begins with the first hit.
//!
//! At worst 2L − 1 hits pass in a span of one window: 1, then L − 1 just before the window ends, and L after it.

use super::algorithm::Algorithm;
use super::quota::Quota;
use super::rules::{Left, Rules};
use super::state::State;

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

fn ends_us(state: &State, quota: &Quota) -> i64 {
    state.start_us.saturating_add(quota.window_us())
}

fn advance(state: &State, now_us: i64, quota: &Quota) -> State {
    match holds_at(state, now_us, quota) {
        true => *state,
        false => with_used(quota, now_us, 0),
    }
}

/// Whether something was counted in a window that is not over.
pub(super) fn holds_at(state: &State, now_us: i64, quota: &Quota) -> bool {
    state.current > 0 && now_us < ends_us(state, quota)
}

pub(super) fn fits(state: &State, _now_us: i64, quota: &Quota, cost: i64) -> bool {
    quota.limit() - state.current >= cost
}

pub(super) fn charge(state: &State, _now_us: i64, _quota: &Quota, cost: i64) -> State {
    State {
        current: state.current.saturating_add(cost),
        ..*state
    }
}

pub(super) fn give_back(state: &State, _now_us: i64, cost: i64) -> State {
    State {
        current: state.current.saturating_sub(cost).max(0),
        ..*state
    }
}

pub(super) fn give_back_hit(state: &State, now_us: i64, cost: i64, hit_at_us: i64) -> State {
    match hit_at_us >= state.start_us {
        true => give_back(state, now_us, cost),
        false => *state,
    }
}

pub(super) fn expires_us(state: &State) -> i64 {
    match state.current {
        1.. => ends_us(state, &state.quota),
        _ => state.start_us,
    }
}

pub(super) fn left(state: &State, now_us: i64, quota: &Quota) -> Left {
    let reset_after_us = if state.current > 0 {
        wait(state, now_us, quota, 0)
    } else {
        0
    };
    Left {
        remaining: (quota.limit() - state.current).max(0),
        reset_after_us,
    }
}

pub(super) fn wait(state: &State, now_us: i64, quota: &Quota, _used: i64) -> i64 {
    ends_us(state, quota) - now_us
}

fn used(state: &State, now_us: i64) -> i64 {
    advance(state, now_us, &state.quota).current
}

fn with_used(quota: &Quota, now_us: i64, used: i64) -> State {
    State {
        current: used,
        ..State::empty(Algorithm::FixedWindow, quota, now_us)
    }
}
