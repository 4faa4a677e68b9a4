//! A hit on a key: its block, then its quota, then what a violation brings.

use super::algorithm::Algorithm;
use super::calendar::Calendar;
use super::decide::{decide, deny_and_count, peek, present_us};
use super::decision::Decision;
use super::entry::Entry;
use super::penalty::Penalties;
use super::quota::{Quota, QuotaError};
use super::state::{State, div_ceil, saturate};

/// What a hit is held against.
#[derive(Debug, Clone)]
pub struct Limit<'a> {
    /// How hits are counted.
    pub algorithm: Algorithm,
    /// How many a window.
    pub quota: Quota,
    /// The windows, where they are those of a calendar.
    pub calendar: Option<Calendar>,
    /// Blocks that follow violations.
    pub penalties: &'a Penalties,
    /// Whether denied hits count too.
    pub count_denied: bool,
}

impl Limit<'_> {
    /// The quota that holds for a key at `now_us`.
    #[must_use]
    pub fn quota_at(&self, entry: &Entry, now_us: i64) -> Quota {
        let Some(calendar) = &self.calendar else {
            return self.quota;
        };
        let (starts_us, ends_us) = calendar.window_at(present_us(entry.state.as_ref(), now_us));
        self.quota.in_window(starts_us, ends_us)
    }

    /// The most hits that are ever allowed at once, and in how many microseconds as many come back: what clients are
    /// told of the quota, so that what remains is a part of it. That is the limit and its window, unless a bucket
    /// holds more.
    #[must_use]
    pub fn advertised(&self) -> (i64, i64) {
        let (limit, window_us) = match &self.calendar {
            None => (self.quota.limit(), self.quota.window_us()),
            Some(calendar) => (self.quota.limit(), calendar.ends_us - calendar.starts_us),
        };
        let capacity = self.quota.capacity();
        if self.algorithm != Algorithm::TokenBucket || capacity <= limit || limit == 0 {
            return (limit, window_us);
        }
        let refill_us = div_ceil(
            i128::from(capacity) * i128::from(window_us),
            i128::from(limit),
        );
        (capacity, saturate(refill_us))
    }
}

/// Why the answer is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Within the quota.
    Ok,
    /// Over the quota.
    Limited,
    /// The key is blocked.
    Blocked,
    /// The key or its address is on the deny list.
    Denylist,
    /// It would have been denied, were the policy not only watching.
    Shadow,
}

impl Reason {
    /// Its name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Ok => "ok",
            Reason::Limited => "limited",
            Reason::Blocked => "blocked",
            Reason::Denylist => "denylist",
            Reason::Shadow => "shadow",
        }
    }
}

/// The answer to a hit, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// What is allowed, and what is left.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
}

impl Verdict {
    /// On the allow list: nothing is consumed.
    #[must_use]
    pub fn allow_listed(limit: i64) -> Verdict {
        let decision = Decision {
            allowed: true,
            limit,
            remaining: limit,
            reset_after_us: 0,
            retry_after_us: None,
            hit_at_us: None,
        };
        Verdict {
            decision,
            reason: Reason::Ok,
        }
    }

    /// On the deny list: nobody knows for how long.
    #[must_use]
    pub fn deny_listed(limit: i64) -> Verdict {
        let decision = Decision {
            allowed: false,
            remaining: 0,
            ..Verdict::allow_listed(limit).decision
        };
        Verdict {
            decision,
            reason: Reason::Denylist,
        }
    }

    /// The answer of a policy that only watches: a denial lets through, and says so.
    #[must_use]
    pub fn in_shadow(self) -> Verdict {
        if self.decision.allowed {
            return self;
        }
        Verdict {
            decision: Decision {
                allowed: true,
                retry_after_us: None,
                ..self.decision
            },
            reason: Reason::Shadow,
        }
    }
}

/// Decides a hit of `cost` at `now_us`. Gives the entry to keep, if the hit changes it, and the answer. A denied
/// hit changes nothing, unless the limit has penalties or counts what it denies.
///
/// Blocks are held against `now_us` itself, also where the key has seen a later time: they last as long as they say.
///
/// # Errors
/// [`QuotaError::Cost`] for a cost below 1.
pub fn hit(
    entry: &Entry,
    now_us: i64,
    limit: &Limit<'_>,
    cost: i64,
) -> Result<(Option<Entry>, Verdict), QuotaError> {
    if entry.blocked_until_us > now_us {
        return Ok((None, look(entry, now_us, limit, cost)?));
    }
    let state = entry.state.as_ref();
    let quota = limit.quota_at(entry, now_us);
    let (after, decision) = decide(state, now_us, limit.algorithm, &quota, cost)?;
    if let Some(after) = after {
        let kept = Entry {
            state: Some(after),
            ..*entry
        };
        return Ok((Some(kept), verdict(decision, Reason::Ok)));
    }
    let (counted, decision) = match limit.count_denied {
        true => {
            let (after, decision) = deny_and_count(state, now_us, limit.algorithm, &quota, cost)?;
            (Some(after), decision)
        }
        false => (None, decision),
    };
    Ok(violated(entry, now_us, limit, counted, decision))
}

/// The answer that a hit would get at `now_us`. Nothing is consumed and no violation counted.
///
/// # Errors
/// As [`hit`].
pub fn look(
    entry: &Entry,
    now_us: i64,
    limit: &Limit<'_>,
    cost: i64,
) -> Result<Verdict, QuotaError> {
    let state = entry.state.as_ref();
    let quota = limit.quota_at(entry, now_us);
    let decision = peek(state, now_us, limit.algorithm, &quota, cost)?;
    if entry.blocked_until_us > now_us {
        let block_us = entry.blocked_until_us - now_us;
        return Ok(verdict(held(decision, block_us), Reason::Blocked));
    }
    let reason = if decision.allowed {
        Reason::Ok
    } else {
        Reason::Limited
    };
    Ok(verdict(decision, reason))
}

/// One of several hits that are made together.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// What the key is held against.
    pub limit: &'a Limit<'a>,
    /// What the hit costs there.
    pub cost: i64,
    /// Whether its denial stops nothing.
    pub only_watches: bool,
}

/// Hits several keys, all or none: if one is denied, the others consume nothing; a denial by one that only watches
/// does not count. `answers` are, for each, the entry to keep if it changes, and the answer; what was in it before is
/// gone.
///
/// # Errors
/// As [`hit`].
pub fn hit_all(
    entries: &[Entry],
    now_us: i64,
    parts: &[Part<'_>],
    answers: &mut Vec<(Option<Entry>, Verdict)>,
) -> Result<(), QuotaError> {
    let pairs = || entries.iter().zip(parts);
    answers.clear();
    for (entry, part) in pairs() {
        answers.push(hit(entry, now_us, part.limit, part.cost)?);
    }
    let is_denied = |((_, verdict), part): (&(Option<Entry>, Verdict), &Part<'_>)| {
        !verdict.decision.allowed && !part.only_watches
    };
    if !answers.iter().zip(parts).any(is_denied) {
        return Ok(());
    }
    for ((entry, part), answer) in pairs().zip(answers) {
        if answer.1.decision.allowed {
            *answer = (None, look(entry, now_us, part.limit, part.cost)?);
        }
    }
    Ok(())
}

fn verdict(decision: Decision, reason: Reason) -> Verdict {
    Verdict { decision, reason }
}

/// A denied hit: the violation, and the block that it brings.
fn violated(
    entry: &Entry,
    now_us: i64,
    limit: &Limit<'_>,
    counted: Option<State>,
    decision: Decision,
) -> (Option<Entry>, Verdict) {
    let counted = counted.or(entry.state);
    let (violations, until_us) = limit.penalties.violate(entry.violations, now_us);
    let Some(until_us) = until_us else {
        let changed = limit.count_denied.then_some(Entry {
            state: counted,
            ..*entry
        });
        return (changed, verdict(decision, Reason::Limited));
    };
    let kept = Entry {
        state: counted,
        violations,
        violations_until_us: limit.penalties.forgotten_us(violations),
        blocked_until_us: until_us,
    };
    let decision = held(decision, until_us - now_us);
    (Some(kept), verdict(decision, Reason::Limited))
}

/// The answer while a block lasts: nothing is left, and nothing is let through before it ends.
fn held(decision: Decision, block_us: i64) -> Decision {
    let retry_after_us = match decision.allowed {
        true => Some(block_us),
        false => decision.retry_after_us.map(|retry| retry.max(block_us)),
    };
    Decision {
        allowed: false,
        remaining: 0,
        reset_after_us: decision.reset_after_us.max(block_us),
        retry_after_us,
        ..decision
    }
}
