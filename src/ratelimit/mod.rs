//! Rate limits: the engines that keep state, and what they share. The arithmetic is in core.
//!
//! A hit goes: SQL function → lists → policy → engine (memory or table) → core decides.

pub mod answer;
mod calendar_rule;
mod denials;
mod flush;
mod functions;
mod key;
pub mod leases;
mod legacy;
mod limiter;
mod lists;
pub mod memory;
pub mod outcomes;
mod overrides;
mod policies;
mod policy_cache;
mod request;
mod spaces;
mod state;
mod storage;
mod table;

pub use calendar_rule::CalendarRule;
pub use denials::RecordDenials;
pub use flush::{flush, flush_counts};
pub use key::{PHONE_PREFIX, StateKey, TOKEN_FAILURES, checked_key};
pub use legacy::add_window;
pub use limiter::{change, check, check_all, hit, hit_at, hit_moving, locate, look, look_moving};
pub use lists::{has_lists, is_denied};
pub use state::engine::{Engine, in_force};

pub use policies::{Policy, all as all_policies, policy};
pub use policy_cache::{PolicyCache, StoredPolicy};
pub use request::Request;
pub use state::error;
pub use state::rows::each_row;
pub use storage::{Storage, storage};
pub use table::own_counts;
