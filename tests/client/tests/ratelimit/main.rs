//! Rate limits as every application meets them, in both engines: quick enough for every major.

mod bad_input;
mod calendar;
mod changes;
mod check_all;
mod clock;
mod concurrency;
mod databases;
mod engines;
mod isolation;
mod leases;
mod overrides;
mod policies;
mod privileges;
mod rollback;
mod same_answers;
mod shared;
mod spaces;
