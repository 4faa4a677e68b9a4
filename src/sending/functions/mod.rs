//! The SQL functions of sending.

pub mod budgets;
pub mod check;
pub mod observed;
pub mod outcome;
pub mod policy;
pub mod records;
pub mod replies;
