//! The audit log. This folder is the side of whoever has something to record; `log` is the side that writes it.
//!
//! An event goes from [`record`], or as a count from [`count`], through a queue in shared memory to a task of the worker,
//! which numbers it, hashes it and writes it: a ROLLBACK does not take it back. Without `shared_preload_libraries` it is
//! written by the transaction itself, before it commits. On a standby it goes to the server log.

mod classes;
mod counted;
mod ending;
mod entry;
pub mod error;
mod event;
pub mod functions;
pub mod log;
mod memo;
mod queue;
mod queue_area;
mod record;
mod server_log;
mod shutdown_file;
mod sync;
mod table_names;
mod transactional;
mod vocabulary;
mod who;

pub use classes::is_audited;
pub use counted::count;
pub use ending::listen;
pub use entry::Counted;
pub use event::Event;
pub use queue_area::QueueArea;
pub use record::record;
pub use sync::before_read;
