//! The memory engine: state in shared memory, decided under a lock that is held for nanoseconds.
//!
//! # The locking protocol
//!
//! * Keys are spread over partitions by a keyed hash. Each partition has one LWLock (wait event
//!   `PhoneCryptRateLimit`), always taken exclusively, and nothing that can raise an error or wait is done while it
//!   is held: what a hit does there is pure arithmetic of core (`Slots`, and the transition that is handed in).
//! * Whoever needs several partitions takes their locks in the order of their numbers.
//! * A key that has no slot may have a row in the table (`Found::Elsewhere`). It is read with no lock held. Under the
//!   lock again, what was read counts only if no slot has been removed meanwhile: else the key may have come, been
//!   hit, flushed and evicted in between, and it is read anew.
//! * Hits never write the table. The flush, which runs in one process a database at a time, copies dirty slots under the lock, writes them
//!   without it, and after its commit marks as clean those that are still at the version it wrote. It waits for
//!   nobody's row, and nobody but its database waits for it.
//! * The list of owners (databases) has a lock of its own, which is never taken while a partition's is held.
//!
//! A backend that is killed while it holds a lock takes the server down with it, as PostgreSQL does whenever shared
//! memory may be damaged. The state is then read back from the table.

mod area;
mod cleanup;
mod flush;
mod hits;
mod layout;
mod loader;
mod owners;
mod shmem;
mod shutdown_file;
mod table_lock;
mod writer;

pub use area::Slots;
pub use cleanup::Cleanup;
pub use flush::Flush;
pub use hits::{count, each_slot, forget_spaces, locate, prefetch, replace, replace_all, totals};
pub use owners::{claim_outcomes, is_loaded, outcomes, owner};
pub use shmem::{is_there, slots};
