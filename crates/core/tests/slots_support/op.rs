//! What a caller does to a key.

use phone_crypt_core::ratelimit::{Algorithm, Entry, Limit, Penalties, Quota, hit};
use std::sync::LazyLock;

use crate::ratelimit_support::Sequence;

static NO_PENALTIES: Penalties = Penalties::NONE;
static PENALTIES: LazyLock<Penalties> =
    LazyLock::new(|| Penalties::new(vec![700, 2_500]).expect("good penalties"));

/// One step of a caller.
#[derive(Debug, Clone, Copy)]
pub enum Op {
    /// A hit of this cost.
    Hit(i64),
    /// Forget everything.
    Reset,
    /// Give hits back.
    Refund(i64),
    /// Block for so many microseconds.
    Block(i64),
    /// Lift the block.
    Unblock,
    /// Nothing: a peek.
    Look,
}

impl Op {
    /// Mostly hits.
    pub fn any(sequence: &mut Sequence) -> Op {
        match sequence.below(16) {
            0 => Op::Reset,
            1 => Op::Refund(1 + sequence.below(3)),
            2 => Op::Block(1 + sequence.below(4_000)),
            3 => Op::Unblock,
            4 => Op::Look,
            _ => Op::Hit(1 + sequence.below(2)),
        }
    }

    /// What is to be kept, and whether a hit was denied; each number of a key has a limit of its own.
    pub fn done_to(self, entry: &Entry, now_us: i64, number: u8) -> (Option<Entry>, Option<bool>) {
        match self {
            Op::Hit(cost) => {
                let (kept, verdict) = hit(entry, now_us, &limit(number), cost).unwrap();
                (kept, Some(!verdict.decision.allowed))
            }
            Op::Reset => ((*entry != Entry::EMPTY).then_some(Entry::EMPTY), None),
            Op::Refund(cost) => (entry.refunded(now_us, cost), None),
            Op::Block(block_us) => (Some(entry.blocked(now_us + block_us)), None),
            Op::Unblock => (entry.unblocked(now_us), None),
            Op::Look => (None, None),
        }
    }
}

fn limit(number: u8) -> Limit<'static> {
    let window_us = 1_000 + 500 * i64::from(number % 5);
    Limit {
        algorithm: Algorithm::ALL[usize::from(number) % 3],
        quota: Quota::new(4, window_us, None).unwrap(),
        penalties: match number % 4 {
            3 => &PENALTIES,
            _ => &NO_PENALTIES,
        },
        count_denied: number % 7 == 2,
        calendar: None,
    }
}
