//! A window of a budget, and what is left of it. Windows are fixed: one begins with the first read after the one before is over.

/// A second: shorter windows are what rate limits are for.
pub const MIN_WINDOW_US: i64 = 1_000_000;
/// Ten years.
pub const MAX_WINDOW_US: i64 = 3_650 * 86_400_000_000;
/// The largest count of a window.
pub const MAX_COUNT: i64 = i64::MAX;

/// Of what is left, one session may reserve this part at once: what an open transaction holds back is little.
const PART: u64 = 256;
/// The most that is reserved at once.
const MOST: u64 = 256;

/// So many reads in a window of this many microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    count: u64,
    window_us: i64,
}

impl Budget {
    /// None where the count is negative, or the window is not between [`MIN_WINDOW_US`] and [`MAX_WINDOW_US`].
    pub fn new(count: i64, window_us: i64) -> Option<Budget> {
        let is_window = (MIN_WINDOW_US..=MAX_WINDOW_US).contains(&window_us);
        let count = u64::try_from(count).ok().filter(|_| is_window)?;
        Some(Budget { count, window_us })
    }

    /// The end of a window that began then.
    pub fn end_us(self, began_us: i64) -> i64 {
        began_us.saturating_add(self.window_us)
    }
}

/// What was read of a budget in its last window. Times are in microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// When it began.
    pub began_us: i64,
    /// Reads, and those that are reserved.
    pub used: u64,
    /// How often no read was left.
    pub refused: u64,
}

impl Window {
    /// Whether it is over. A clock that went back to before its beginning does not end it.
    pub fn is_over(&self, budget: Budget, now_us: i64) -> bool {
        now_us >= budget.end_us(self.began_us)
    }

    /// Reserves at most `wanted` reads, at least one: how many, or 0 where none is left. A window that is over begins anew. When
    /// a budget changes, what was read stays read.
    pub fn reserve(&mut self, budget: Budget, now_us: i64, wanted: u64) -> u64 {
        if self.is_over(budget, now_us) {
            *self = Window {
                began_us: now_us,
                ..Window::default()
            };
        }
        let left = budget.count.saturating_sub(self.used);
        let reserved = wanted.min(MOST).min(left / PART).max(1).min(left);
        self.used += reserved;
        if reserved == 0 {
            self.refused = self.refused.saturating_add(1);
        }
        reserved
    }

    /// Gives back what was reserved in the window that began then, and not read.
    pub fn give_back(&mut self, began_us: i64, count: u64) {
        if self.began_us == began_us {
            self.used = self.used.saturating_sub(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn budget(count: i64) -> Budget {
        Budget::new(count, HOUR).expect("a budget")
    }

    #[test]
    fn the_last_read_is_the_one_that_the_budget_names() {
        let mut window = Window::default();
        for _ in 0..3 {
            assert_eq!(window.reserve(budget(3), HOUR, 1), 1);
        }
        assert_eq!(window.reserve(budget(3), HOUR, 1), 0);
        assert_eq!((window.used, window.refused), (3, 1));
        assert_eq!(window.reserve(budget(0), 2 * HOUR, 1), 0);
    }

    #[test]
    fn a_window_ends_exactly_then_and_begins_with_the_next_read() {
        let mut window = Window::default();
        assert_eq!(window.reserve(budget(1), 5 * HOUR, 1), 1);
        assert_eq!(window.reserve(budget(1), 6 * HOUR - 1, 1), 0);
        assert_eq!(window.reserve(budget(1), 6 * HOUR, 1), 1);
        assert_eq!((window.began_us, window.refused), (6 * HOUR, 0));
        // The clock goes back.
        assert_eq!(window.reserve(budget(1), HOUR, 1), 0);
    }

    #[test]
    fn what_is_not_read_can_be_read_by_others_within_the_window() {
        let mut window = Window::default();
        assert_eq!(window.reserve(budget(100_000), HOUR, 64), 64);
        window.give_back(HOUR, 60);
        assert_eq!(window.used, 4);
        // Too late: another window has begun.
        assert_eq!(window.reserve(budget(100_000), 2 * HOUR, 1), 1);
        window.give_back(HOUR, 60);
        assert_eq!(window.used, 1);
    }

    #[test]
    fn the_less_is_left_the_less_is_reserved() {
        let mut window = Window::default();
        assert_eq!(window.reserve(budget(1_000_000), HOUR, u64::MAX), MOST);
        for left in [1, 255, 512, 5_000] {
            let mut window = Window {
                began_us: HOUR,
                used: 1_000_000 - left,
                refused: 0,
            };
            let reserved = window.reserve(budget(1_000_000), HOUR, u64::MAX);
            assert_eq!(reserved, (left / PART).max(1), "{left}");
        }
    }

    #[test]
    fn a_budget_that_changes_leaves_what_was_read() {
        let mut window = Window::default();
        for _ in 0..10 {
            window.reserve(budget(10), HOUR, 1);
        }
        assert_eq!(window.reserve(budget(5), HOUR, 1), 0);
        assert_eq!(window.reserve(budget(12), HOUR, 1), 1);
        assert_eq!(window.used, 11);
    }

    #[test]
    fn what_is_no_budget() {
        assert_eq!(Budget::new(-1, HOUR), None);
        assert_eq!(Budget::new(1, MIN_WINDOW_US - 1), None);
        assert_eq!(Budget::new(1, MAX_WINDOW_US + 1), None);
        assert!(Budget::new(MAX_COUNT, MAX_WINDOW_US).is_some());
        // The end of a window beyond the end of time.
        let window = Window {
            began_us: i64::MAX - 1,
            ..Window::default()
        };
        assert!(!window.is_over(budget(1), i64::MAX - 1));
    }
}
