//! A key with a random limit, and a random life.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use phone_crypt_core::ratelimit::{
    Algorithm, Entry, Limit, Penalties, Quota, State, Verdict, absorb, hit, look,
};

use crate::ratelimit_support::Sequence;

/// What every case begins at, at the earliest.
pub const BEGIN_US: i64 = 1_700_000_000_000_000;

/// A key's limit, what is kept of it, and the time.
#[derive(Debug, Clone)]
pub struct Case {
    pub algorithm: Algorithm,
    pub quota: Quota,
    pub penalties: Penalties,
    pub count_denied: bool,
    pub entry: Entry,
    pub now_us: i64,
}

impl Case {
    /// A limit of few hits in a short window, so that all of its microseconds can be tried.
    pub fn any(sequence: &mut Sequence) -> Case {
        Case {
            algorithm: any_algorithm(sequence),
            quota: any_quota(sequence),
            penalties: any_penalties(sequence),
            count_denied: sequence.below(3) == 0,
            entry: Entry::EMPTY,
            now_us: BEGIN_US + sequence.below(1_000_000),
        }
    }

    /// Without penalties, and without counting what is denied.
    pub fn plain(sequence: &mut Sequence) -> Case {
        Case {
            penalties: Penalties::NONE,
            count_denied: false,
            ..Case::any(sequence)
        }
    }

    /// What it is held against.
    pub fn limit(&self) -> Limit<'_> {
        Limit {
            algorithm: self.algorithm,
            quota: self.quota,
            penalties: &self.penalties,
            count_denied: self.count_denied,
            calendar: None,
        }
    }

    /// The largest cost that can ever be allowed.
    pub fn capacity(&self) -> i64 {
        match (self.algorithm, self.quota.limit()) {
            (_, 0) => 0,
            (Algorithm::TokenBucket, _) => self.quota.capacity(),
            (_, limit) => limit,
        }
    }

    /// Whether its count was written under its present limit.
    pub fn is_own(&self) -> bool {
        let own = (self.algorithm, self.quota);
        let state = self.entry.state;
        state.is_none_or(|state| (state.algorithm, state.quota) == own)
    }

    /// A hit. What it changes is kept.
    pub fn hit(&mut self, cost: i64) -> Verdict {
        let (kept, verdict) = hit(&self.entry, self.now_us, &self.limit(), cost).unwrap();
        self.entry = kept.unwrap_or(self.entry);
        verdict
    }

    /// What a hit would get at that time.
    pub fn look_at(&self, now_us: i64, cost: i64) -> Verdict {
        look(&self.entry, now_us, &self.limit(), cost).unwrap()
    }

    /// Hits of cost 1 that would be allowed now, blocks aside.
    pub fn remaining(&self) -> i64 {
        let unblocked = Case {
            entry: Entry {
                blocked_until_us: 0,
                ..self.entry
            },
            ..self.clone()
        };
        unblocked.look_at(self.now_us, 1).decision.remaining
    }

    /// Hits used.
    pub fn used(&self) -> i64 {
        self.entry.state.map_or(0, |state| state.used(self.now_us))
    }

    /// Something happens to it: mostly time and hits.
    pub fn live(&mut self, sequence: &mut Sequence) {
        match sequence.below(12) {
            0..4 => self.now_us += sequence.below(self.quota.window_us() / 2),
            4 => self.now_us += sequence.below(self.quota.window_us() * 3),
            5 => self.entry = self.entry.blocked(self.now_us + 1 + sequence.below(2_000)),
            6 => {
                let refunded = self.entry.refunded(self.now_us, 1 + sequence.below(3));
                self.entry = refunded.unwrap_or(self.entry);
            }
            7 if sequence.below(4) == 0 => {
                let count = sequence.below(4);
                let start_us = (self.now_us - sequence.below(2_000)) / 1000 * 1000;
                let quota = (sequence.below(2) == 0).then_some(&self.quota);
                let from = Entry {
                    state: Some(State::counted(quota, start_us, count)),
                    ..Entry::EMPTY
                };
                self.entry = absorb(&self.entry, &from, self.now_us);
            }
            8 if sequence.below(4) == 0 => {
                self.quota = any_quota(sequence);
                self.algorithm = any_algorithm(sequence);
            }
            _ => {
                self.hit(1 + sequence.below(3));
            }
        }
    }
}

fn any_algorithm(sequence: &mut Sequence) -> Algorithm {
    Algorithm::ALL[sequence.below(3) as usize]
}

fn any_quota(sequence: &mut Sequence) -> Quota {
    let limit = sequence.below(7);
    let window_us = 1_000 + 500 * sequence.below(4);
    let burst = (sequence.below(3) == 0).then(|| 1 + sequence.below(8));
    Quota::new(limit, window_us, burst).unwrap()
}

fn any_penalties(sequence: &mut Sequence) -> Penalties {
    let count = sequence.below(4);
    Penalties::new((0..count).map(|_| 1 + sequence.below(1_500)).collect()).unwrap()
}

/// Runs a check on so many cases after each step of their lives.
pub fn for_each_moment(
    cases: u64,
    any: impl Fn(&mut Sequence) -> Case,
    mut check: impl FnMut(&mut Case, &mut Sequence),
) {
    for seed in 0..cases {
        let mut sequence = Sequence::new(seed);
        let mut case = any(&mut sequence);
        for _ in 0..20 {
            case.live(&mut sequence);
            check(&mut case, &mut sequence);
        }
    }
}
