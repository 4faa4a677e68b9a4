//! Other limits for single keys of a policy, as this backend remembers them.

use pgrx::datum::Interval;
use phone_crypt_core::ratelimit::Quota;
use std::collections::HashMap;

use super::policies::Policy;
use crate::pg::cached_rows::CachedRows;
use crate::pg::cached_table::CachedTable;
use crate::pg::clock::now_us;
use crate::pg::interval::{POSTGRES_EPOCH_US, span_us};
use crate::pg::table_row::TableRow;
use crate::settings::SCHEMA;

static OVERRIDES: CachedTable = CachedTable::new(SCHEMA, c"ratelimit_policy_overrides");

/// What is not given is the policy's.
#[derive(Debug, Clone, Copy)]
struct Override {
    limit: i64,
    window_us: Option<i64>,
    burst: Option<i64>,
    until_us: i64,
}

/// By policy and key.
type Known = HashMap<String, HashMap<Vec<u8>, Override>>;

thread_local! {
    static KNOWN: CachedRows<Known> = CachedRows::new(&OVERRIDES, add);
}

/// The quota that a policy has for a key known by any of these names, if it is not the policy's own.
pub fn quota<'a>(policy: &Policy, keys: impl IntoIterator<Item = &'a [u8]>) -> Option<Quota> {
    let of_key = |known: &Known| {
        let of_policy = known.get(&policy.name)?;
        keys.into_iter().find_map(|key| of_policy.get(key).copied())
    };
    let found = KNOWN.with(|known| known.with(of_key))?;
    if found.until_us <= now_us() {
        return None;
    }
    let window_us = found.window_us.unwrap_or(policy.quota.window_us());
    let burst = found.burst.or(policy.quota.burst());
    // Neither table takes what does not go together.
    Quota::new(found.limit, window_us, burst).ok()
}

fn add(all: &mut Known, row: &TableRow) {
    let policy: Option<String> = row.get(1);
    let key: Option<Vec<u8>> = row.get(2);
    if let (Some(policy), Some(key), Some(found)) = (policy, key, from_row(row)) {
        all.entry(policy).or_default().insert(key, found);
    }
}

fn from_row(row: &TableRow) -> Option<Override> {
    let window: Option<Interval> = row.get(4);
    let until: i64 = row.get(6)?;
    Some(Override {
        limit: row.get(3)?,
        window_us: window.map(|window| span_us(&window)),
        burst: row.get(5),
        until_us: until.saturating_add(POSTGRES_EPOCH_US),
    })
}
