//! What the views of rate limits show.

// pgrx reads the columns from the type as it is written out.
#![allow(clippy::type_complexity)]

use crate::pg::ErrorReport;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::iter::TableIterator;
use pgrx::{name, pg_extern};
use phone_crypt_core::ratelimit::{Entry, KeyKind, State, peek};

use crate::pg::interval::{interval, to_timestamp};
use crate::pg::text::RawText;
use crate::ratelimit::error::Result;
use crate::ratelimit::{self, Engine, memory, outcomes};

/// A key's entry, and what a slot knows besides.
struct Shown {
    key: Vec<u8>,
    kind: KeyKind,
    space: i32,
    engine: Engine,
    entry: Entry,
    counts: Option<(u64, u64)>,
}

/// Every key of this database that matters: those in memory, and those rows of the table that memory has not.
fn all_shown(now_us: i64) -> Result<Vec<Shown>> {
    let storage = ratelimit::storage()?;
    let mut all = Vec::new();
    let mut keys = std::collections::HashSet::new();
    let in_force = ratelimit::in_force()?;
    if let (Engine::Memory, Some(owner)) = (in_force, storage.slots) {
        memory::each_slot(owner, |slot| {
            let name = slot.name();
            keys.insert((name.bytes.to_vec(), name.kind, name.space));
            all.push(Shown {
                key: name.bytes.to_vec(),
                kind: name.kind,
                space: name.space,
                engine: Engine::Memory,
                entry: *slot.entry(),
                counts: Some(slot.counts()),
            });
        });
    }
    ratelimit::each_row(storage.oid, |name, row| {
        if !keys.contains(&(name.bytes.to_vec(), name.kind, name.space)) {
            let engine = if row.is_durable {
                Engine::Table
            } else {
                in_force
            };
            all.push(Shown {
                key: name.bytes.to_vec(),
                kind: name.kind,
                space: name.space,
                engine,
                entry: row.entry,
                counts: None,
            });
        }
    });
    let spaces: Vec<i32> = ratelimit::all_policies()
        .iter()
        .map(|it| it.space())
        .collect();
    // What a policy that is gone has left behind means nothing, nor does what another trial has.
    // Leases are no counts, and what is sent has views of its own.
    let is_known = |shown: &Shown| match shown.kind {
        KeyKind::Plain | KeyKind::TokenFailure => true,
        KeyKind::Policy | KeyKind::Token => spaces.contains(&shown.space),
        KeyKind::Lease | KeyKind::Send => false,
    };
    all.retain(|shown| shown.entry.expires_us() > now_us && is_known(shown));
    Ok(all)
}

/// The name of the policy whose key it is, which is ASCII and has no colon.
fn policy_of(shown: &Shown) -> Option<String> {
    match shown.kind {
        KeyKind::Plain | KeyKind::Lease | KeyKind::Send => None,
        KeyKind::Policy => {
            let name = shown.key.split(|byte| *byte == b':').nth(1)?;
            Some(String::from_utf8_lossy(name).into_owned())
        }
        KeyKind::Token => {
            let policies = ratelimit::all_policies();
            let policy = policies.iter().find(|it| it.space() == shown.space)?;
            Some(policy.name.clone())
        }
        KeyKind::TokenFailure => Some(ratelimit::TOKEN_FAILURES.to_owned()),
    }
}

/// What is left of a state's own quota; unknown while its window is.
fn left(state: &State, now_us: i64) -> Option<(i64, i64)> {
    if state.quota.window_us() == 0 {
        return None;
    }
    let decision = peek(Some(state), now_us, state.algorithm, &state.quota, 1).ok()?;
    Some((decision.remaining, now_us + decision.reset_after_us))
}

/// `phone_crypt.ratelimit_entries()`: behind `ratelimit_status` and `ratelimit_top`.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn ratelimit_entries() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(key, RawText),
            name!(engine, String),
            name!(algorithm, Option<String>),
            name!(limit, Option<i64>),
            name!(window, Option<Interval>),
            name!(burst, Option<i64>),
            name!(used, i64),
            name!(remaining, Option<i64>),
            name!(reset_at, Option<TimestampWithTimeZone>),
            name!(violations, i64),
            name!(blocked_until, Option<TimestampWithTimeZone>),
            name!(expires_at, Option<TimestampWithTimeZone>),
            name!(updated_at, Option<TimestampWithTimeZone>),
            name!(hits, Option<i64>),
            name!(denials, Option<i64>),
            name!(policy, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let now_us = crate::pg::clock::now_us();
    let rows = all_shown(now_us)?.into_iter().map(move |shown| {
        let entry = shown.entry;
        let state = entry.state.filter(|state| state.quota.window_us() > 0);
        let left = state.and_then(|state| left(&state, now_us));
        let is_blocked = entry.blocked_until_us > now_us;
        let policy = policy_of(&shown);
        let remaining = left.map(|(remaining, _)| if is_blocked { 0 } else { remaining });
        let expires_us = entry.expires_us();
        (
            RawText(shown.key),
            shown.engine.as_str().to_owned(),
            state.map(|state| state.algorithm.as_str().to_owned()),
            state.map(|state| state.quota.limit()),
            state.and_then(|state| interval(state.quota.window_us())),
            state.and_then(|state| state.quota.burst()),
            entry.state.map_or(0, |state| state.used(now_us)),
            remaining,
            left.and_then(|(_, reset_us)| to_timestamp(reset_us)),
            entry.violations.count,
            to_timestamp(entry.blocked_until_us).filter(|_| is_blocked),
            to_timestamp(expires_us).filter(|_| expires_us < i64::MAX),
            entry.state.and_then(|state| to_timestamp(state.seen_us)),
            shown.counts.map(|(hits, _)| signed(hits)),
            shown.counts.map(|(_, denials)| signed(denials)),
            policy,
        )
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// `phone_crypt.ratelimit_counters()`: behind `ratelimit_stats`.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn ratelimit_counters() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(engine, String),
            name!(slots, Option<i64>),
            name!(slots_in_use, Option<i64>),
            name!(dirty_slots, Option<i64>),
            name!(hits, i64),
            name!(denials, i64),
            name!(evictions, Option<i64>),
            name!(table_reads, Option<i64>),
            name!(refusals, Option<i64>),
            name!(flushes, Option<i64>),
            name!(flush_failures, Option<i64>),
            name!(last_flush, Option<TimestampWithTimeZone>),
            name!(flush_lag, Option<Interval>),
            name!(loaded, Option<bool>),
        ),
    >,
    ErrorReport,
> {
    let engine = ratelimit::in_force()?;
    let counted = ratelimit::storage()?.slots.map(memory::totals);
    let (own_hits, own_denials) = ratelimit::own_counts();
    let owner = ratelimit::storage()?
        .slots
        .filter(|_| engine == Engine::Memory);
    let counts = owner.and(counted);
    let flushes = owner.map(|_| ratelimit::flush_counts());
    let last_us = flushes.map_or(0, |facts| facts.last_us);
    let lag_us = match counts {
        Some(counts) if counts.dirty > 0 => {
            crate::pg::clock::now_us() - counts.dirty_since_us.max(last_us)
        }
        _ => 0,
    };
    let row = (
        engine.as_str().to_owned(),
        owner.map(|_| signed(memory::slots() as u64)),
        counts.map(|counts| i64::from(counts.used)),
        counts.map(|counts| i64::from(counts.dirty)),
        signed(counted.map_or(own_hits, |counts| counts.hits)),
        signed(counted.map_or(own_denials, |counts| counts.denials)),
        counts.map(|counts| signed(counts.evictions)),
        counts.map(|counts| signed(counts.reads)),
        counts.map(|counts| signed(counts.refusals)),
        flushes.map(|facts| signed(facts.runs)),
        flushes.map(|facts| signed(facts.failures)),
        to_timestamp(last_us).filter(|_| last_us > 0),
        owner.and_then(|_| interval(lag_us)),
        owner.map(memory::is_loaded),
    );
    Ok(TableIterator::once(row))
}

/// `phone_crypt.ratelimit_outcomes()`: behind `ratelimit_policy_stats`: how hits were answered, of each policy, and of hits
/// without one (NULL).
///
/// Errors: no such table, 55000.
#[pg_extern(volatile, parallel_unsafe, schema = "phone_crypt")]
fn ratelimit_outcomes() -> std::result::Result<
    TableIterator<
        'static,
        (
            name!(policy, Option<String>),
            name!(allowed, i64),
            name!(limited, i64),
            name!(blocked, i64),
            name!(denylisted, i64),
            name!(shadow, i64),
        ),
    >,
    ErrorReport,
> {
    let storage = ratelimit::storage()?;
    let policies = ratelimit::all_policies();
    let named = policies
        .iter()
        .map(|it| (Some(it.name.clone()), it.enforced_space));
    let rows = std::iter::once((None, 0))
        .chain(named)
        .map(|(name, space)| {
            let [allowed, limited, blocked, denylisted, shadow] =
                outcomes::counts(&storage, space).map(signed);
            (name, allowed, limited, blocked, denylisted, shadow)
        });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// SQL has no unsigned integers; a count beyond its largest one stays there.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
