//! The ranges that look pumped, found without being told their length.
//!
//! A range that looks so is narrowed as long as one or two of the ten ranges within it hold nearly all of its unverified
//! codes; where those are spread over more of them, it is the range that was bought.

use super::prefix::Prefix;
use super::prefixes::{FEWEST_DIGITS, Range, RangeCounts, find};
use super::scope::Scope;

/// So many are listed at once, of all databases.
pub const MAX_SUSPECTS: usize = 64;
/// How long a range stays listed after the last unverified code.
pub const LISTED_S: i64 = 3600;
/// So many parts may hold it all.
const FEW: usize = 2;

/// A range that looks pumped. All zeroes: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Suspect {
    /// Whose it is.
    pub scope: Scope,
    /// Its digits.
    pub prefix: Prefix,
    /// Codes that were verified.
    pub verified: u64,
    /// And not.
    pub unverified: u64,
    /// Since when it is listed, in seconds since 1970.
    pub since_s: i64,
    /// Until when, if no more such codes come.
    pub until_s: i64,
    /// To so many different numbers at least.
    pub numbers: u32,
    /// 1 once somebody was told.
    pub is_announced: u32,
}

impl Suspect {
    /// Whether it is listed.
    #[must_use]
    pub fn is_live(&self, now_s: i64) -> bool {
        !self.prefix.is_empty() && now_s < self.until_s
    }
}

/// Lists what looks pumped now. What was listed before keeps its time. How many there are.
pub(super) fn refresh(suspects: &mut [Suspect], ranges: &[Range], now_s: i64) -> usize {
    let mut found = Vec::new();
    for (range, counts) in tops(ranges, now_s) {
        narrow(
            ranges,
            range.scope,
            (range.prefix, counts),
            now_s,
            &mut found,
        );
    }
    // Those that would find no room are the smallest.
    found.sort_by_key(|suspect| std::cmp::Reverse(suspect.unverified));
    let live = suspects.iter().filter(|it| it.is_live(now_s)).copied();
    let before: Vec<Suspect> = live.collect();
    let is_same =
        |one: &Suspect, other: &Suspect| one.scope == other.scope && one.prefix == other.prefix;
    for suspect in &mut found {
        if let Some(known) = before.iter().find(|it| is_same(it, suspect)) {
            suspect.since_s = known.since_s;
            suspect.is_announced = known.is_announced;
        }
    }
    let count = found.len().min(suspects.len());
    let mut listed = found.into_iter();
    for place in suspects {
        *place = listed.next().unwrap_or_default();
    }
    count
}

/// Ranges that look pumped and are within no other one that does.
fn tops(ranges: &[Range], now_s: i64) -> Vec<(Range, RangeCounts)> {
    let is_within = |range: &Range| {
        (FEWEST_DIGITS..range.prefix.len()).any(|length| {
            find(ranges, range.scope, range.prefix.first(length))
                .is_some_and(|it| it.counts(now_s).is_suspect())
        })
    };
    ranges
        .iter()
        .map(|range| (*range, range.counts(now_s)))
        .filter(|(range, counts)| counts.is_suspect() && !is_within(range))
        .collect()
}

fn narrow(
    ranges: &[Range],
    scope: Scope,
    (prefix, counts): (Prefix, RangeCounts),
    now_s: i64,
    found: &mut Vec<Suspect>,
) {
    let mut parts: Vec<(Prefix, RangeCounts)> = prefix
        .parts()
        .filter_map(|part| find(ranges, scope, part))
        .map(|range| (range.prefix, range.counts(now_s)))
        .filter(|(_, counts)| counts.is_suspect())
        .collect();
    parts.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.unverified));
    parts.truncate(FEW);
    let held: u64 = parts.iter().map(|(_, counts)| counts.unverified).sum();
    // Four fifths of it.
    if held * 5 >= counts.unverified * 4 {
        for part in parts {
            narrow(ranges, scope, part, now_s, found);
        }
        return;
    }
    let until_s = counts.last_unverified_s.saturating_add(LISTED_S);
    if now_s < until_s {
        found.push(Suspect {
            scope,
            prefix,
            verified: counts.verified,
            unverified: counts.unverified,
            since_s: now_s,
            until_s,
            numbers: counts.numbers,
            is_announced: 0,
        });
    }
}

/// The listed range that a number is in.
pub(super) fn of(
    suspects: &[Suspect],
    scope: Scope,
    prefix: Prefix,
    now_s: i64,
) -> Option<&Suspect> {
    suspects
        .iter()
        .filter(|it| it.scope == scope && it.is_live(now_s))
        .find(|it| it.prefix.begins(prefix))
}
