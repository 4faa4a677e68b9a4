//! What a column holds, before it is converted.

mod check;
mod functions;
