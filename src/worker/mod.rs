//! Background work: one launcher for the server, one short-lived worker a database, and a list of tasks.
//!
//! A task is an implementation of [`Task`] and a line in the list of `src/lib.rs`. The launcher belongs to no database.
//! It knows the databases that a backend has announced in shared memory ([`announce`], [`note_work`]), asks each task
//! whether it is due there, and starts a worker for the tasks that are. The worker connects, runs them, and exits.
//! Work for the whole server is a [`ServerTask`], which the launcher does itself.
//! Without `shared_preload_libraries` there is no launcher, and no task runs.

mod databases;
mod launcher;
mod need;
mod pool;
mod process;
mod server_task;
mod task;
mod wait;

pub use databases::{DATABASES, LIST, announce, beat, wake_launcher};
pub use launcher::register;
pub use server_task::ServerTask;
pub use task::{Job, Seen, Task, Urgency};
pub use wait::{Counts, NotRun, counts, is_asked_for, note_work, note_work_in, run_and_wait};
