//! The registry of algorithms, and the way into them.

use super::decision::Decision;
use super::quota::{MAX_TIME_US, Quota, QuotaError, check_cost};
use super::state::State;
use super::{fixed_window, sliding_window, token_bucket};

/// How hits are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// A window that begins with the first hit. The default.
    #[default]
    FixedWindow,
    /// Two aligned windows, the previous one weighted by how much of it still overlaps.
    SlidingWindow,
    /// A bucket that refills steadily (the generic cell rate algorithm, ITU-T I.371).
    TokenBucket,
}

/// A name that is no algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm: use fixed_window, sliding_window or token_bucket")]
pub struct AlgorithmError;

/// What is left of a quota.
pub(super) struct Left {
    /// Hits of cost 1 that would be allowed now.
    pub remaining: i64,
    /// Microseconds until the quota is whole again.
    pub reset_after_us: i64,
}

/// What an algorithm is: pure functions of a state, a time, a quota and a cost. A new one is a file and a line
/// in each `match` below.
pub(super) struct Rules {
    /// The state at this time, windows that are over left behind.
    pub advance: fn(&State, i64, &Quota) -> State,
    /// The state after a hit of this cost; `None` denies it.
    pub take: fn(&State, i64, &Quota, i64) -> Option<State>,
    /// What is left.
    pub left: fn(&State, i64, &Quota) -> Left,
    /// Microseconds until a denied hit of this cost would be allowed. The cost is within the capacity.
    pub wait: fn(&State, i64, &Quota, i64) -> i64,
    /// Hits already used of the quota that the state was written under, rounded up.
    pub used: fn(&State, i64) -> i64,
    /// A state in which so many hits have just been used.
    pub with_used: fn(&Quota, i64, i64) -> State,
    /// The largest cost that can ever be allowed.
    pub capacity: fn(&Quota) -> i64,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 3] = [
        Algorithm::FixedWindow,
        Algorithm::SlidingWindow,
        Algorithm::TokenBucket,
    ];

    /// By its name in SQL.
    ///
    /// # Errors
    /// [`AlgorithmError`] for any other name.
    pub fn parse(name: &str) -> Result<Algorithm, AlgorithmError> {
        let named = |algorithm: &Algorithm| algorithm.as_str() == name;
        Algorithm::ALL.into_iter().find(named).ok_or(AlgorithmError)
    }

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::FixedWindow => "fixed_window",
            Algorithm::SlidingWindow => "sliding_window",
            Algorithm::TokenBucket => "token_bucket",
        }
    }

    fn rules(self) -> &'static Rules {
        match self {
            Algorithm::FixedWindow => &fixed_window::RULES,
            Algorithm::SlidingWindow => &sliding_window::RULES,
            Algorithm::TokenBucket => &token_bucket::RULES,
        }
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
    match (algorithm.rules().take)(&before, now_us, quota, cost) {
        Some(after) => {
            let after = State {
                quota: *quota,
                seen_us: now_us,
                ..after
            };
            Ok((Some(after), allowed(algorithm, &after, now_us, quota)))
        }
        None => Ok((None, denied(algorithm, &before, now_us, quota, cost))),
    }
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
    let would_pass = (algorithm.rules().take)(&before, now_us, quota, cost).is_some();
    Ok(match would_pass {
        true => allowed(algorithm, &before, now_us, quota),
        false => denied(algorithm, &before, now_us, quota, cost),
    })
}

fn allowed(algorithm: Algorithm, state: &State, now_us: i64, quota: &Quota) -> Decision {
    let Left {
        remaining,
        reset_after_us,
    } = (algorithm.rules().left)(state, now_us, quota);
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
    let rules = algorithm.rules();
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
        return ((algorithm.rules().with_used)(quota, now_us, 0), now_us);
    };
    let now_us = now_us.max(state.seen_us);
    let state = adopt(state, now_us, algorithm, quota);
    ((algorithm.rules().advance)(&state, now_us, quota), now_us)
}

/// Where algorithm or window differ from what wrote the state, the quota already used is carried over: such a
/// change never gives more.
fn adopt(state: &State, now_us: i64, algorithm: Algorithm, quota: &Quota) -> State {
    if state.algorithm == algorithm && state.quota.window_us() == quota.window_us() {
        return *state;
    }
    let used = (state.algorithm.rules().used)(state, now_us);
    (algorithm.rules().with_used)(quota, now_us, used)
}
