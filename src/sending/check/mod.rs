//! A check: the rules, asked one after the other, and what becomes of their answer.

mod judge;

pub use judge::{Asked, check};
