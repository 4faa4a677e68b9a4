//! Policies, as this backend remembers them.

use pgrx::datum::Interval;
use phone_crypt_core::ratelimit::{
    Algorithm, CalendarError, CalendarUnit, Limit, Penalties, Quota,
};
use std::rc::Rc;

use super::calendar_rule::CalendarRule;
use super::key::checked_policy_name;
use super::outcomes::Remembered;
use super::policy_cache::{PolicyCache, StoredPolicy};
use crate::pg::PgError;
use crate::pg::cached_table::CachedTable;
use crate::pg::interval::span_us;
use crate::pg::table_row::TableRow;
use crate::ratelimit::error::{Error, Result};
use crate::settings::SCHEMA;

/// The table of policies.
static POLICIES: CachedTable = CachedTable::new(SCHEMA, c"ratelimit_policies");

/// A named limit.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    algorithm: Algorithm,
    /// How many hits a window.
    pub quota: Quota,
    /// Whose windows it has, if not its own.
    calendar: Option<CalendarRule>,
    penalties: Penalties,
    count_denied: bool,
    /// Whether it only watches.
    pub shadow: bool,
    /// Whether its state is kept in the table, whatever the engine.
    pub durable: bool,
    /// Where it keeps its state. A policy that is dropped and made anew gets another: no state has to be forgotten
    /// for it, and what a transaction does that rolls back forgets nothing.
    pub enforced_space: i32,
    /// Where it keeps its state while it only watches. Each trial gets another.
    trial_space: Option<i32>,
    /// Where its answers are counted.
    pub outcomes: Rc<Remembered>,
}

impl Policy {
    /// What a hit is held against.
    pub fn limit(&self) -> Limit<'_> {
        Limit {
            algorithm: self.algorithm,
            quota: self.quota,
            calendar: self.calendar.as_ref().map(CalendarRule::present),
            penalties: &self.penalties,
            count_denied: self.count_denied,
        }
    }

    /// Where it keeps its state now.
    pub fn space(&self) -> i32 {
        self.trial_space.unwrap_or(self.enforced_space)
    }

    /// Checks what a policy is made of. Its windows are of a length, or those of a calendar.
    ///
    /// Errors: a bad name, limit, window, algorithm, burst, penalty or calendar, 22023; no window, or no time zone of a
    /// calendar, 22004.
    pub fn checked(
        name: &str,
        limit: i64,
        window: Option<&Interval>,
        algorithm: &str,
        burst: Option<i64>,
        penalties: &[Interval],
        calendar: (Option<&str>, Option<&str>),
    ) -> Result<Policy> {
        let algorithm = Algorithm::parse(algorithm)?;
        let calendar = calendar_rule(calendar)?;
        let (algorithm, window_us) = match (&calendar, window) {
            (None, Some(window)) => (algorithm, span_us(window)),
            (None, None) => return Err(PgError::NullArgument("window").into()),
            (Some(rule), None) if algorithm == Algorithm::FixedWindow && burst.is_none() => {
                (Algorithm::Calendar, rule.unit.usual_us())
            }
            (Some(_), _) => return Err(CalendarError::WithWindow.into()),
        };
        Ok(Policy {
            name: checked_policy_name(name)?.to_owned(),
            algorithm,
            quota: Quota::new(limit, window_us, burst)?.suited_to(algorithm)?,
            calendar,
            penalties: Penalties::new(penalties.iter().map(span_us).collect())?,
            count_denied: false,
            shadow: false,
            durable: false,
            enforced_space: 0,
            trial_space: None,
            outcomes: Rc::default(),
        })
    }
}

fn calendar_rule(calendar: (Option<&str>, Option<&str>)) -> Result<Option<CalendarRule>> {
    match calendar {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(CalendarError::TimeZoneAlone.into()),
        (Some(_), None) => Err(PgError::NullArgument("time_zone").into()),
        (Some(unit), Some(time_zone)) => {
            let unit = CalendarUnit::parse(unit)?;
            Ok(Some(CalendarRule::new(unit, time_zone)))
        }
    }
}

thread_local! {
    static KNOWN: PolicyCache<Policy> = PolicyCache::new(&POLICIES);
}

/// The policy of this name.
///
/// Errors: there is none, 22023.
pub fn policy(name: &str) -> Result<Rc<Policy>> {
    KNOWN
        .with(|known| known.find(name))
        .ok_or(Error::UnknownPolicy)
}

/// Every policy.
pub fn all() -> Vec<Rc<Policy>> {
    KNOWN.with(PolicyCache::all)
}

impl StoredPolicy for Policy {
    /// The table's CHECK lets no row in that is none.
    fn of_row(row: &TableRow) -> Option<Policy> {
        let name: String = row.get(1)?;
        let window: Option<Interval> = row.get(3);
        let algorithm: String = row.get(4)?;
        let penalties: Vec<Interval> = row.get(6)?;
        let calendar: Option<String> = row.get(12);
        let time_zone: Option<String> = row.get(13);
        let checked = Policy::checked(
            &name,
            row.get(2)?,
            window.as_ref(),
            &algorithm,
            row.get(5),
            &penalties,
            (calendar.as_deref(), time_zone.as_deref()),
        );
        let shadow = row.get(7)?;
        Some(Policy {
            shadow,
            durable: row.get(8)?,
            count_denied: row.get(9)?,
            enforced_space: row.get(10)?,
            trial_space: row.get(11).filter(|_| shadow),
            ..checked.ok()?
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn spaces(&self) -> impl Iterator<Item = i32> {
        std::iter::once(self.enforced_space).chain(self.trial_space)
    }
}
