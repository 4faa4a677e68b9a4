//! A sending policy, as a row of `phone_crypt.send_policies` has it.

use pgrx::datum::Interval;
use pgrx::{AnyNumeric, Array};
use phone_crypt_core::ratelimit::{Algorithm, CalendarUnit, Limit, Penalties, Quota};
use phone_crypt_core::sending::{LineTypes, Places, Rate};

use super::keys;
use super::money::amount_of;
use crate::pg::interval::span_us;
use crate::pg::table_row::TableRow;
use crate::pg::text::Text;
use crate::ratelimit::{CalendarRule, StoredPolicy};

static NO_PENALTIES: Penalties = Penalties::NONE;

/// How often, within one window.
#[derive(Debug)]
pub struct RateLimit {
    /// What the names of its keys begin with: the rule and the window in seconds.
    pub prefix: String,
    quota: Quota,
}

impl RateLimit {
    fn of(rate: Rate, rule: &str) -> Option<RateLimit> {
        Some(RateLimit {
            prefix: format!("{rule}:{}:", rate.window_us / 1_000_000),
            quota: Quota::new(rate.limit, rate.window_us, None).ok()?,
        })
    }

    /// What the limiter holds a key against. The window begins with the first send, so that nobody waits longer than it says.
    pub fn limit(&self) -> Limit<'static> {
        Limit {
            algorithm: Algorithm::FixedWindow,
            quota: self.quota,
            calendar: None,
            penalties: &NO_PENALTIES,
            count_denied: false,
        }
    }
}

/// How much may be spent in an hour or a day of the calendar.
#[derive(Debug)]
pub struct Budget {
    /// In millionths.
    quota: Quota,
    calendar: CalendarRule,
}

impl Budget {
    fn of(amount: i64, unit: CalendarUnit, time_zone: &str) -> Option<Budget> {
        Some(Budget {
            quota: Quota::new(amount, unit.usual_us(), None).ok()?,
            calendar: CalendarRule::new(unit, time_zone),
        })
    }

    /// What the limiter holds what is spent against, now.
    pub fn limit(&self, now_us: i64) -> Limit<'static> {
        Limit {
            algorithm: Algorithm::Calendar,
            quota: self.quota,
            calendar: Some(self.calendar.present_at(now_us)),
            penalties: &NO_PENALTIES,
            count_denied: false,
        }
    }
}

/// The limits of one rule.
pub type Rates = Vec<RateLimit>;

/// What becomes of a range that looks pumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspects {
    /// It is listed.
    Record,
    /// There is a warning with each message to it.
    Warn,
    /// Nothing is sent to it.
    Block,
    /// As [`Suspects::Warn`], and those who listen are told.
    Notify,
}

impl Suspects {
    fn of_name(name: &str) -> Suspects {
        match name {
            "warn" => Suspects::Warn,
            "block" => Suspects::Block,
            "notify" => Suspects::Notify,
            _ => Suspects::Record,
        }
    }

    /// Whether there are warnings.
    pub fn warns(self) -> bool {
        matches!(self, Suspects::Warn | Suspects::Notify)
    }

    /// Whether nothing is sent.
    pub fn blocks(self) -> bool {
        self == Suspects::Block
    }
}

/// A named set of rules.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Where it keeps its state. One that is dropped and made anew has another.
    pub enforced_space: i32,
    /// Where it keeps its state while it only records. Each trial has another.
    pub trial_space: Option<i32>,
    /// Where it sends to.
    pub regions: Places,
    /// And where not, although it is among those.
    pub denied: Places,
    /// Types of number that it does not send to.
    pub refused_types: LineTypes,
    /// Whether it does not send to numbers that no numbering plan assigns.
    pub refuse_invalid: bool,
    /// To a number.
    pub per_number: Rates,
    /// From a client's network.
    pub per_client: Rates,
    /// Of an account.
    pub per_account: Rates,
    /// To the numbers that share all digits but the last three.
    pub per_block_1000: Rates,
    /// To those that share all but the last four.
    pub per_block_10000: Rates,
    /// To a region.
    pub per_region: Rates,
    /// What may be spent in an hour.
    pub budget_hour: Option<Budget>,
    /// In a day.
    pub budget_day: Option<Budget>,
    /// In a day on one region.
    pub budget_region_day: Option<Budget>,
    /// The currency of budgets and costs.
    pub currency: String,
    /// The share of a budget, in millionths, from which on there is a warning.
    pub warn_at: i64,
    /// Whether codes that were sent are held against those that were verified.
    pub conversion: bool,
    /// How long a code may take to be verified, in microseconds.
    pub verify_within_us: i64,
    /// To how many regions a client may send in a day without a verification among them.
    pub regions_per_client: i32,
    /// What becomes of a range that looks pumped.
    pub suspects: Suspects,
    /// Whether it sends only to those who have agreed.
    pub require_consent: bool,
    /// From when to when it does not send, in microseconds since midnight where the number may be.
    pub quiet_hours: Option<(i64, i64)>,
}

impl Policy {
    /// Whether it only records what it would refuse.
    pub fn records_only(&self) -> bool {
        self.trial_space.is_some()
    }

    /// Where it keeps its state now.
    pub fn space(&self) -> i32 {
        self.trial_space.unwrap_or(self.enforced_space)
    }

    /// Whether money is counted.
    pub fn has_budget(&self) -> bool {
        self.budget_hour.is_some() || self.budget_day.is_some() || self.budget_region_day.is_some()
    }
}

impl StoredPolicy for Policy {
    /// The columns are in the order of `sql/sending/policies.sql`, and the table's CHECKs let no row in that is none.
    fn of_row(row: &TableRow) -> Option<Policy> {
        let zone = row.string(17)?;
        let budget = |number, unit| Budget::of(money(row, number)?, unit, &zone);
        let record_only: bool = row.get(4)?;
        Some(Policy {
            name: row.string(1)?,
            enforced_space: row.get(2)?,
            trial_space: row.get(3).filter(|_| record_only),
            regions: Places::parse(texts(row, 5)?.iter().map(String::as_str)).ok()?,
            denied: Places::parse(texts(row, 6)?.iter().map(String::as_str)).ok()?,
            refused_types: LineTypes::parse(texts(row, 7)?.iter().map(String::as_str)).ok()?,
            refuse_invalid: row.get(8)?,
            per_number: rates(row, 9, keys::NUMBER)?,
            per_client: rates(row, 10, keys::CLIENT)?,
            per_account: rates(row, 11, keys::ACCOUNT)?,
            per_block_1000: rates(row, 12, keys::BLOCK_1000)?,
            per_block_10000: rates(row, 13, keys::BLOCK_10000)?,
            per_region: rates(row, 14, keys::REGION)?,
            currency: row.string(15)?,
            warn_at: money(row, 16)?,
            budget_hour: budget(18, CalendarUnit::Hour),
            budget_day: budget(19, CalendarUnit::Day),
            budget_region_day: budget(20, CalendarUnit::Day),
            conversion: row.get(21)?,
            verify_within_us: span_us(&row.get::<Interval>(22)?),
            regions_per_client: row.get(23)?,
            suspects: Suspects::of_name(&row.string(24)?),
            require_consent: row.get(25)?,
            quiet_hours: row.get(26).zip(row.get(27)),
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn spaces(&self) -> impl Iterator<Item = i32> {
        std::iter::once(self.enforced_space).chain(self.trial_space)
    }
}

fn texts(row: &TableRow, number: i32) -> Option<Vec<String>> {
    let array: Array<'_, Text<'_>> = row.get(number)?;
    let texts = array.iter().flatten();
    texts
        .map(|text| text.exact().ok().map(|text| text.into_owned()))
        .collect()
}

fn rates(row: &TableRow, number: i32, rule: &str) -> Option<Rates> {
    let texts = texts(row, number)?;
    let rates = Rate::parse_all(texts.iter().map(String::as_str)).ok()?;
    let limit = |rate| RateLimit::of(rate, rule);
    rates.into_iter().map(limit).collect()
}

fn money(row: &TableRow, number: i32) -> Option<i64> {
    amount_of(&row.get::<AnyNumeric>(number)?).ok()
}
