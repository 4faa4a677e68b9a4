//! phone_crypt: the PostgreSQL edge. This file is an index; the logic without PostgreSQL is in `crates/core`.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod anomalies;
mod audit;
mod cipher;
mod column_check;
mod consent;
mod conversion;
mod doctor;
mod email;
mod encrypted_phone;
mod encrypted_type;
mod erasure;
mod install;
mod jobs;
mod keys;
mod legacy;
mod lockdown;
mod pg;
#[cfg(test)]
pub mod pg_test;
mod phone;
mod ratelimit;
mod read_budget;
mod reads;
mod sending;
mod settings;
mod tokens;
mod validation;
mod values;
mod version;
mod webhooks;
mod worker;

#[cfg(any(test, feature = "pg_test"))]
mod tests;

use pg::shmem::Area;
use worker::{ServerTask, Task};

pgrx::pg_module_magic!(name, version);

/// Tells pgrx of the schema that `sql/base/schema.sql` makes.
#[pgrx::pg_schema]
mod phone_crypt {}

/// Shared memory, in the order in which it starts: that of the workers first, since others enter databases there.
static AREAS: [&dyn Area; 19] = [
    &worker::DATABASES,
    &worker::LIST,
    &cipher::stats::SHARED,
    &keys::PIN_OWNERS,
    &keys::PIN_CACHE,
    &lockdown::SWITCH,
    &lockdown::FILE_ACCESS,
    &read_budget::CHANGES,
    &read_budget::CountsArea,
    &reads::READS,
    &ratelimit::memory::Slots,
    &tokens::USES,
    &webhooks::OUTCOMES,
    &sending::ObservedArea,
    &audit::QueueArea,
    &consent::FILTER_WORDS,
    &consent::FILTER_STATES,
    &sending::DECISIONS,
    &anomalies::SCHEDULE,
];

/// What is done in the background.
static TASKS: [&dyn Task; 11] = [
    &ratelimit::memory::Flush,
    &ratelimit::memory::Cleanup,
    &ratelimit::RecordDenials,
    &tokens::WriteUses,
    &webhooks::Cleanup,
    &sending::WriteObserved,
    &audit::log::WriteLog,
    &consent::FillFilter,
    &sending::WriteDecisions,
    &sending::DeleteRecords,
    &anomalies::WatchActivity,
];

/// What the launcher does itself, for the whole server.
static SERVER_TASKS: [&dyn ServerTask; 1] = [&read_budget::SaveCounts];

/// Called once when the library is loaded: by the postmaster under `shared_preload_libraries`, else by the
/// first backend that needs it.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    pg::preload::note();
    pg::panic_hook::install();
    settings::define();
    keys::collect_at_start();
    pg::shmem::request(&AREAS);
    worker::register(&TASKS, &SERVER_TASKS);
    cipher::stats::init();
    audit::listen();
    read_budget::listen();
    reads::listen();
    keys::init_pin_cache();
    consent::watch_filter();
    encrypted_type::policy::register();
    phone::regions::warm_up();
}
