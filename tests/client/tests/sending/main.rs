//! The sending guard through SQL: many at once, rollbacks, other sessions' changes, and what nobody gets to see.
#![allow(clippy::unwrap_used)]

mod budgets;
mod engines;
mod leaks;
mod outcomes;
mod policies;
mod records;
mod shared;
mod survival;
