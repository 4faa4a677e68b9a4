//! Rate limits: the engines that keep state, and what they share. The arithmetic is in core.
//!
//! A hit goes: SQL function → lists → policy → engine (memory or table) → core decides.

pub mod abi;
mod calendar_rule;
mod earlier;
mod engine;
pub mod error;
mod flush;
mod functions;
mod key;
mod limiter;
mod lists;
pub mod memory;
pub mod outcomes;
mod overrides;
mod place;
mod policies;
mod rows;
mod step;
mod table;

pub use calendar_rule::CalendarRule;
pub use earlier::add_window;
pub use engine::{Engine, in_force};
pub use flush::{flush, flush_counts};
pub use key::{PHONE_PREFIX, StateKey, checked_key};
pub use limiter::{Request, aim, change, check, check_all, hit_at, hit_moving, look, look_moving};
pub use place::{Place, place};
pub use policies::{Policy, all as all_policies, policy};
pub use rows::each_row;
pub use table::own_counts;
