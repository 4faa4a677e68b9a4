//! phone_crypt: the PostgreSQL edge. This file is an index; the logic without PostgreSQL is in `crates/core`.

mod arrays;
mod batch_arrays;
mod batch_settings;
mod catalog;
mod columns;
mod decrypt;
mod e164;
mod erasure;
mod error;
mod install;
mod job_lock;
mod keys;
mod migration;
mod owner;
#[cfg(test)]
pub mod pg_test;
mod preload;
mod random;
mod ratelimit;
mod regclass;
mod regions;
mod scratch;
mod settings;
mod span;
mod sql;
mod sqlstate;
mod statement;
mod stats;
mod subtransaction;
mod table_row;
mod tables;
mod text;
mod transport;
mod unguarded;
mod verdict;

#[cfg(any(test, feature = "pg_test"))]
mod tests;

pgrx::pg_module_magic!(name, version);

/// Called once when the library is loaded: by the postmaster under `shared_preload_libraries`, else by the
/// first backend that needs it.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    preload::note();
    settings::define();
    keys::collect_at_start();
    stats::init();
    ratelimit::memory::request();
    ratelimit::memory::register_launcher();
    regions::warm_up();
}
