//! The way in: a state, a time and a cost become a decision.

use super::algorithm::Algorithm;
use super::decision::Decision;
use super::quota::{MAX_TIME_US, Quota, QuotaError, check_cost};
use super::rules::{Left, Rules};
use super::state::State;
use super::{fixed_window, sliding_window, token_bucket};

/// The registry: a new algorithm is a file, a name in [`Algorithm`] and a line here.
pub(super) fn rules_of(algorithm: Algorithm) -> &'static Rules {
    match algorithm {
        Algorithm::FixedWindow => &fixed_window::RULES,
        Algorithm::SlidingWindow => &sliding_window::RULES,
        Algorithm::TokenBucket => &token_bucket::RULES,
    }
}

/// Decides a hit of `cost` at `now_us`. Gives the answer and, if the hit is allowed, the state to keep: a denied
/// hit changes nothing.
///
/// `None` stands for a key without a state. A time before the last one seen counts as that one, so that a clock
/// which steps back gives no quota back.
///
/// # Errors
/// [`QuotaError::Cost`] for a cost below 1.
pub fn decide(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
    cost: i32,
) -> Result<(Option<State>, Decision), QuotaError> {
    let cost = check_cost(cost)?;
    let (before, now_us) = present(state, now_us, algorithm, quota);
    if !(rules_of(algorithm).fits)(&before, now_us, quota, cost) {
        return Ok((None, denied(algorithm, &before, now_us, quota, cost)));
    }
    let after = charged(algorithm, &before, now_us, quota, cost);
    Ok((Some(after), allowed(algorithm, &after, now_us, quota)))
}

/// The state after a denied hit that is to count all the same, and the answer to it.
///
/// # Errors
/// As [`decide`].
pub(super) fn deny_and_count(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
    cost: i32,
) -> Result<(State, Decision), QuotaError> {
    let cost = check_cost(cost)?;
    let (before, now_us) = present(state, now_us, algorithm, quota);
    let after = charged(algorithm, &before, now_us, quota, cost);
    Ok((after, denied(algorithm, &after, now_us, quota, cost)))
}

/// The answer that a hit of `cost` would get, and what is left while it is not made.
///
/// # Errors
/// As [`decide`].
pub fn peek(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
    cost: i32,
) -> Result<Decision, QuotaError> {
    let cost = check_cost(cost)?;
    let (before, now_us) = present(state, now_us, algorithm, quota);
    Ok(
        match (rules_of(algorithm).fits)(&before, now_us, quota, cost) {
            true => allowed(algorithm, &before, now_us, quota),
            false => denied(algorithm, &before, now_us, quota, cost),
        },
    )
}

/// Microseconds until more hits are allowed than now; `None` while the quota is whole, or if it never grows.
#[must_use]
pub fn more_after_us(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
) -> Option<i64> {
    let (state, now_us) = present(state, now_us, algorithm, quota);
    let rules = rules_of(algorithm);
    let left = (rules.left)(&state, now_us, quota);
    let more = left.remaining.saturating_add(1);
    let can_grow = left.reset_after_us > 0 && more <= (rules.capacity)(quota);
    can_grow.then(|| (rules.wait)(&state, now_us, quota, more))
}

fn charged(algorithm: Algorithm, before: &State, now_us: i64, quota: &Quota, cost: i64) -> State {
    State {
        quota: *quota,
        seen_us: now_us,
        ..(rules_of(algorithm).charge)(before, now_us, quota, cost)
    }
}

fn allowed(algorithm: Algorithm, state: &State, now_us: i64, quota: &Quota) -> Decision {
    let Left {
        remaining,
        reset_after_us,
    } = (rules_of(algorithm).left)(state, now_us, quota);
    let limit = quota.limit();
    Decision {
        allowed: true,
        limit,
        remaining,
        reset_after_us,
        retry_after_us: None,
    }
}

fn denied(algorithm: Algorithm, state: &State, now_us: i64, quota: &Quota, cost: i64) -> Decision {
    let rules = rules_of(algorithm);
    let possible = quota.limit() > 0 && cost <= (rules.capacity)(quota);
    let retry_after_us = possible.then(|| (rules.wait)(state, now_us, quota, cost));
    Decision {
        allowed: false,
        retry_after_us,
        ..allowed(algorithm, state, now_us, quota)
    }
}

/// The state as this call sees it, and the time it is seen at.
fn present(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
) -> (State, i64) {
    let now_us = now_us.clamp(0, MAX_TIME_US);
    let Some(state) = state else {
        return ((rules_of(algorithm).with_used)(quota, now_us, 0), now_us);
    };
    let now_us = now_us.max(state.seen_us);
    let state = adopt(&state.with_known_window(quota), now_us, algorithm, quota);
    ((rules_of(algorithm).advance)(&state, now_us, quota), now_us)
}

/// Where algorithm or window differ from what wrote the state, the quota already used is carried over: such a
/// change never gives more.
fn adopt(state: &State, now_us: i64, algorithm: Algorithm, quota: &Quota) -> State {
    if state.algorithm == algorithm && state.quota.window_us() == quota.window_us() {
        return *state;
    }
    let used = (rules_of(state.algorithm).used)(state, now_us);
    (rules_of(algorithm).with_used)(quota, now_us, used)
}
