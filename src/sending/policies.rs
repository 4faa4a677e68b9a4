//! Sending policies, as this backend remembers them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::error::{Error, Result};
use super::policy::Policy;
use crate::pg::cached_table::{self, CachedTable};
use crate::pg::table_scan;
use crate::ratelimit::Spaces;
use crate::settings::SCHEMA;

static POLICIES: CachedTable = CachedTable::new(SCHEMA, c"send_policies");

thread_local! {
    static KNOWN: RefCell<HashMap<String, Rc<Policy>>> = RefCell::new(HashMap::new());
    static SPACES: Spaces = Spaces::default();
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

/// Every policy, by name.
pub fn all() -> Vec<Rc<Policy>> {
    refresh();
    let mut all: Vec<Rc<Policy>> =
        KNOWN.with_borrow(|known| known.values().map(Rc::clone).collect());
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn refresh() {
    cached_table::listen_once_a_statement();
    if POLICIES.is_valid() {
        return;
    }
    let all = read_all();
    let spaces = all.values().flat_map(|policy| policy.spaces()).collect();
    KNOWN.with_borrow_mut(|known| *known = all);
    SPACES.with(|known| known.settle(spaces));
}

fn read_all() -> HashMap<String, Rc<Policy>> {
    let mut all = HashMap::new();
    let Some(table) = POLICIES.watch() else {
        return all;
    };
    POLICIES.mark_valid();
    table_scan::scan(table, |row| {
        if let Some(policy) = Policy::of_row(row) {
            all.insert(policy.name.clone(), Rc::new(policy));
        }
    });
    all
}
