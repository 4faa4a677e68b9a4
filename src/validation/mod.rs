//! What clients send, held to what it should be; and text made safe to show. The rules are in the core.

pub mod error;
pub mod functions;
