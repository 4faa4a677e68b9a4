//! Graduated response: blocks that grow with each consecutive violation.

use super::quota::MAX_SPAN_US;

/// Why a list of penalties is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("each penalty must be longer than nothing and at most 10 years")]
pub struct PenaltiesError;

/// How long the first, second, … consecutive violation blocks; the last one goes on for all after it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Penalties(Vec<i64>);

/// The violations of a key so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Violations {
    /// How many in a row.
    pub count: i64,
    /// When the last one was, in microseconds.
    pub last_us: i64,
}

impl Penalties {
    /// The blocks in microseconds; an empty list blocks nobody.
    ///
    /// # Errors
    /// [`PenaltiesError`] for one that is not positive, or too long.
    pub fn new(blocks_us: Vec<i64>) -> Result<Penalties, PenaltiesError> {
        match blocks_us
            .iter()
            .all(|block| (1..=MAX_SPAN_US).contains(block))
        {
            true => Ok(Penalties(blocks_us)),
            false => Err(PenaltiesError),
        }
    }

    /// Counts a violation at `now_us`, and says until when it blocks. Earlier ones are forgotten after a quiet
    /// time of the longest penalty, which begins when the block is over.
    #[must_use]
    pub fn violate(&self, before: Violations, now_us: i64) -> (Violations, Option<i64>) {
        let count = self.still_counted(before, now_us).saturating_add(1);
        let blocked_until = self
            .block_us(count)
            .map(|block| now_us.saturating_add(block));
        (
            Violations {
                count,
                last_us: now_us,
            },
            blocked_until,
        )
    }

    /// When the violations are forgotten.
    #[must_use]
    pub fn forgotten_us(&self, violations: Violations) -> i64 {
        self.quiet_since(violations)
            .saturating_add(self.longest_us())
    }

    /// None: whoever is over the quota is denied, and nothing more.
    pub const NONE: Penalties = Penalties(Vec::new());

    fn longest_us(&self) -> i64 {
        self.0.iter().copied().max().unwrap_or(0)
    }

    /// When the block of the last violation ends.
    fn quiet_since(&self, violations: Violations) -> i64 {
        let block_us = self.block_us(violations.count).unwrap_or(0);
        violations.last_us.saturating_add(block_us)
    }

    fn still_counted(&self, violations: Violations, now_us: i64) -> i64 {
        match now_us >= self.forgotten_us(violations) {
            true => 0,
            false => violations.count,
        }
    }

    /// The block of the n-th violation in a row.
    fn block_us(&self, count: i64) -> Option<i64> {
        let index = usize::try_from(count.checked_sub(1)?).ok()?;
        self.0.get(index.min(self.0.len().checked_sub(1)?)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Penalties, PenaltiesError, Violations};

    const MINUTE: i64 = 60_000_000;

    fn penalties() -> Penalties {
        Penalties::new(vec![MINUTE, 5 * MINUTE, 60 * MINUTE]).expect("good penalties")
    }

    #[test]
    fn each_violation_in_a_row_blocks_longer_and_the_last_penalty_stays() {
        let mut violations = Violations::default();
        let mut now = 1_000_000;
        for minutes in [1, 5, 60, 60] {
            let (after, until) = penalties().violate(violations, now);
            assert_eq!(until, Some(now + minutes * MINUTE));
            violations = after;
            now = until.expect("a block");
        }
        assert_eq!(violations.count, 4);
    }

    #[test]
    fn violations_decay_after_a_quiet_time_of_the_longest_penalty() {
        let once = Violations {
            count: 1,
            last_us: 0,
        };
        let quiet = MINUTE + 60 * MINUTE;
        assert_eq!(penalties().violate(once, quiet - 1).0.count, 2);
        assert_eq!(penalties().violate(once, quiet).0.count, 1);
    }

    #[test]
    fn no_penalties_count_and_block_nobody() {
        let (after, until) = Penalties::default().violate(Violations::default(), 5);
        assert_eq!((after.count, until), (1, None));
    }

    #[test]
    fn penalties_of_no_length_or_beyond_ten_years_are_refused() {
        for block in [0, -1, super::MAX_SPAN_US + 1] {
            assert_eq!(Penalties::new(vec![block]), Err(PenaltiesError));
        }
    }
}
