//! Forgetting a number in rate limits, and in the limiter's lists and blocks.

use pgrx::IntoDatum;
use phone_crypt_core::ratelimit::{Entry, KeyKind, KeyName};
use std::collections::BTreeSet;

use super::number::Number;
use super::outcome::{Outcome, attempt};
use crate::erasure::error::Result;
use crate::pg::setting_switch::BatchSettings;
use crate::pg::statement::Statement;
use crate::pg::text::Text;
use crate::pg::{Oid, oids};
use crate::ratelimit::{self, Engine, PHONE_PREFIX, StateKey, Storage, StoredPolicy, memory};

const RATE_LIMITS: &str = "phone_crypt.rate_limits";
const KEYS: [Oid; 1] = [oids::TEXTARRAYOID];

thread_local! {
    static OTHERS_LISTED: Statement = const { Statement::new(
        c"SELECT l.key, l.phone_encrypted FROM phone_crypt.ratelimit_lists AS l \
           WHERE l.phone_encrypted IS NOT NULL AND l.key OPERATOR(pg_catalog.<>) ALL ($1)",
        &KEYS,
    ) };
    static OTHERS_BLOCKED: Statement = const { Statement::new(
        c"SELECT b.key, b.phone_encrypted FROM phone_crypt.ratelimit_blocked_phones AS b \
           WHERE b.key OPERATOR(pg_catalog.<>) ALL ($1)",
        &KEYS,
    ) };
    static UNLIST: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.ratelimit_lists AS l WHERE l.key OPERATOR(pg_catalog.=) ANY ($1)",
        &KEYS,
    ) };
    static UNBLOCK: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.ratelimit_blocked_phones AS b \
           WHERE b.key OPERATOR(pg_catalog.=) ANY ($1)",
        &KEYS,
    ) };
    static DROP_OVERRIDES: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.ratelimit_policy_overrides AS o \
           WHERE o.key OPERATOR(pg_catalog.=) ANY ($1)",
        &KEYS,
    ) };
    static FORGET_USUAL: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.activity_baselines AS b WHERE b.key OPERATOR(pg_catalog.=) ANY ($1)",
        &KEYS,
    ) };
    static FORGET_ANOMALIES: Statement = const { Statement::new(
        c"UPDATE phone_crypt.anomaly_records AS r SET key = NULL WHERE r.key OPERATOR(pg_catalog.=) ANY ($1)",
        &KEYS,
    ) };
    static DELETE_STATE: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.rate_limits AS r WHERE r.id OPERATOR(pg_catalog.=) ANY ($1) \
          RETURNING r.id",
        &KEYS,
    ) };
    /// What policies have left behind that are gone by now: `policy:<name>:<key>`, and a name has no colon; and what sending
    /// policies count: `number:<seconds>:<key>`.
    static DELETE_LOST: Statement = const { Statement::new(
        c"DELETE FROM phone_crypt.rate_limits AS r WHERE r.kind OPERATOR(pg_catalog.=) ANY (ARRAY[1, 5]) \
             AND pg_catalog.substr(r.id, pg_catalog.strpos(pg_catalog.substr(r.id, 8), ':') \
                 OPERATOR(pg_catalog.+) 8) OPERATOR(pg_catalog.=) ANY ($1) \
          RETURNING r.id",
        &KEYS,
    ) };
}

/// Takes the number off lists, and forgets its blocks, counts and violations in every policy and outside them. What
/// stands in the way is an outcome, too: a key that is not configured, or no engine, 55000; a flush that fails, 58000.
pub fn forget(number: &Number) -> Vec<Outcome> {
    let result = attempt(RATE_LIMITS, || {
        let _settings = BatchSettings::for_one_table_of_many();
        forget_everywhere(number)
    });
    result.unwrap_or_else(|failure| vec![Outcome::failed(RATE_LIMITS, failure)])
}

fn forget_everywhere(number: &Number) -> Result<Vec<Outcome>> {
    let storage = ratelimit::storage()?;
    let prefix = String::from_utf8_lossy(PHONE_PREFIX);
    let hashes = number.hashes("")?;
    let mut keys: Vec<String> = hashes
        .iter()
        .map(|hash| format!("{prefix}{hash}"))
        .collect();
    // Rows whose hash key is gone: the number beside it still tells whose they are.
    let listed = others(
        &OTHERS_LISTED,
        &storage,
        &keys,
        number,
        "phone_crypt.ratelimit_lists",
    )?;
    let context = "phone_crypt.ratelimit_blocked_phones";
    let blocked = others(&OTHERS_BLOCKED, &storage, &keys, number, context)?;
    let unlisted = delete(&UNLIST, &storage, &[keys.as_slice(), &listed].concat());
    keys.extend(blocked);
    let unblocked = delete(&UNBLOCK, &storage, &keys);
    let overridden = delete(&DROP_OVERRIDES, &storage, &keys);
    let forgotten = forget_states(&storage, &keys)?;
    let usual = delete(&FORGET_USUAL, &storage, &keys);
    let anomalies = delete(&FORGET_ANOMALIES, &storage, &keys);
    let outcome = |object: &str, rows| Outcome::done(object, "deleted", rows);
    Ok(vec![
        outcome(RATE_LIMITS, forgotten),
        outcome("phone_crypt.ratelimit_blocked_phones", unblocked),
        outcome("phone_crypt.ratelimit_lists", unlisted),
        outcome("phone_crypt.ratelimit_policy_overrides", overridden),
        outcome("phone_crypt.activity_baselines", usual),
        Outcome::done("phone_crypt.anomaly_records", "set to NULL", anomalies),
    ])
}

/// Keys of rows whose encrypted number is this one, although their hashes are none of its own.
fn others(
    statement: &'static std::thread::LocalKey<Statement>,
    storage: &Storage,
    keys: &[String],
    number: &Number,
    context: &str,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut failure = None;
    statement.with(|statement| {
        statement.run(storage.owner, &[keys.to_vec().into_datum()], |row| {
            let value = row.get::<Text<'_>>(2);
            match value.map(|value| number.is_in(value.bytes(), context)) {
                Some(Ok(true)) => found.extend(row.get::<String>(1)),
                Some(Err(error)) => failure = Some(error),
                _ => {}
            }
        })
    });
    match failure {
        Some(error) => Err(error),
        None => Ok(found),
    }
}

fn delete(
    statement: &'static std::thread::LocalKey<Statement>,
    storage: &Storage,
    keys: &[String],
) -> i64 {
    let arguments = [keys.to_vec().into_datum()];
    let rows = statement.with(|statement| statement.run(storage.owner, &arguments, |_| ()));
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Forgets the state kept under these keys and under them in every policy. How many there were.
///
/// The memory engine's flush writes what has been forgotten as an empty row. That is waited for, so that the row,
/// whose name is the hash, can be deleted.
fn forget_states(storage: &Storage, keys: &[String]) -> Result<i64> {
    let is_memory = ratelimit::in_force()? == Engine::Memory;
    let mut names = Vec::new();
    let mut known = BTreeSet::new();
    for (state, is_durable) in states(keys) {
        let name = String::from_utf8_lossy(state.name().bytes).into_owned();
        if is_memory && !is_durable && ratelimit::change(state.name(), false, emptied)? {
            known.insert(name.clone());
        }
        names.push(name);
    }
    for (lost, kind, space) in lost_slots(storage, keys) {
        let name = KeyName {
            bytes: &lost,
            kind,
            space,
        };
        if is_memory && ratelimit::change(name, false, emptied)? {
            known.insert(String::from_utf8_lossy(&lost).into_owned());
        }
    }
    if !known.is_empty() {
        ratelimit::flush()?;
    }
    DELETE_STATE.with(|statement| {
        statement.run(storage.owner, &[names.into_datum()], |row| {
            known.extend(row.get::<String>(1));
        })
    });
    DELETE_LOST.with(|statement| {
        statement.run(storage.owner, &[keys.to_vec().into_datum()], |row| {
            known.extend(row.get::<String>(1));
        })
    });
    Ok(i64::try_from(known.len()).unwrap_or(i64::MAX))
}

/// What memory still holds of these keys for policies that are gone, for sending policies, and their leases.
fn lost_slots(storage: &Storage, keys: &[String]) -> Vec<(Vec<u8>, KeyKind, i32)> {
    let mut lost = Vec::new();
    if let Some(owner) = storage.slots {
        memory::each_slot(owner, |slot| {
            let name = slot.name();
            let key = match name.kind {
                KeyKind::Plain | KeyKind::Token | KeyKind::TokenFailure => None,
                KeyKind::Policy | KeyKind::Send => {
                    name.bytes.splitn(3, |byte| *byte == b':').nth(2)
                }
                KeyKind::Lease => Some(name.bytes),
            };
            let is_one = |key| keys.iter().any(|it| it.as_bytes() == key);
            if key.is_some_and(is_one) {
                lost.push((name.bytes.to_vec(), name.kind, name.space));
            }
        });
    }
    lost
}

fn emptied(entry: &Entry, _now_us: i64) -> (Option<Entry>, bool) {
    let is_known = *entry != Entry::EMPTY;
    (is_known.then_some(Entry::EMPTY), is_known)
}

/// Under what names state may be kept of these keys, and whether that is a durable policy's.
fn states(keys: &[String]) -> Vec<(StateKey<'_>, bool)> {
    let policies = ratelimit::all_policies();
    let mut states = Vec::with_capacity(keys.len() * (policies.len() + 1));
    for key in keys {
        states.push((StateKey::plain(key.as_bytes()), false));
        for policy in &policies {
            for space in policy.spaces() {
                let state = StateKey::of_policy(&policy.name, space, key.as_bytes());
                states.push((state, policy.durable));
            }
        }
    }
    states
}
