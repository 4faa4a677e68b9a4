//! Where keys come from, which source wins, and what a source that cannot be used is refused with.

mod at_start;
mod environment;
mod key_file;
mod key_texts;
mod precedence;
mod reload;
mod roles_of_keys;
mod session_only;
mod shared;
