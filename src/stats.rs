//! Counts of what the extension did, cheap enough to leave on.
//!
//! Under preload the counters are in shared memory, in as many cache lines as there are stripes, so that
//! backends do not fight over one; a backend keeps to the stripe of its process id. Without preload each
//! backend counts for itself.

use pgrx::{PGRXSharedMemory, PgAtomic, pg_guard, pg_sys};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::preload;

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

const STRIPES: usize = 64;

/// One cache line: calls and failures of each operation.
#[repr(align(64))]
struct Stripe {
    calls: [AtomicU64; OPERATIONS.len()],
    failures: [AtomicU64; OPERATIONS.len()],
}

/// All counters, and when counting began (microseconds, PostgreSQL's epoch).
pub struct Counters {
    stripes: [Stripe; STRIPES],
    since: AtomicI64,
}

impl Stripe {
    const fn new() -> Stripe {
        Stripe {
            calls: [const { AtomicU64::new(0) }; OPERATIONS.len()],
            failures: [const { AtomicU64::new(0) }; OPERATIONS.len()],
        }
    }
}

impl Counters {
    const fn new() -> Counters {
        Counters {
            stripes: [const { Stripe::new() }; STRIPES],
            since: AtomicI64::new(0),
        }
    }
}

impl Default for Counters {
    fn default() -> Counters {
        let counters = Counters::new();
        counters.since.store(now(), Ordering::Relaxed);
        counters
    }
}

// SAFETY: plain atomics without pointers, valid in whatever process maps them.
unsafe impl PGRXSharedMemory for Counters {}

// SAFETY: initialised by pg_shmem_init before any backend runs.
static SHARED: PgAtomic<Counters> = unsafe { PgAtomic::new(c"phone_crypt crypto counters") };
static LOCAL: Counters = Counters::new();

/// Asks for shared memory (under preload) or starts the local clock.
pub fn init() {
    if preload::is_preloaded() {
        pgrx::pg_shmem_init!(SHARED);
    } else {
        LOCAL.since.store(now(), Ordering::Relaxed);
    }
}

fn now() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

fn counters() -> &'static Counters {
    if preload::is_preloaded() {
        SHARED.get()
    } else {
        &LOCAL
    }
}

/// Counts one call, and a failure if it failed; gives the result back.
pub fn count<T, E>(operation: Operation, result: Result<T, E>) -> Result<T, E> {
    // SAFETY: reads this process's id.
    let process = unsafe { pg_sys::MyProcPid } as usize;
    let stripe = &counters().stripes[process % STRIPES];
    stripe.calls[operation as usize].fetch_add(1, Ordering::Relaxed);
    if result.is_err() {
        stripe.failures[operation as usize].fetch_add(1, Ordering::Relaxed);
    }
    result
}

/// Calls and failures of an operation since `since`.
pub fn totals(operation: Operation) -> (u64, u64) {
    let sum = |pick: fn(&Stripe) -> &[AtomicU64; OPERATIONS.len()]| {
        counters()
            .stripes
            .iter()
            .map(|stripe| pick(stripe)[operation as usize].load(Ordering::Relaxed))
            .fold(0u64, u64::wrapping_add)
    };
    (sum(|stripe| &stripe.calls), sum(|stripe| &stripe.failures))
}

/// When counting began.
pub fn since() -> pg_sys::TimestampTz {
    counters().since.load(Ordering::Relaxed)
}
