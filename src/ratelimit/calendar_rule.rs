//! The calendar that a policy goes by.

use phone_crypt_core::ratelimit::{Calendar, CalendarUnit};
use std::cell::Cell;
use std::ops::Range;

use crate::pg::clock::now_us;
use crate::pg::time_zone::date_trunc;

/// A unit of the calendar of a time zone.
#[derive(Debug, Clone)]
pub struct CalendarRule {
    /// The unit.
    pub unit: CalendarUnit,
    time_zone: String,
    /// The windows that were asked for last: they stay as they are until the first of them is over.
    latest: Cell<Option<Calendar>>,
}

impl CalendarRule {
    /// One of this unit and time zone, by its name.
    pub fn new(unit: CalendarUnit, time_zone: &str) -> CalendarRule {
        CalendarRule {
            unit,
            time_zone: time_zone.to_owned(),
            latest: Cell::new(None),
        }
    }

    /// The present window and the next. To be asked before a lock is taken.
    ///
    /// A time zone that the server does not know any more is an error of PostgreSQL's, 22023.
    pub fn present(&self) -> Calendar {
        self.present_at(now_us())
    }

    /// As [`CalendarRule::present`], for who has just read the clock.
    pub fn present_at(&self, now_us: i64) -> Calendar {
        let known = self.latest.get().filter(|it| it.is_current(now_us));
        known.unwrap_or_else(|| {
            let calendar = self.at(now_us);
            self.latest.set(Some(calendar));
            calendar
        })
    }

    /// The times that `at` takes: from 1970 to 2200.
    pub const TIMES_US: Range<i64> = 0..7_258_118_400_000_000;

    /// The window that a time is in, and the next.
    pub fn at(&self, time_us: i64) -> Calendar {
        let unit = self.unit.as_str();
        Calendar::around(self.unit, time_us, |time_us| {
            date_trunc(unit, time_us, &self.time_zone)
        })
    }
}
