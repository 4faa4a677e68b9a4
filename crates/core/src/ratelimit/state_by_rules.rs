//! What the algorithm of a state says of it.

use super::registry::rules_of;
use super::state::State;

impl State {
    /// When nothing of it matters any more; never, while its window is not known and something was used.
    #[must_use]
    pub fn expires_us(&self) -> i64 {
        match self.quota.is_unknown() && self.current > 0 {
            true => i64::MAX,
            false => (rules_of(self.algorithm).expires_us)(self),
        }
    }

    /// Hits used of its quota at `now_us`, rounded up.
    #[must_use]
    pub fn used(&self, now_us: i64) -> i64 {
        match self.quota.is_unknown() {
            true => self.current,
            false => (rules_of(self.algorithm).used)(self, now_us.max(self.seen_us)),
        }
    }

    /// The state at `now_us` with `cost` hits given back, never below none used.
    #[must_use]
    pub(super) fn refunded(&self, now_us: i64, cost: i64) -> State {
        let before = self.advanced(now_us);
        (rules_of(self.algorithm).give_back)(&before, before.seen_us, cost)
    }

    /// The state at `now_us` with what still counts of a hit given back. `None` if nothing does.
    #[must_use]
    pub(super) fn refunded_hit(&self, now_us: i64, cost: i64, hit_at_us: i64) -> Option<State> {
        let before = self.advanced(now_us);
        if hit_at_us > before.seen_us {
            return None;
        }
        let give_back = rules_of(self.algorithm).give_back_hit;
        let after = give_back(&before, before.seen_us, cost, hit_at_us);
        // What time alone has moved is not given back.
        (after != before).then_some(after)
    }

    /// The state as it is at `now_us`, or at the last time that it has seen.
    fn advanced(&self, now_us: i64) -> State {
        let now_us = now_us.max(self.seen_us);
        let at_now = match self.quota.is_unknown() {
            true => *self,
            false => (rules_of(self.algorithm).advance)(self, now_us, &self.quota),
        };
        State {
            seen_us: now_us,
            ..at_now
        }
    }
}
