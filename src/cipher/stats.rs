//! Counts of what the extension did, cheap enough to leave on.
//!
//! Under preload the counters are in shared memory, a cache line for each backend's slot of the process array:
//! only that backend writes there, so it can do without a locked instruction, which took 12 ns a call. Without
//! preload each backend counts for itself.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::pg::{TimestampTz, process};
use crate::shared_static;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Encrypt,
    Decrypt,
    Hash,
    Normalize,
}

/// Every operation, in the order of the counters.
pub const OPERATIONS: [Operation; 4] = [
    Operation::Encrypt,
    Operation::Decrypt,
    Operation::Hash,
    Operation::Normalize,
];

impl Operation {
    /// The name in `phone_crypt.crypto_stats`.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Encrypt => "encrypt",
            Operation::Decrypt => "decrypt",
            Operation::Hash => "hash",
            Operation::Normalize => "normalize",
        }
    }
}

/// Backends with a line of their own. Those of a larger server share one more, with locked instructions.
const OWN_LINES: usize = 1023;

/// One cache line: calls and failures of each operation.
#[repr(align(64))]
struct Line {
    calls: [AtomicU64; OPERATIONS.len()],
    failures: [AtomicU64; OPERATIONS.len()],
}

/// All counters, and when counting began (microseconds, PostgreSQL's epoch).
pub struct Counters {
    lines: [Line; OWN_LINES + 1],
    since: AtomicI64,
}

impl Line {
    const fn new() -> Line {
        Line {
            calls: [const { AtomicU64::new(0) }; OPERATIONS.len()],
            failures: [const { AtomicU64::new(0) }; OPERATIONS.len()],
        }
    }
}

impl Counters {
    const fn new() -> Counters {
        Counters {
            lines: [const { Line::new() }; OWN_LINES + 1],
            since: AtomicI64::new(0),
        }
    }
}

impl Default for Counters {
    fn default() -> Counters {
        let counters = Counters::new();
        counters.since.store(process::now(), Ordering::Relaxed);
        counters
    }
}

shared_static! { pub SHARED: Counters = c"phone_crypt crypto counters"; }
static LOCAL: Counters = Counters::new();

/// Starts the clock of counters that are not shared.
pub fn init() {
    LOCAL.since.store(process::now(), Ordering::Relaxed);
}

fn counters() -> &'static Counters {
    SHARED.find().unwrap_or(&LOCAL)
}

/// Counts one call, and a failure if it failed; gives the result back.
pub fn count<T, E>(operation: Operation, result: Result<T, E>) -> Result<T, E> {
    let line = process::number().map_or(OWN_LINES, |number| number.min(OWN_LINES));
    let add_one = if line < OWN_LINES {
        add_alone
    } else {
        add_among_others
    };
    let counters = &counters().lines[line];
    add_one(&counters.calls[operation as usize]);
    if result.is_err() {
        add_one(&counters.failures[operation as usize]);
    }
    result
}

fn add_alone(counter: &AtomicU64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

fn add_among_others(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Calls and failures of an operation since `since`.
pub fn totals(operation: Operation) -> (u64, u64) {
    let sum = |pick: fn(&Line) -> &[AtomicU64; OPERATIONS.len()]| {
        counters()
            .lines
            .iter()
            .map(|line| pick(line)[operation as usize].load(Ordering::Relaxed))
            .fold(0u64, u64::wrapping_add)
    };
    (sum(|line| &line.calls), sum(|line| &line.failures))
}

/// When counting began.
pub fn since() -> TimestampTz {
    counters().since.load(Ordering::Relaxed)
}
