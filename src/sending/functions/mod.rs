//! The SQL functions of sending.

pub mod check;
pub mod policy;
pub mod replies;
