//! What is kept of a key between hits: its count, its violations, its block.

use super::penalty::Violations;
use super::state::State;

/// Everything about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry {
    /// The hits counted; `None` if there are none.
    pub state: Option<State>,
    /// Violations of a policy with penalties.
    pub violations: Violations,
    /// When the violations are forgotten, in microseconds.
    pub violations_until_us: i64,
    /// Until when the key is blocked, in microseconds; 0 if it never was.
    pub blocked_until_us: i64,
}

impl Entry {
    /// Nothing known of a key.
    pub const EMPTY: Entry = Entry {
        state: None,
        violations: Violations {
            count: 0,
            last_us: 0,
        },
        violations_until_us: 0,
        blocked_until_us: 0,
    };

    /// When nothing of it matters any more.
    #[must_use]
    pub fn expires_us(&self) -> i64 {
        let counted = self.state.map_or(0, |state| state.expires_us());
        counted
            .max(self.blocked_until_us)
            .max(self.violations_until_us)
    }

    /// The entry with the block that lasts longer: its own, or until `until_us`.
    #[must_use]
    pub fn blocked(&self, until_us: i64) -> Entry {
        Entry {
            blocked_until_us: self.blocked_until_us.max(until_us),
            ..*self
        }
    }

    /// The entry without its block. `None` if there is none at `now_us`.
    #[must_use]
    pub fn unblocked(&self, now_us: i64) -> Option<Entry> {
        (self.blocked_until_us > now_us).then_some(Entry {
            blocked_until_us: 0,
            ..*self
        })
    }

    /// The entry with `cost` hits given back, never below none used. `None` if nothing was used at `now_us`.
    #[must_use]
    pub fn refunded(&self, now_us: i64, cost: i64) -> Option<Entry> {
        let state = self.state.filter(|state| state.used(now_us) > 0)?;
        Some(Entry {
            state: Some(state.refunded(now_us, cost)),
            ..*self
        })
    }

    /// The entry with a hit of that time and cost given back. `None` if nothing of it counts any more: its window is
    /// over, or the bucket has refilled since.
    #[must_use]
    pub fn refunded_hit(&self, now_us: i64, cost: i64, hit_at_us: i64) -> Option<Entry> {
        let state = self.state.filter(|state| state.used(now_us) > 0)?;
        let after = state.refunded_hit(now_us, cost, hit_at_us)?;
        Some(Entry {
            state: Some(after),
            ..*self
        })
    }
}
