//! The way in: a state, a time and a cost become a decision.

use super::algorithm::Algorithm;
use super::decision::Decision;
use super::quota::{MAX_TIME_US, Quota, QuotaError, check_cost};
use super::registry::rules_of;
use super::rules::Left;
use super::state::State;
use super::token_bucket;

/// Decides a hit of `cost` at `now_us`. Gives the answer and, if the hit is allowed, the state to keep: a denied
/// hit changes nothing.
///
/// `None` stands for a key without a state. A time before the last one seen counts as that one, so that a clock
/// which steps back gives no quota back; what there is to wait for is told from `now_us` on.
///
/// # Errors
/// [`QuotaError::Cost`] for a cost below 1.
pub fn decide(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
    cost: i64,
) -> Result<(Option<State>, Decision), QuotaError> {
    let cost = check_cost(cost)?;
    let before = Present::of(state, now_us, algorithm, quota);
    if !before.fits(cost) {
        return Ok((None, before.denied(cost)));
    }
    let after = before.charged(cost);
    let decision = Decision {
        hit_at_us: Some(after.now_us),
        ..after.allowed()
    };
    Ok((Some(after.state), decision))
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
    cost: i64,
) -> Result<(State, Decision), QuotaError> {
    let cost = check_cost(cost)?;
    let after = Present::of(state, now_us, algorithm, quota).charged_where_kept(cost);
    let decision = Present::of(Some(&after), now_us, algorithm, quota).denied(cost);
    Ok((after, decision))
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
    cost: i64,
) -> Result<Decision, QuotaError> {
    let cost = check_cost(cost)?;
    let present = Present::of(state, now_us, algorithm, quota);
    Ok(match present.fits(cost) {
        true => present.allowed(),
        false => present.denied(cost),
    })
}

/// Microseconds until more hits are allowed than now; `None` while the quota is whole, or if it never grows.
#[must_use]
pub fn more_after_us(
    state: Option<&State>,
    now_us: i64,
    algorithm: Algorithm,
    quota: &Quota,
) -> Option<i64> {
    let present = Present::of(state, now_us, algorithm, quota);
    let Left {
        remaining,
        reset_after_us,
    } = present.left();
    let more = remaining.saturating_add(1);
    let can_grow = reset_after_us > 0 && more <= present.capacity();
    can_grow.then(|| present.wait_us(more))
}

/// The time that a state is judged by: that of the call, or the latest that the state has seen.
pub(super) fn present_us(state: Option<&State>, now_us: i64) -> i64 {
    let asked_us = now_us.clamp(0, MAX_TIME_US);
    state.map_or(asked_us, |state| asked_us.max(state.seen_us))
}

/// A state as a call sees it.
struct Present<'a> {
    algorithm: Algorithm,
    quota: &'a Quota,
    /// The time that the state is judged by: that of the call, or the latest that the state has seen.
    now_us: i64,
    /// How far the call is behind that.
    behind_us: i64,
    /// In the terms of the call.
    state: State,
    /// In the terms of another algorithm or quota that wrote it, if those are not the call's. It goes on being what
    /// is kept until a hit is allowed, so what a call has to wait for is told by this one.
    kept: Option<State>,
}

impl<'a> Present<'a> {
    fn of(
        state: Option<&State>,
        now_us: i64,
        algorithm: Algorithm,
        quota: &'a Quota,
    ) -> Present<'a> {
        let asked_us = now_us.clamp(0, MAX_TIME_US);
        let now_us = present_us(state, now_us);
        let rules = rules_of(algorithm);
        let own = |state| Present {
            algorithm,
            quota,
            now_us,
            behind_us: now_us - asked_us,
            state,
            kept: None,
        };
        let Some(state) = state else {
            return own((rules.with_used)(quota, now_us, 0));
        };
        let kept = state.with_known_window(quota);
        let is_own = kept.algorithm == algorithm && (rules.counts_alike)(&kept.quota, quota);
        if is_own {
            return own((rules.advance)(&kept, now_us, quota));
        }
        if kept.expires_us() <= now_us {
            return own((rules.with_used)(quota, now_us, 0));
        }
        // The quota already used is carried over: such a change never gives more.
        let kept_rules = rules_of(kept.algorithm);
        let carried = match (kept.algorithm, algorithm) {
            (Algorithm::TokenBucket, Algorithm::TokenBucket) => {
                token_bucket::in_terms_of(&kept, now_us, quota)
            }
            _ => (rules.with_used)(quota, now_us, (kept_rules.used)(&kept, now_us)),
        };
        Present {
            kept: Some((kept_rules.advance)(&kept, now_us, &kept.quota)),
            ..own(carried)
        }
    }

    fn charged(&self, cost: i64) -> Present<'a> {
        let charge = rules_of(self.algorithm).charge;
        let after = State {
            quota: *self.quota,
            seen_us: self.now_us,
            ..charge(&self.state, self.now_us, self.quota, cost)
        };
        Present {
            state: after,
            kept: None,
            ..*self
        }
    }

    /// What is kept, with a hit more: a denied hit does not bring a state into other terms, in which there may be
    /// less room for what was used.
    fn charged_where_kept(&self, cost: i64) -> State {
        let (state, quota) = match &self.kept {
            None => (&self.state, self.quota),
            Some(kept) => (kept, &kept.quota),
        };
        State {
            quota: *quota,
            seen_us: self.now_us,
            ..(rules_of(state.algorithm).charge)(state, self.now_us, quota, cost)
        }
    }

    fn fits(&self, cost: i64) -> bool {
        (rules_of(self.algorithm).fits)(&self.state, self.now_us, self.quota, cost)
    }

    /// The largest cost that can ever be allowed.
    fn capacity(&self) -> i64 {
        match self.quota.limit() {
            0 => 0,
            _ => (rules_of(self.algorithm).capacity)(self.quota),
        }
    }

    fn left(&self) -> Left {
        let left =
            |state: &State, quota| (rules_of(state.algorithm).left)(state, self.now_us, quota);
        let Left {
            remaining,
            reset_after_us,
        } = left(&self.state, self.quota);
        let reset_after_us = match &self.kept {
            None => reset_after_us,
            Some(kept) => left(kept, &kept.quota).reset_after_us,
        };
        Left {
            remaining,
            reset_after_us: match reset_after_us {
                0 => 0,
                after_us => after_us + self.behind_us,
            },
        }
    }

    /// Microseconds until a hit of this cost fits, which does not now. It is within the capacity.
    fn wait_us(&self, cost: i64) -> i64 {
        let (state, quota) = match &self.kept {
            None => (&self.state, self.quota),
            Some(kept) => (kept, &kept.quota),
        };
        let room = self.capacity() - cost;
        (rules_of(state.algorithm).wait)(state, self.now_us, quota, room) + self.behind_us
    }

    fn allowed(&self) -> Decision {
        let Left {
            remaining,
            reset_after_us,
        } = self.left();
        Decision {
            allowed: true,
            limit: self.quota.limit(),
            remaining,
            reset_after_us,
            retry_after_us: None,
            hit_at_us: None,
        }
    }

    fn denied(&self, cost: i64) -> Decision {
        let possible = cost <= self.capacity();
        Decision {
            allowed: false,
            retry_after_us: possible.then(|| self.wait_us(cost)),
            ..self.allowed()
        }
    }
}
