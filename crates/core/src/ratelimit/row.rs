//! An entry as the columns of `phone_crypt.rate_limits`, and back.

use super::algorithm::Algorithm;
use super::entry::Entry;
use super::penalty::Violations;
use super::quota::{MAX_TIME_US, Quota};
use super::state::State;

/// The columns that hold a key's state. Those that are `None` are NULL; rows of a legacy application have none
/// but the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    /// Hits in the present window, as a legacy application reads it.
    pub count: i32,
    /// Where that window begins, in milliseconds.
    pub window_start_ms: i64,
    /// 1, 2, 3, 4: fixed window, sliding window, token bucket, calendar.
    pub algorithm: Option<i16>,
    /// The window in microseconds.
    pub window_us: Option<i64>,
    /// Where the window begins, in microseconds.
    pub start_us: Option<i64>,
    /// Hits in the present window.
    pub current: Option<i64>,
    /// Hits in the window before.
    pub previous: Option<i64>,
    /// The theoretical arrival time in nanoseconds.
    pub tat_ns: Option<i64>,
    /// The limit.
    pub quota: Option<i64>,
    /// The burst.
    pub burst: Option<i64>,
    /// Violations in a row.
    pub violations: Option<i32>,
    /// When the last violation was.
    pub last_violation_us: Option<i64>,
    /// Until when the key is blocked.
    pub blocked_until_us: Option<i64>,
    /// When nothing of the row matters any more. NULL: not known.
    pub expires_us: Option<i64>,
    /// When the key was last hit (`updated_at`).
    pub updated_us: i64,
}

fn number(algorithm: Algorithm) -> i16 {
    match algorithm {
        Algorithm::FixedWindow => 1,
        Algorithm::SlidingWindow => 2,
        Algorithm::TokenBucket => 3,
        Algorithm::Calendar => 4,
    }
}

fn algorithm(number: i16) -> Option<Algorithm> {
    (Algorithm::ALL.into_iter().chain([Algorithm::Calendar]))
        .find(|algorithm| self::number(*algorithm) == number)
}

fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

impl Row {
    /// The columns of an entry. `now_us` is when it is written, for entries that have counted nothing.
    #[must_use]
    pub fn from_entry(entry: &Entry, now_us: i64) -> Row {
        let blank = Row {
            updated_us: now_us,
            window_start_ms: now_us / 1000,
            ..Row::default()
        };
        let counted = entry.state.map_or(blank, |state| Row::from_state(&state));
        let expires_us = entry.expires_us();
        Row {
            violations: (entry.violations.count > 0).then(|| narrow(entry.violations.count)),
            last_violation_us: (entry.violations.count > 0).then_some(entry.violations.last_us),
            blocked_until_us: (entry.blocked_until_us > 0).then_some(entry.blocked_until_us),
            expires_us: (expires_us < i64::MAX).then_some(expires_us),
            ..counted
        }
    }

    fn from_state(state: &State) -> Row {
        let old = Row {
            count: narrow(state.used(state.seen_us)),
            window_start_ms: state.start_us / 1000,
            updated_us: state.seen_us,
            ..Row::default()
        };
        if state.quota.is_unknown() {
            return old;
        }
        Row {
            algorithm: Some(number(state.algorithm)),
            window_us: Some(state.quota.window_us()),
            start_us: Some(state.start_us),
            current: Some(state.current),
            previous: Some(state.previous),
            tat_ns: Some(state.tat_ns),
            quota: Some(state.quota.limit()),
            burst: state.quota.burst(),
            ..old
        }
    }

    /// The entry that the columns hold. What does not fit together, since somebody wrote the row by hand, is
    /// taken as the count of a legacy application.
    #[must_use]
    pub fn to_entry(&self) -> Entry {
        let violations = i64::from(self.violations.unwrap_or(0)).max(0);
        Entry {
            state: self.exact_state().or_else(|| self.counted_elsewhere()),
            violations: Violations {
                count: violations,
                last_us: self.last_violation_us.unwrap_or(0).max(0),
            },
            violations_until_us: match violations {
                0 => 0,
                _ => self.expires_us.unwrap_or(i64::MAX),
            },
            blocked_until_us: self.blocked_until_us.unwrap_or(0).max(0),
        }
    }

    fn exact_state(&self) -> Option<State> {
        let algorithm = algorithm(self.algorithm?)?;
        let quota = Quota::new(self.quota?, self.window_us?, self.burst).ok()?;
        let start_us = self.start_us?;
        let state = State {
            algorithm,
            quota: match algorithm {
                Algorithm::Calendar => {
                    quota.in_window(start_us, start_us.saturating_add(quota.window_us()))
                }
                _ => quota,
            },
            start_us,
            current: self.current?,
            previous: self.previous?,
            tat_ns: self.tat_ns?,
            seen_us: self.updated_us,
        };
        fits_together(&state).then_some(state)
    }

    fn counted_elsewhere(&self) -> Option<State> {
        let start_us = self.window_start_ms.saturating_mul(1000);
        (self.count > 0).then(|| State::counted(None, start_us, i64::from(self.count)))
    }
}

/// Whether an algorithm could have left it so: what it counts from such a state is within the quota.
fn fits_together(state: &State) -> bool {
    let is_aligned = state.algorithm != Algorithm::SlidingWindow
        || state.start_us % state.quota.window_us() == 0;
    // A window of a calendar is known by its start and length alone: what another algorithm keeps beside them is not its.
    let is_of_calendar =
        state.algorithm != Algorithm::Calendar || state.previous == 0 && state.tat_ns == 0;
    let least = state.current.min(state.previous).min(state.tat_ns);
    least >= 0
        && is_of_calendar
        && (0..=state.seen_us).contains(&state.start_us)
        && state.seen_us <= MAX_TIME_US
        && is_aligned
}
