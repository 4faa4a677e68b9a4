//! How often, and for how much: keys of the rate limiter, all hit or none.

use pgrx::PgSqlErrorCode;
use phone_crypt_core::ratelimit::{KeyName, Limit, Reason as LimitReason, Verdict};
use phone_crypt_core::sending::{Reason, Warning, Warnings, is_near};
use std::ops::Range;

use crate::cipher::Hash;
use crate::pg::SqlError;
use crate::ratelimit::{self, PHONE_PREFIX, Request};
use crate::sending::attempt::{Attempt, Refusal};
use crate::sending::error::Result;
use crate::sending::keys::{BUDGET_DAY, BUDGET_HOUR, BUDGET_REGION};
use crate::sending::policy::{Budget, RateLimit, Rates};

/// When a send that found no slot may be tried again.
const NO_SLOT_RETRY_US: i64 = 1_000_000;

/// Of a keyed hash of a block or an account, so much names it.
const NAME_LEN: usize = 32;

/// Room for as many keys as most policies have, and for their names.
const PARTS: usize = 16;
const NAMES_LEN: usize = 1024;

/// One key of the limiter.
struct Part<'a> {
    /// Its name, within `Parts::names`.
    name: Range<usize>,
    limit: Of<'a>,
    cost: i64,
    /// Why it refuses.
    reason: Reason,
    /// What to warn of when most of it is used.
    near: Option<Warning>,
    /// As whom the lists of the limiter know it.
    listed: Listed,
}

/// What it is held against.
#[derive(Clone, Copy)]
enum Of<'a> {
    Rate(&'a RateLimit),
    Budget(&'a Budget),
}

#[derive(Clone, Copy)]
enum Listed {
    Number,
    Client,
    Nobody,
}

/// The keys of an attempt.
struct Parts<'a> {
    names: String,
    all: Vec<Part<'a>>,
}

/// Hits every limit and budget of the policy, all or none. None where all let it pass; then it is counted.
///
/// Errors: no engine, 55000; with the table engine those of writing a row.
pub fn take(attempt: &Attempt<'_>, warnings: &mut Warnings) -> Result<Option<Refusal>> {
    let phone_key = [PHONE_PREFIX.as_slice(), &attempt.number.hash].concat();
    let parts = Parts::of(attempt, ascii(&phone_key))?;
    // Only the lists know clients by their addresses.
    let client = attempt.client.as_ref().filter(|_| ratelimit::has_lists());
    let address = client.map(|it| it.address.to_canonical().to_string());
    let space = attempt.policy.space();
    let request = |part: &Part<'_>| {
        let name = parts
            .names
            .as_bytes()
            .get(part.name.clone())
            .unwrap_or_default();
        let listed = match part.listed {
            Listed::Number => phone_key.as_slice(),
            Listed::Client => address.as_deref().unwrap_or_default().as_bytes(),
            Listed::Nobody => b"",
        };
        Request::of_send(
            KeyName::of_send(name, space),
            listed,
            part.limit.limit(attempt.now_us),
            part.cost,
        )
    };
    let requests: Vec<Request<'_>> = parts.all.iter().map(request).collect();
    let verdicts = match ratelimit::check_all(&requests) {
        Ok(verdicts) => verdicts,
        Err(error) if is_out_of_slots(error.sqlstate()) => {
            return Ok(Some(Refusal {
                reason: Reason::LimiterFull,
                retry_after_us: Some(NO_SLOT_RETRY_US),
            }));
        }
        Err(error) => return Err(error.into()),
    };
    let refusal = refused(&parts, &verdicts);
    if refusal.is_none() {
        warn(attempt, &parts, &verdicts, warnings);
    }
    Ok(refusal)
}

fn is_out_of_slots(code: PgSqlErrorCode) -> bool {
    code == PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED
}

/// The refusal that lasts longest.
fn refused(parts: &Parts<'_>, verdicts: &[Verdict]) -> Option<Refusal> {
    let longest = |refusal: &Refusal| refusal.retry_after_us.unwrap_or(i64::MAX);
    let pairs = parts.all.iter().zip(verdicts);
    pairs
        .filter(|(_, verdict)| !verdict.decision.allowed)
        .map(|(part, verdict)| Refusal {
            reason: match verdict.reason {
                LimitReason::Denylist => Reason::Denylist,
                _ => part.reason,
            },
            retry_after_us: verdict.decision.retry_after_us,
        })
        .max_by_key(longest)
}

fn warn(attempt: &Attempt<'_>, parts: &Parts<'_>, verdicts: &[Verdict], warnings: &mut Warnings) {
    for (part, verdict) in parts.all.iter().zip(verdicts) {
        let budget = verdict.decision.limit;
        let spent = budget - verdict.decision.remaining;
        if let Some(warning) = part.near
            && is_near(spent, budget, attempt.policy.warn_at)
        {
            warnings.add(warning);
        }
    }
}

impl Of<'_> {
    fn limit(self, now_us: i64) -> Limit<'static> {
        match self {
            Of::Rate(rate) => rate.limit(),
            Of::Budget(budget) => budget.limit(now_us),
        }
    }
}

impl<'a> Parts<'a> {
    fn of(attempt: &Attempt<'a>, phone_key: &str) -> Result<Parts<'a>> {
        let (policy, number) = (attempt.policy, attempt.number);
        let mut parts = Parts {
            names: String::with_capacity(NAMES_LEN),
            all: Vec::with_capacity(PARTS),
        };
        let of_number = (Reason::NumberLimit, Listed::Number);
        parts.add_rates(&policy.per_number, phone_key, of_number);
        if let Some(client) = &attempt.client {
            let of_client = (Reason::ClientLimit, Listed::Client);
            parts.add_rates(&policy.per_client, &client.network, of_client);
        }
        if let Some(account) = &attempt.account {
            let of_account = (Reason::AccountLimit, Listed::Nobody);
            parts.add_rates(&policy.per_account, short(account), of_account);
        }
        let of_block = (Reason::BlockLimit, Listed::Nobody);
        let block = short(&number.block_of_1000);
        parts.add_rates(&policy.per_block_1000, block, of_block);
        if !policy.per_block_10000.is_empty() {
            let block = number.block_of_10000()?;
            parts.add_rates(&policy.per_block_10000, short(&block), of_block);
        }
        let region = number.region.unwrap_or("-");
        let of_region = (Reason::RegionLimit, Listed::Nobody);
        parts.add_rates(&policy.per_region, region, of_region);
        // What costs nothing spends nothing.
        if policy.has_budget()
            && let Some(cost @ 1..) = attempt.cost
        {
            parts.add_budgets(attempt, region, cost);
        }
        Ok(parts)
    }

    fn add_rates(&mut self, rates: &'a Rates, key: &str, (reason, listed): (Reason, Listed)) {
        for rate in rates {
            let name = self.name(&rate.prefix, key);
            self.all.push(Part {
                name,
                limit: Of::Rate(rate),
                cost: 1,
                reason,
                near: None,
                listed,
            });
        }
    }

    fn add_budgets(&mut self, attempt: &Attempt<'a>, region: &str, cost: i64) {
        let policy = attempt.policy;
        let mut add = |budget: &'a Option<Budget>, prefix, key, reason, near| {
            if let Some(budget) = budget {
                let name = self.name(prefix, key);
                self.all.push(Part {
                    name,
                    limit: Of::Budget(budget),
                    cost,
                    reason,
                    near: Some(near),
                    listed: Listed::Nobody,
                });
            }
        };
        add(
            &policy.budget_hour,
            BUDGET_HOUR,
            "",
            Reason::BudgetHour,
            Warning::NearBudgetHour,
        );
        add(
            &policy.budget_day,
            BUDGET_DAY,
            "",
            Reason::BudgetDay,
            Warning::NearBudgetDay,
        );
        add(
            &policy.budget_region_day,
            BUDGET_REGION,
            region,
            Reason::BudgetRegion,
            Warning::NearBudgetRegion,
        );
    }

    fn name(&mut self, prefix: &str, key: &str) -> Range<usize> {
        let start = self.names.len();
        self.names.push_str(prefix);
        self.names.push_str(key);
        start..self.names.len()
    }
}

fn ascii(hash: &[u8]) -> &str {
    std::str::from_utf8(hash).unwrap_or_default()
}

fn short(hash: &Hash) -> &str {
    ascii(hash).get(..NAME_LEN).unwrap_or_default()
}
