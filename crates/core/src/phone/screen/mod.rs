//! What a text looks like before it is parsed.
//!
//! The parser takes a number out of nearly anything: it skips what stands before, stops where it
//! no longer understands, and reads letters as digits. What it leaves out is lost once the number
//! is encrypted. So a text comes here first. It is refused where it may be something else than
//! one number, and what is left for the parser is digits and separators, all of which count.
//!
//! The checks, each in a file of its own: links, labels, floats, two numbers, placeholders,
//! letters. `reading.rs` asks them in their order; docs/numbers.md tells their rules.

pub(super) mod characters;
mod extensions;
pub(super) mod floats;
pub(super) mod labels;
mod letters;
pub(super) mod links;
pub(super) mod parameters;
pub(super) mod pieces;
pub(super) mod placeholders;
pub(super) mod plain;
pub(super) mod written;
