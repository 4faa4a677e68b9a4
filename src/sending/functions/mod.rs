//! The SQL functions of sending.

pub mod check;
pub mod observed;
pub mod outcome;
pub mod policy;
pub mod replies;
