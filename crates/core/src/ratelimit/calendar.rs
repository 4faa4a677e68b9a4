//! Windows of a calendar: the hours, days, weeks and months of a place.
//!
//! What the calendar of the place says is for the caller to know; [`Calendar::around`] asks it, with no lock held. A
//! decision needs the window that its time is in, or if that is over by then, the next.

use super::algorithm::Algorithm;
use super::fixed_window::{
    charge, expires_us, fits, give_back, give_back_hit, holds_at, left, wait,
};
use super::quota::Quota;
use super::rules::Rules;
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
    counts_alike: Quota::is_same_window,
    capacity: Quota::limit,
};

const SECOND_US: i64 = 1_000_000;
const HOUR_US: i64 = 3600 * SECOND_US;
const DAY_US: i64 = 24 * HOUR_US;

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// From one full hour to the next.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first to the first.
    Month,
}

/// Why a calendar is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A name that is no unit.
    #[error("unknown calendar: use hour, day, week or month")]
    Unit,
    /// Windows of a calendar have no length, and are fixed windows.
    #[error("a calendar takes the place of window, burst and algorithm")]
    WithWindow,
    /// A time zone without a calendar.
    #[error("time_zone goes with calendar")]
    TimeZoneAlone,
    /// A time zone that the server does not know.
    #[error("time zone is not known")]
    TimeZone,
    /// A time that no window of a calendar is reckoned for.
    #[error("time must be between 1970 and 2200")]
    Time,
}

impl CalendarUnit {
    /// All of them.
    pub const ALL: [CalendarUnit; 4] = [
        CalendarUnit::Hour,
        CalendarUnit::Day,
        CalendarUnit::Week,
        CalendarUnit::Month,
    ];

    /// By its name in SQL.
    ///
    /// # Errors
    /// [`CalendarError::Unit`] for any other name.
    pub fn parse(name: &str) -> Result<CalendarUnit, CalendarError> {
        let named = |unit: &CalendarUnit| unit.as_str() == name;
        (CalendarUnit::ALL.into_iter().find(named)).ok_or(CalendarError::Unit)
    }

    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CalendarUnit::Hour => "hour",
            CalendarUnit::Day => "day",
            CalendarUnit::Week => "week",
            CalendarUnit::Month => "month",
        }
    }

    /// How long it is where no clock changes, in microseconds; a month counts 30 days.
    #[must_use]
    pub fn usual_us(self) -> i64 {
        match self {
            CalendarUnit::Hour => HOUR_US,
            CalendarUnit::Day => DAY_US,
            CalendarUnit::Week => 7 * DAY_US,
            CalendarUnit::Month => 30 * DAY_US,
        }
    }

    /// Longer than any of them, with whatever a place does to its clocks (Samoa left out a day in 2011).
    fn more_than_longest_us(self) -> i64 {
        self.usual_us() + 3 * DAY_US
    }
}

/// A window of a calendar, and the next one. Times in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// When the window begins.
    pub starts_us: i64,
    /// When it ends and the next one begins.
    pub ends_us: i64,
    /// When that one ends.
    pub next_ends_us: i64,
}

impl Calendar {
    /// The windows at `now_us`. `label` names the window that a time is in: a number which changes where one window
    /// ends and the next begins, at a full second, and never goes back.
    pub fn around(unit: CalendarUnit, now_us: i64, label: impl Fn(i64) -> i64) -> Calendar {
        let ends_us = end_of_window(unit, now_us, &label);
        Calendar {
            starts_us: start_of_window(unit, now_us, &label),
            ends_us,
            next_ends_us: end_of_window(unit, ends_us, &label),
        }
    }

    /// Whether the time is in the first of the windows.
    #[must_use]
    pub fn is_current(&self, now_us: i64) -> bool {
        (self.starts_us..self.ends_us).contains(&now_us)
    }

    /// Start and end of the window that a time is in. Before the first and after the second are more of the same length:
    /// so far is nobody who waited for a lock.
    #[must_use]
    pub fn window_at(&self, now_us: i64) -> (i64, i64) {
        let (starts_us, ends_us) = match now_us < self.ends_us {
            true => (self.starts_us, self.ends_us),
            false => (self.ends_us, self.next_ends_us),
        };
        let length_us = (ends_us - starts_us).max(1);
        let beyond_us = (now_us - starts_us).div_euclid(length_us) * length_us;
        (starts_us + beyond_us, ends_us + beyond_us)
    }
}

fn end_of_window(unit: CalendarUnit, now_us: i64, label: &impl Fn(i64) -> i64) -> i64 {
    let present = label(now_us);
    let now_s = now_us.div_euclid(SECOND_US);
    let later_s = now_s + unit.more_than_longest_us() / SECOND_US;
    SECOND_US
        * first_s(now_s, later_s, |time_s| {
            label(time_s * SECOND_US) != present
        })
}

fn start_of_window(unit: CalendarUnit, now_us: i64, label: &impl Fn(i64) -> i64) -> i64 {
    let present = label(now_us);
    let now_s = now_us.div_euclid(SECOND_US);
    let earlier_s = now_s - unit.more_than_longest_us() / SECOND_US;
    SECOND_US
        * first_s(earlier_s, now_s, |time_s| {
            label(time_s * SECOND_US) == present
        })
}

/// The first second after `from` at which it is so, by halving. It is at `to`, and from the first one on.
fn first_s(from: i64, to: i64, is_so: impl Fn(i64) -> bool) -> i64 {
    let (mut not_yet, mut so) = (from, to);
    while so - not_yet > 1 {
        let middle = not_yet + (so - not_yet) / 2;
        match is_so(middle) {
            true => so = middle,
            false => not_yet = middle,
        }
    }
    so
}

fn advance(state: &State, now_us: i64, quota: &Quota) -> State {
    match holds_at(state, now_us, quota) {
        true => *state,
        false => with_used(quota, now_us, 0),
    }
}

fn used(state: &State, now_us: i64) -> i64 {
    advance(state, now_us, &state.quota).current
}

fn with_used(quota: &Quota, now_us: i64, used: i64) -> State {
    State {
        start_us: quota.starts_us(),
        current: used,
        ..State::empty(Algorithm::Calendar, quota, now_us)
    }
}
