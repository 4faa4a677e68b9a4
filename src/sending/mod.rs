//! Who may be called or texted, how often, for how much, and when. Quiet hours are SQL; what people answer is judged in the core.
//!
//! A check goes: number → policy → rules, one after the other (`check/`) → the rate limiter, which counts → a record (`records/`).

mod attempt;
mod budgets;
mod check;
pub mod error;
mod exempt;
pub mod functions;
mod keys;
mod money;
mod number;
mod observed;
mod outcome;
mod policies;
mod policy;
mod prices;
mod records;
mod rules;
mod send_id;

pub use observed::{ObservedArea, WriteObserved, forget as forget_observed};
pub use records::{DECISIONS, DeleteRecords, WriteDecisions, forget_number};
