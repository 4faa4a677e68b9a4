//! Windows in which is counted: of one length, aligned to 1970.

/// The shortest: a second.
pub const MIN_LENGTH_US: i64 = 1_000_000;
/// The longest: a day.
pub const MAX_LENGTH_US: i64 = 86_400_000_000;

pub(super) const HOUR_US: i64 = 3_600_000_000;

/// Windows of a length. Times are in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    length_us: i64,
}

impl Window {
    /// None unless the length is between [`MIN_LENGTH_US`] and [`MAX_LENGTH_US`].
    #[must_use]
    pub fn new(length_us: i64) -> Option<Window> {
        let is_length = (MIN_LENGTH_US..=MAX_LENGTH_US).contains(&length_us);
        is_length.then_some(Window { length_us })
    }

    /// The length.
    #[must_use]
    pub fn length_us(self) -> i64 {
        self.length_us
    }

    /// The beginning of the window that this time is in.
    #[must_use]
    pub fn start_us(self, time_us: i64) -> i64 {
        time_us.saturating_sub(time_us.rem_euclid(self.length_us))
    }

    /// The beginning of the one after it.
    #[must_use]
    pub fn next_us(self, time_us: i64) -> i64 {
        self.start_us(time_us).saturating_add(self.length_us)
    }

    /// Its part of another time.
    pub(super) fn part_of(self, length_us: i64) -> f64 {
        self.length_us as f64 / length_us as f64
    }
}

/// Hours that are told apart: 24 of weekdays, then 24 of Saturdays and Sundays.
pub(super) const HOURS: usize = 48;

/// Which of the hours a time is in, in UTC.
pub(super) fn hour_of(time_us: i64) -> usize {
    let hours = time_us.div_euclid(HOUR_US);
    // 1970 began with a Thursday.
    let is_weekend = matches!(hours.div_euclid(24).rem_euclid(7), 2 | 3);
    hours.rem_euclid(24) as usize + if is_weekend { 24 } else { 0 }
}

/// The same hour of a weekday.
pub(super) fn same_hour_of_a_weekday(hour: usize) -> usize {
    hour % 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_aligned_before_1970_too() {
        let window = Window::new(10_000_000).expect("a window");
        assert_eq!(window.start_us(25_000_000), 20_000_000);
        assert_eq!(window.next_us(20_000_000), 30_000_000);
        assert_eq!(window.start_us(-1), -10_000_000);
        assert_eq!(hour_of(-1), 23);
        assert_eq!(hour_of(25 * HOUR_US), 1);
        assert_eq!(hour_of((2 * 24 + 5) * HOUR_US), 24 + 5);
        assert_eq!(hour_of((4 * 24 - 1) * HOUR_US), 24 + 23);
        assert_eq!(hour_of(4 * 24 * HOUR_US), 0);
    }

    #[test]
    fn what_is_no_window() {
        assert_eq!(Window::new(MIN_LENGTH_US - 1), None);
        assert_eq!(Window::new(MAX_LENGTH_US + 1), None);
    }
}
