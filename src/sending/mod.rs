//! Who may be called or texted, how often, for how much, and when. Quiet hours are SQL; what people answer is judged in the core.
//!
//! A check goes: number → policy → rules, one after the other (`check/`) → the rate limiter, which counts.

mod attempt;
mod check;
mod error;
pub mod functions;
mod money;
mod number;
mod outcome;
mod policies;
mod policy;
mod prices;
mod rules;
mod send_id;
