//! What is spent of the budgets.

use phone_crypt_core::ratelimit::{KeyKind, KeyName};
use std::collections::BTreeSet;

use super::error::Result;
use super::keys::{BUDGET_DAY, BUDGET_HOUR, BUDGET_REGION};
use super::policies;
use super::policy::{Budget, Policy};
use crate::pg::clock::now_us;
use crate::ratelimit::{self, Request, memory};

/// A budget, and what is spent of it.
pub struct Spent {
    /// The policy's name.
    pub policy: String,
    /// `hour`, `day` or `region`.
    pub budget: &'static str,
    /// The region whose it is.
    pub region: Option<String>,
    /// In millionths.
    pub spent: i64,
    /// In millionths.
    pub amount: i64,
    /// When it begins anew, in microseconds since 1970.
    pub resets_us: i64,
}

/// Every budget of every policy; of regions, those on which something is spent.
///
/// Errors: no engine, or no table of rate limits, 55000.
pub fn all() -> Result<Vec<Spent>> {
    let regions = regions()?;
    let mut all = Vec::new();
    for policy in policies::all() {
        for (budget, name, key) in [
            (&policy.budget_hour, "hour", BUDGET_HOUR),
            (&policy.budget_day, "day", BUDGET_DAY),
        ] {
            if let Some(budget) = budget {
                all.push(spent(&policy, budget, name, key, None)?);
            }
        }
        let Some(budget) = &policy.budget_region_day else {
            continue;
        };
        for (_, region) in regions.iter().filter(|(space, _)| *space == policy.space()) {
            let key = format!("{BUDGET_REGION}{region}");
            let spent = spent(&policy, budget, "region", &key, Some(region.clone()))?;
            all.extend((spent.spent > 0).then_some(spent));
        }
    }
    Ok(all)
}

fn spent(
    policy: &Policy,
    budget: &Budget,
    name: &'static str,
    key: &str,
    region: Option<String>,
) -> Result<Spent> {
    let limit = budget.limit(now_us());
    let ends_us = limit.calendar.map_or(0, |calendar| calendar.ends_us);
    let key = KeyName::of_send(key.as_bytes(), policy.space());
    let (verdict, ..) = ratelimit::look(&Request::of_send(key, b"", limit, 1), 1)?;
    let amount = verdict.decision.limit;
    Ok(Spent {
        policy: policy.name.clone(),
        budget: name,
        region,
        spent: amount - verdict.decision.remaining,
        amount,
        resets_us: ends_us.max(now_us()),
    })
}

/// The regions on which something has been spent, each with the space of its policy.
fn regions() -> Result<BTreeSet<(i32, String)>> {
    let storage = ratelimit::storage()?;
    let mut regions = BTreeSet::new();
    let mut add = |name: KeyName<'_>| {
        let region = name.bytes.strip_prefix(BUDGET_REGION.as_bytes());
        if let (KeyKind::Send, Some(region)) = (name.kind, region) {
            regions.insert((name.space, String::from_utf8_lossy(region).into_owned()));
        }
    };
    if let Some(owner) = storage.slots {
        memory::each_slot(owner, |slot| add(slot.name()));
    }
    ratelimit::each_row(storage.oid, |name, _| add(name));
    Ok(regions)
}
