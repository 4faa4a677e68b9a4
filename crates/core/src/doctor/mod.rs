//! What the doctor looks for that needs no server: what Linux says of a process and its machine, and what a text is.

mod content;
mod document;
mod host;

pub use content::{Content, LONGEST, content};
pub use document::has_phone;
pub use host::{has_core_files, has_swap};
