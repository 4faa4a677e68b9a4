//! The SQL functions: each takes its arguments, calls the layer below, and returns.

// The size is that of pgrx's ErrorReport; errors are not the hot path.
#![allow(clippy::result_large_err)]

mod adopted_rate_limits;
mod args;
mod as_owner;
mod changes;
mod column_check;
mod encrypt;
mod erasure;
mod hash;
mod jobs;
mod keys;
mod legacy;
mod migrate_rate_limits;
mod phone;
mod ratelimit_address;
mod ratelimit_admin;
mod ratelimit_args;
mod ratelimit_headers;
mod ratelimit_hit;
mod ratelimit_hit_phone;
mod ratelimit_phone;
mod ratelimit_policy;
mod ratelimit_views;
mod raw;
mod regions;
mod reveal;
mod stats;
mod typed_text;
mod version;

/// Tells pgrx of the schema that `sql/base/schema.sql` makes.
#[pgrx::pg_schema]
mod phone_crypt {}
