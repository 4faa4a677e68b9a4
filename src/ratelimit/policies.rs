//! Policies, as this backend remembers them.

use pgrx::datum::Interval;
use phone_crypt_core::ratelimit::{Algorithm, Limit, Penalties, Quota};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::key::checked_policy_name;
use crate::error::{Error, Result};
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::interval::span_us;
use crate::pg::table_row::TableRow;
use crate::pg::table_scan;
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
    penalties: Penalties,
    count_denied: bool,
    /// Whether it only watches.
    pub shadow: bool,
    /// Whether its state is kept in the table, whatever the engine.
    pub durable: bool,
}

impl Policy {
    /// What a hit is held against.
    pub fn limit(&self) -> Limit<'_> {
        Limit {
            algorithm: self.algorithm,
            quota: self.quota,
            penalties: &self.penalties,
            count_denied: self.count_denied,
        }
    }

    /// Checks what a policy is made of.
    ///
    /// Errors: a bad name, limit, window, algorithm, burst or penalty, 22023.
    pub fn checked(
        name: &str,
        limit: i32,
        window: &Interval,
        algorithm: &str,
        burst: Option<i32>,
        penalties: &[Interval],
    ) -> Result<Policy> {
        Ok(Policy {
            name: checked_policy_name(name)?.to_owned(),
            algorithm: Algorithm::parse(algorithm)?,
            quota: Quota::new(limit, span_us(window), burst)?,
            penalties: Penalties::new(penalties.iter().map(span_us).collect())?,
            count_denied: false,
            shadow: false,
            durable: false,
        })
    }
}

thread_local! {
    static KNOWN: RefCell<HashMap<String, Rc<Policy>>> = RefCell::new(HashMap::new());
}

/// The policy of this name.
///
/// Errors: there is none, 22023.
pub fn policy(name: &str) -> Result<Rc<Policy>> {
    refresh();
    KNOWN
        .with_borrow(|known| known.get(name).cloned())
        .ok_or(Error::UnknownPolicy)
}

/// Every policy.
pub fn all() -> Vec<Rc<Policy>> {
    refresh();
    KNOWN.with_borrow(|known| known.values().map(Rc::clone).collect())
}

fn refresh() {
    cached_table::listen_once_a_statement();
    if !POLICIES.is_valid() {
        let all = read_all();
        KNOWN.with_borrow_mut(|known| *known = all);
    }
}

fn read_all() -> HashMap<String, Rc<Policy>> {
    let mut all = HashMap::new();
    let Some(table) = POLICIES.watch() else {
        return all;
    };
    POLICIES.mark_valid();
    // The table's CHECK lets no row in that does not hold.
    table_scan::scan(table, |row| {
        if let Some(policy) = from_row(row) {
            all.insert(policy.name.clone(), Rc::new(policy));
        }
    });
    all
}

fn from_row(row: &TableRow) -> Option<Policy> {
    let name: String = row.get(1)?;
    let window: Interval = row.get(3)?;
    let algorithm: String = row.get(4)?;
    let penalties: Vec<Interval> = row.get(6)?;
    let checked = Policy::checked(
        &name,
        row.get(2)?,
        &window,
        &algorithm,
        row.get(5),
        &penalties,
    );
    Some(Policy {
        shadow: row.get(7)?,
        durable: row.get(8)?,
        count_denied: row.get(9)?,
        ..checked.ok()?
    })
}
