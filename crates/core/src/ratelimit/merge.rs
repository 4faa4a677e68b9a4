//! Two entries that turn out to be one key: nobody gets more quota than before.

use super::algorithm::Algorithm;
use super::entry::Entry;
use super::penalty::Violations;
use super::registry::rules_of;
use super::state::State;
use super::token_bucket;

/// `into` with what is live in `from` at `now_us` added: the hits of both, the longer block, the more violations.
#[must_use]
pub fn absorb(into: &Entry, from: &Entry, now_us: i64) -> Entry {
    let (violations, violations_until_us) = violations_of_both(into, from, now_us);
    Entry {
        state: both(live(into, now_us), live(from, now_us), now_us),
        violations,
        violations_until_us,
        blocked_until_us: into.blocked_until_us.max(from.blocked_until_us),
    }
}

/// The higher count from the later time on. What one of them has forgotten is not revived by the other.
fn violations_of_both(into: &Entry, from: &Entry, now_us: i64) -> (Violations, i64) {
    let is_live = |entry: &&Entry| entry.violations_until_us > now_us;
    let all = [into, from].into_iter().filter(is_live);
    all.fold((Violations::default(), 0), |(both, until_us), entry| {
        let Violations { count, last_us } = entry.violations;
        let both = Violations {
            count: both.count.max(count),
            last_us: both.last_us.max(last_us),
        };
        (both, until_us.max(entry.violations_until_us))
    })
}

fn live(entry: &Entry, now_us: i64) -> Option<State> {
    entry.state.filter(|state| state.expires_us() > now_us)
}

fn both(into: Option<State>, from: Option<State>, now_us: i64) -> Option<State> {
    let (Some(into), Some(from)) = (into, from) else {
        return into.or(from);
    };
    let known = into.with_known_window(&from.quota);
    let from = from.with_known_window(&known.quota);
    if known.quota.window_us() == 0 {
        return Some(later_start(
            &into,
            &from,
            into.current.saturating_add(from.current),
        ));
    }
    let rules = rules_of(known.algorithm);
    let now_us = now_us.max(known.seen_us).max(from.seen_us);
    let before = (rules.advance)(&known, now_us, &known.quota);
    let after = State {
        seen_us: now_us,
        ..(rules.charge)(&before, now_us, &known.quota, from.used(now_us))
    };
    Some(match (known.algorithm, from.algorithm) {
        (Algorithm::FixedWindow, Algorithm::FixedWindow) => {
            later_start(&after, &from, after.current)
        }
        // How far ahead a bucket counts has an end, but neither may have been farther.
        (Algorithm::TokenBucket, Algorithm::TokenBucket) => State {
            tat_ns: (after.tat_ns)
                .max(token_bucket::in_terms_of(&from, now_us, &known.quota).tat_ns),
            ..after
        },
        _ => after,
    })
}

/// A fixed window counts until the later of two would have ended.
fn later_start(state: &State, other: &State, current: i64) -> State {
    State {
        start_us: state.start_us.max(other.start_us),
        seen_us: state.seen_us.max(other.seen_us),
        current,
        ..*state
    }
}
