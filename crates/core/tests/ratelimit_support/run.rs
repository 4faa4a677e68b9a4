//! A random limit and a clock that the test moves, and hits on one key against it.

use phone_crypt_core::ratelimit::{
    Algorithm, Decision, Limit, Penalties, Quota, Reason, State, Verdict, hit, look,
};

use super::Sequence;
use super::oracle;
use super::store::Store;

/// How many sequences of hits each algorithm goes through, in each store.
pub const SEQUENCES: u64 = 10_000;

/// Blocks nobody.
static NO_PENALTIES: std::sync::LazyLock<Penalties> = std::sync::LazyLock::new(Penalties::default);

/// One sequence.
#[derive(Debug)]
pub struct Run {
    pub algorithm: Algorithm,
    pub quota: Quota,
    pub now_us: i64,
    store: Store,
    /// Time and cost of every allowed hit.
    allowed: Vec<(i64, i64)>,
}

impl Run {
    fn new(algorithm: Algorithm, store: Store, sequence: &mut Sequence) -> Run {
        let limit = sequence.below(12);
        let window = 1000 + sequence.below(3_000_000);
        let burst = (sequence.below(2) == 0).then(|| 1 + sequence.below(15));
        Run {
            algorithm,
            quota: Quota::new(limit, window, burst).unwrap(),
            now_us: 1_700_000_000_000_000 + sequence.below(10_000_000),
            store,
            allowed: Vec::new(),
        }
    }

    /// With a limit of any size, up to the largest.
    fn wide(algorithm: Algorithm, store: Store, sequence: &mut Sequence) -> Run {
        loop {
            let run = Run::new(algorithm, store, sequence);
            let burst = (sequence.below(2) == 0).then(|| any_size(sequence));
            let quota = Quota::new(any_size(sequence), run.quota.window_us(), burst);
            if let Ok(quota) = quota.and_then(|quota| quota.suited_to(algorithm)) {
                return Run { quota, ..run };
            }
        }
    }

    /// Moves the clock on: often by little, sometimes beyond the window.
    pub fn step(&mut self, sequence: &mut Sequence) {
        let window = self.quota.window_us();
        let pauses = [1, window / 20 + 1, window * 2];
        let longest = pauses[sequence.below(3) as usize];
        self.now_us += sequence.below(longest + 1);
    }

    fn limit(&self) -> Limit<'static> {
        Limit {
            algorithm: self.algorithm,
            quota: self.quota,
            penalties: &NO_PENALTIES,
            count_denied: false,
            calendar: None,
        }
    }

    /// A hit, as an engine makes it: measure what the store holds, and replace it if there is something to keep.
    pub fn hit(&mut self, cost: i64) -> Decision {
        let entry = self.store.entry();
        let (kept, verdict) = hit(&entry, self.now_us, &self.limit(), cost).unwrap();
        let decision = of_no_block(verdict);
        assert_eq!(
            kept.is_some(),
            decision.allowed,
            "a denied hit keeps nothing"
        );
        if let Some(kept) = kept {
            self.store.keep(&kept, self.now_us);
            assert_eq!(self.store.entry(), kept, "the store changes nothing");
            self.allowed.push((self.now_us, cost));
        }
        decision
    }

    /// What a hit at that time would get.
    pub fn peek_at(&self, now_us: i64, cost: i64) -> Decision {
        let entry = self.store.entry();
        of_no_block(look(&entry, now_us, &self.limit(), cost).unwrap())
    }

    /// How many hits of cost 1 the oracle would allow now.
    pub fn oracle_remaining(&self) -> i64 {
        oracle::remaining(self.algorithm, &self.quota, &self.allowed, self.now_us)
    }

    /// What the store has of the hits.
    pub fn state(&self) -> Option<State> {
        self.store.entry().state
    }
}

/// A number from 1 on, of any number of digits.
pub fn any_size(sequence: &mut Sequence) -> i64 {
    let bits = 1 + sequence.below(63) as u32;
    let largest = i64::MAX >> (63 - bits);
    match sequence.below(3) {
        0 => largest,
        _ => 1 + sequence.below(largest),
    }
}

fn of_no_block(verdict: Verdict) -> Decision {
    let reason = match verdict.decision.allowed {
        true => Reason::Ok,
        false => Reason::Limited,
    };
    assert_eq!(verdict.reason, reason);
    verdict.decision
}

/// Runs the check over all sequences of every algorithm in every store.
pub fn for_each_run(mut check: impl FnMut(&mut Run, &mut Sequence)) {
    for algorithm in Algorithm::ALL {
        for store in Store::ALL {
            for seed in 0..SEQUENCES {
                let mut sequence = Sequence::new(seed);
                let mut run = Run::new(algorithm, store, &mut sequence);
                check(&mut run, &mut sequence);
            }
        }
    }
}

/// The same with limits of any size.
pub fn for_each_wide_run(mut check: impl FnMut(&mut Run, &mut Sequence)) {
    for algorithm in Algorithm::ALL {
        for store in Store::ALL {
            for seed in 0..SEQUENCES {
                let mut sequence = Sequence::new(seed);
                let mut run = Run::wide(algorithm, store, &mut sequence);
                check(&mut run, &mut sequence);
            }
        }
    }
}
