//! The procedures that change a live database, as every DBA meets them: quick enough for every major.

mod dry_runs;
mod job_lock;
mod leaks;
mod privileges;
mod reentrant_triggers;
mod settings_attacks;
mod shared;
mod stuck_tables;
mod type_attacks;
