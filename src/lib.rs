//! phone_crypt: the PostgreSQL edge. This file is an index; the logic without PostgreSQL is in `crates/core`.

mod cipher;
mod column_check;
mod conversion;
mod e164;
mod encrypted_phone;
mod erasure;
mod error;
mod install;
mod keys;
mod migration;
mod pg;
#[cfg(test)]
pub mod pg_test;
mod ratelimit;
mod regions;
mod settings;
mod sql;
mod webhooks;

#[cfg(any(test, feature = "pg_test"))]
mod tests;

pgrx::pg_module_magic!(name, version);

/// Called once when the library is loaded: by the postmaster under `shared_preload_libraries`, else by the
/// first backend that needs it.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    pg::preload::note();
    settings::define();
    keys::collect_at_start();
    cipher::stats::init();
    keys::request_pin_cache();
    ratelimit::memory::request();
    webhooks::request_memory();
    ratelimit::memory::register_launcher();
    encrypted_phone::policy::register();
    regions::warm_up();
}
