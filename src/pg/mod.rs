//! PostgreSQL for the rest of the extension: the only place that says `pg_sys`, and where unsafe code lives.
//!
//! Nothing here knows of phones, keys or limits. (A slice's `abi.rs` may say `pg_sys` too: traits of pgrx need it.)

pub mod arguments;
pub mod array_arguments;
pub mod arrays;
pub mod bounded_scan;
pub mod cached_table;
pub mod catalog;
pub mod catalog_changes;
pub mod check_hook;
pub mod clock;
pub mod connection;
pub mod documentation;
pub mod error;
pub mod inet;
pub mod interval;
pub mod invalidation;
pub mod job_lock;
pub mod jsonb;
pub mod latch;
pub mod log_filter;
pub mod lwlock;
pub mod oids;
pub mod panic_hook;
pub mod preload;
pub mod privileges;
pub mod process;
pub mod raw_function;
pub mod record;
pub mod regclass;
pub mod relation;
pub mod report;
pub mod roles;
pub mod saved_state;
pub mod seclabel;
pub mod setting_switch;
pub mod shared_static;
pub mod shared_words;
pub mod shmem;
pub mod sqlstate;
pub mod statement;
pub mod subtransaction;
pub mod table_row;
pub mod table_scan;
pub mod text;
pub mod time_zone;
pub mod tracked_setting;
pub mod transaction;
pub mod trigger_rows;
pub mod unguarded;
pub mod user;
pub mod worker;

pub use error::PgError;
pub use pgrx::pg_sys::panic::ErrorReport;
pub use pgrx::pg_sys::{Datum, FunctionCallInfo, ItemPointerData as TupleId, Oid, TimestampTz};
pub use report::{Answer, SqlError};
