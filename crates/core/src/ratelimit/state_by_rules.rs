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

    /// The state at `now_us` with `cost` hits given back, never below none used. If the time of a hit is given, only
    /// what still counts of that hit.
    #[must_use]
    pub(super) fn refunded(&self, now_us: i64, cost: i64, hit_at_us: Option<i64>) -> State {
        let rules = rules_of(self.algorithm);
        let now_us = now_us.max(self.seen_us);
        let before = match self.quota.is_unknown() {
            true => *self,
            false => (rules.advance)(self, now_us, &self.quota),
        };
        let after = match hit_at_us {
            None => (rules.give_back)(&before, now_us, cost),
            Some(hit_at_us) if hit_at_us > now_us => before,
            Some(hit_at_us) => (rules.give_back_hit)(&before, now_us, cost, hit_at_us),
        };
        State {
            seen_us: now_us,
            ..after
        }
    }
}
