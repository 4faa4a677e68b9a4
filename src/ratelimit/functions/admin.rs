//! Changing what is kept of a key by something else than a hit.

use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::{default, pg_extern};
use phone_crypt_core::audit::Class;
use phone_crypt_core::ratelimit::{Entry, MAX_SPAN_US};

use super::arguments::{cost, key, known_policy};
use crate::audit::{self, Event};
use crate::pg::Answer;
use crate::pg::arguments::given;
use crate::pg::interval::{span_us, to_timestamp, to_us};
use crate::pg::text::Text;
use crate::ratelimit::error::{Error, Result};
use crate::ratelimit::{self, StateKey, StoredPolicy, checked_key};

/// The shortest block: a millisecond.
const MIN_BLOCK_US: i64 = 1000;

/// The names under which the state of a key is kept, and whether that is a durable policy's: first where a policy
/// enforces, then the trial of one that only watches.
///
/// Errors: key NULL, 22004; no such policy, or a bad key, 22023.
pub(super) fn state_keys<'a>(
    key: Option<Text<'a>>,
    policy: Option<Text<'a>>,
) -> Result<(Vec<StateKey<'a>>, bool)> {
    let key = self::key(key)?;
    let Some(policy) = policy else {
        return Ok((vec![StateKey::plain(key)], false));
    };
    let policy = known_policy(Some(policy))?;
    let keys = policy
        .spaces()
        .map(|space| StateKey::of_policy(&policy.name, space, key));
    Ok((keys.collect(), policy.durable))
}

/// Changes the state of a key wherever it is kept. Whether any of it was changed.
fn change_all(
    keys: &(Vec<StateKey<'_>>, bool),
    with: impl Fn(&Entry, i64) -> (Option<Entry>, bool),
) -> Result<bool> {
    let (keys, durable) = keys;
    let mut was_any = false;
    for key in keys {
        was_any |= ratelimit::change(key.name(), *durable, &with)?;
    }
    Ok(was_any)
}

/// Records what was done to a key. Which key is nobody's to know: it may be a number's.
fn recorded(event: &'static str, policy: Option<Text<'_>>) {
    let event = Event::new(Class::Limit, event);
    audit::record(match policy {
        Some(policy) => event.name("policy", &policy.or_empty()),
        None => event,
    });
}

fn forgotten(entry: &Entry, now_us: i64) -> (Option<Entry>, bool) {
    let is_live = entry.expires_us() > now_us;
    let is_known = *entry != Entry::EMPTY;
    (is_known.then_some(Entry::EMPTY), is_live)
}

/// `ratelimit_reset(key[, policy])`: forgets the hits, violations and block of a key, or of the key in a policy. True
/// if there was anything.
///
/// Errors: key NULL, 22004; no such policy, or a bad key, 22023; out of slots, 53400; no engine, 55000.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_reset(
    key: Option<Text<'_>>,
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<bool> {
    let was_any = change_all(&state_keys(key, policy)?, forgotten)?;
    recorded("reset", policy);
    Ok(was_any)
}

/// `ratelimit_refund(key[, cost[, policy]])`: gives hits back, at most as many as were used. True if any were.
///
/// Errors: as `ratelimit_reset`; cost below 1, 22023.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_refund(
    key: Option<Text<'_>>,
    cost: default!(Option<i64>, "1"),
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<bool> {
    let keys = state_keys(key, policy)?;
    let cost = self::cost(cost)?;
    let refund = |entry: &Entry, now_us: i64| {
        let after = entry.refunded(now_us, cost);
        (after, after.is_some())
    };
    Ok(change_all(&keys, refund)?)
}

/// `ratelimit_refund_hit(key, hit_at[, cost[, policy]])`: gives a hit back that was counted at `hit_at`, as its answer said.
/// False if it does not count any more (its window is over, or the bucket has refilled since), or if `hit_at` is NULL,
/// since nothing was counted.
///
/// Errors: as `ratelimit_refund`.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_refund_hit(
    key: Option<Text<'_>>,
    hit_at: Option<TimestampWithTimeZone>,
    cost: default!(Option<i64>, "1"),
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<bool> {
    let keys = state_keys(key, policy)?;
    let cost = self::cost(cost)?;
    let Some(hit_at_us) = hit_at.map(to_us) else {
        return Ok(false);
    };
    let refund = |entry: &Entry, now_us: i64| {
        let after = entry.refunded_hit(now_us, cost, hit_at_us);
        (after, after.is_some())
    };
    Ok(change_all(&keys, refund)?)
}

/// `ratelimit_block(key, duration[, policy])`: denies every hit for so long; a longer block stays. Gives when it ends.
///
/// Errors: as `ratelimit_reset`; a duration below 1 ms or above 10 years, 22023.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_block(
    key: Option<Text<'_>>,
    duration: Option<Interval>,
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<Option<TimestampWithTimeZone>> {
    let (keys, durable) = state_keys(key, policy)?;
    let duration_us = span_us(&given(duration, "duration")?);
    if !(MIN_BLOCK_US..=MAX_SPAN_US).contains(&duration_us) {
        return Err(Error::BlockLength.into());
    }
    let mut until_us = 0;
    // The last one is where a policy decides now.
    for key in keys {
        until_us = ratelimit::change(key.name(), durable, |entry, now_us| {
            let after = entry.blocked(now_us.saturating_add(duration_us));
            (Some(after), after.blocked_until_us)
        })?;
    }
    recorded("blocked", policy);
    Ok(to_timestamp(until_us))
}

/// `ratelimit_unblock(key[, policy])`: lifts a block; the count of violations stays. True if there was one.
///
/// Errors: as `ratelimit_reset`.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_unblock(
    key: Option<Text<'_>>,
    policy: default!(Option<Text<'_>>, "NULL"),
) -> Answer<bool> {
    let keys = state_keys(key, policy)?;
    let unblock = |entry: &Entry, now_us: i64| {
        let after = entry.unblocked(now_us);
        (after, after.is_some())
    };
    let was_blocked = change_all(&keys, unblock)?;
    recorded("unblocked", policy);
    Ok(was_blocked)
}

/// `ratelimit_merge(id, count, window_start, window)`: adds a fixed window of a legacy application (its start in
/// milliseconds since 1970) to what is live of a key: the hits of both, from the later start. False if the window is
/// over.
///
/// Errors: any NULL, 22004; a bad key or window, or a negative count, 22023; out of slots, 53400; no engine, 55000.
#[pg_extern(sql = r#"
CREATE FUNCTION ratelimit_merge(id text, count bigint, window_start bigint, "window" interval)
    RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn ratelimit_merge(
    id: Option<Text<'_>>,
    count: Option<i64>,
    window_start: Option<i64>,
    window: Option<Interval>,
) -> Answer<bool> {
    let key = checked_key(given(id, "id")?.bytes())?;
    let count = given(count, "count")?;
    if count < 0 {
        return Err(Error::NegativeCount.into());
    }
    let start_us = given(window_start, "window_start")?.saturating_mul(1000);
    let window_us = span_us(&given(window, "window")?);
    Ok(ratelimit::add_window(key, count, start_us, window_us)?)
}

/// `ratelimit_flush()`: waits until what was changed in memory before is in the table. The table engine has nothing
/// to do.
///
/// Errors: a standby, or no launcher, 55000; the flush failed, 58000.
#[pg_extern(volatile, parallel_unsafe)]
fn ratelimit_flush() -> Answer<()> {
    Ok(ratelimit::flush()?)
}
