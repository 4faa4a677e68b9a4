//! Sending policies, as this backend remembers them.

use std::rc::Rc;

use super::error::{Error, Result};
use super::policy::Policy;
use crate::pg::cached_table::CachedTable;
use crate::ratelimit::PolicyCache;
use crate::settings::SCHEMA;

static POLICIES: CachedTable = CachedTable::new(SCHEMA, c"send_policies");

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

/// Every policy, by name.
pub fn all() -> Vec<Rc<Policy>> {
    let mut all = KNOWN.with(PolicyCache::all);
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}
