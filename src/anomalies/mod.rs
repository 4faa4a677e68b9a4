//! Unusual activity: hits on a rate-limit policy and its keys, and decryptions by role, held against what is usual of each
//! (`phone_crypt_core::anomaly`).
//!
//! Nothing is done while hits and reads are made: both are counted anyway, hits in the slots of the memory engine. A task of the
//! worker looks at the counts at the end of each window (`task`), judges them (`look`), keeps what is usual in a table (`known`),
//! and acts on what is not (`actions`). Without preload there is no worker, and nothing is watched.

mod actions;
mod counts;
pub mod error;
mod functions;
mod known;
mod look;
mod records;
mod schedule;
mod task;
mod unusual;
mod watches;

pub use schedule::SCHEDULE;
pub use task::WatchActivity;
