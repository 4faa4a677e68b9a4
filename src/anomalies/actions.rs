//! What is done about an unusual window. Neither the audit log nor listeners are told of a key.

use pgrx::IntoDatum;
use phone_crypt_core::anomaly::throttle_us;
use phone_crypt_core::audit::{Class, label};

use super::counts::{Subject, each_state};
use super::unusual::Unusual;
use super::watches::Watch;
use crate::audit::{self, Event};
use crate::pg::clock::now_us;
use crate::pg::statement::Statement;
use crate::pg::text::Text;
use crate::pg::{Oid, oids};
use crate::ratelimit;

thread_local! {
    static NOTIFY: Statement = const { Statement::new(
        c"SELECT pg_catalog.pg_notify('phone_crypt_anomaly', $1)",
        &[oids::TEXTOID],
    ) };
}

/// Blocks the key of the n-th unusual window in a row, where the watch says so. Until when, in microseconds since 1970.
pub fn hold_up(watch: &Watch, unusual: &Unusual<'_>, nth: i64) -> Option<i64> {
    let Subject::Key(kind, key) = unusual.subject else {
        return None;
    };
    let block_us = match (watch.blocks, watch.throttles) {
        (true, _) => watch.duration_us,
        (false, true) => throttle_us(nth, watch.duration_us),
        (false, false) => return None,
    };
    let policy = ratelimit::policy(watch.name()).ok()?;
    let until_us = now_us().saturating_add(block_us);
    let mut blocked_until_us = None;
    each_state(&policy, *kind, key, |name| {
        let blocked = ratelimit::change(name, policy.durable, |entry, _| {
            let after = entry.blocked(until_us);
            (Some(after), after.blocked_until_us)
        });
        // Where it is not blocked, the log of the database says why (no slot): the others are all the same.
        blocked_until_us = blocked_until_us.max(blocked.ok());
    });
    blocked_until_us
}

/// Tells the audit log, and listeners where the watch says so.
pub fn tell(
    owner: Oid,
    watch: &Watch,
    unusual: &Unusual<'_>,
    record: Option<i64>,
    is_blocked: bool,
) {
    let class = match watch.policy {
        Some(_) => Class::Limit,
        None => Class::Auth,
    };
    let score = unusual.judgement.score.min(1e15) as i64;
    let event = Event::new(class, "anomaly")
        .word("kind", watch.kind())
        .number("score", score)
        .number("record", record.unwrap_or(0))
        .flag("blocked", is_blocked);
    audit::record(match (&watch.policy, unusual.subject) {
        (Some(policy), _) => event.name("policy", policy),
        (None, Subject::Role(role)) => event.name("reader", &Text::of(role).name()),
        (None, _) => event,
    });
    if watch.notifies {
        let payload = payload(watch, score, record);
        NOTIFY.with(|statement| statement.run(owner, &[payload.into_datum()], |_| ()));
    }
}

/// What listeners get: nothing in it needs to be escaped.
fn payload(watch: &Watch, score: i64, record: Option<i64>) -> String {
    let policy = watch.policy.as_deref().and_then(label);
    let policy = policy.map(|name| format!(r#","policy":"{name}""#));
    format!(
        r#"{{"id":{},"kind":"{}","score":{score}{}}}"#,
        record.unwrap_or(0),
        watch.kind(),
        policy.unwrap_or_default()
    )
}
