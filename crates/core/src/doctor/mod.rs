//! What the doctor looks for that needs no server: what Linux says of a process and its machine.

mod host;

pub use host::{has_core_files, has_swap};
