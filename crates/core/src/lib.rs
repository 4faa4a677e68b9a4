//! The pure half of phone_crypt: phone numbers, keys, encrypted values, keyed hashes, the arithmetic of rate
//! limits, budgets of reads, what is unusual, API tokens, the signatures of webhooks, the audit log's tree, what input must look like, and what the
//! doctor reads.
//!
//! Nothing here knows PostgreSQL, a clock, a file or an environment variable: whoever calls brings
//! those. That is what lets every rule be tested without a server.
#![forbid(unsafe_code)]

pub mod anomaly;
pub mod audit;
pub mod crypto;
pub mod doctor;
pub mod email;
pub mod phone;
pub mod ratelimit;
pub mod read_budget;
pub mod sending;
pub mod token;
pub mod validation;
pub mod webhook;
