//! The order of the install script: the schema first; tables and views after the functions they call; procedures
//! after what they call; privileges and comments when everything is there.

mod doctor;
mod email;
mod erasure;
mod last;

pgrx::extension_sql_file!("../sql/base/schema.sql", name = "schema", bootstrap);
pgrx::extension_sql_file!(
    "../sql/audit/tables.sql",
    name = "audit_tables",
    requires = ["schema", audit::functions::audit_event]
);
pgrx::extension_sql_file!(
    "../sql/audit/views.sql",
    name = "audit_views",
    requires = [
        "audit_tables",
        audit::functions::audit_queue,
        audit::functions::audit_unpack
    ]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/type.sql",
    name = "encrypted_phone_type",
    requires = ["schema"]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/operators.sql",
    name = "encrypted_phone_operators",
    requires = ["encrypted_phone_type"]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/verify_column.sql",
    name = "verify_column",
    requires = [
        "encrypted_phone_operators",
        encrypted_type::verify::verify_column
    ]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/types_of_values.sql",
    name = "types_of_values",
    requires = ["encrypted_phone_type", "encrypted_email_type"]
);
pgrx::extension_sql_file!(
    "../sql/webhooks/endpoints.sql",
    name = "webhooks",
    requires = [
        "schema",
        values::encrypt::phone_key_id,
        keys::functions::check_lasting_keys,
        webhooks::functions::webhook_seal,
        webhooks::functions::webhook_reseal,
        webhooks::functions::webhook_signs_time,
        webhooks::functions::webhook_outcomes,
    ]
);
pgrx::extension_sql_file!(
    "../sql/consent/consent.sql",
    name = "consent",
    requires = [
        "encrypted_phone_operators",
        encrypted_phone::functions::phone_hash_key_id,
        values::raw::phone_encrypt_raw,
        values::raw::phone_decrypt_raw,
        consent::changes::keep_consent_events,
        consent::functions::number_value,
        consent::functions::number_value_of_value,
        consent::functions::phone_probes,
        consent::functions::consent_check,
        consent::functions::consent_check_of_value,
    ]
);
pgrx::extension_sql_file!(
    "../sql/consent/suppression.sql",
    name = "suppression",
    requires = [
        "consent",
        consent::functions::phone_suppressed,
        consent::functions::value_suppressed,
        consent::functions::import_suppressions,
        consent::filter_functions::note_suppressed,
        consent::filter_functions::filter_status,
    ]
);
pgrx::extension_sql_file!(
    "../sql/consent/reply.sql",
    name = "consent_reply",
    requires = ["suppression", sending::functions::replies::stop_word]
);
pgrx::extension_sql_file!(
    "../sql/consent/rekey.sql",
    name = "rekey_consents",
    requires = [
        "suppression",
        "change_table",
        values::encrypt::phone_key_id,
        encrypted_phone::functions::key_id_of_value,
        consent::functions::rekey_consent_batch,
    ]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/column_keys.sql",
    name = "column_keys_of_all",
    requires = [
        "types_of_values",
        "webhooks",
        "rekey_consents",
        encrypted_type::key_counts::count_column_keys
    ]
);
pgrx::extension_sql_file!(
    "../sql/keys/pins.sql",
    name = "pins",
    requires = [
        keys::functions::phone_crypt_configured_keys,
        keys::functions::check_lasting_keys,
        phone::configured_regions::configured_regions,
        version::metadata_version,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/metadata.sql",
    name = "metadata",
    requires = [version::metadata_version]
);
pgrx::extension_sql_file!(
    "../sql/cipher/stats.sql",
    name = "stats",
    requires = [cipher::functions::phone_crypt_crypto_counters]
);
pgrx::extension_sql_file!(
    "../sql/ratelimit/ratelimit.sql",
    name = "ratelimit",
    requires = [
        "pins",
        ratelimit::functions::hit::ratelimit_hit,
        ratelimit::functions::hit::ratelimit_allow,
        ratelimit::functions::hit::ratelimit_peek,
        ratelimit::functions::hit_phone::ratelimit_hit_phone,
        ratelimit::functions::hit_phone::ratelimit_check_phone,
        ratelimit::functions::hit_phone::ratelimit_peek_policy_phone,
        ratelimit::functions::policy::is_policy,
        ratelimit::functions::calendar::check_time_zone,
        ratelimit::functions::calendar::calendar_windows,
        ratelimit::functions::policy::ratelimit_check,
        ratelimit::functions::policy::ratelimit_peek_policy,
        ratelimit::functions::policy::ratelimit_check_all,
        ratelimit::functions::lease::ratelimit_acquire,
        ratelimit::functions::lease::ratelimit_release,
        ratelimit::functions::lease::ratelimit_renew,
        ratelimit::functions::headers::ratelimit_headers,
        ratelimit::functions::headers::ratelimit_headers_of_policy,
        ratelimit::functions::address::ratelimit_address_key,
        ratelimit::functions::admin::ratelimit_reset,
        ratelimit::functions::admin::ratelimit_refund,
        ratelimit::functions::admin::ratelimit_refund_hit,
        ratelimit::functions::admin::ratelimit_block,
        ratelimit::functions::admin::ratelimit_unblock,
        ratelimit::functions::admin::ratelimit_merge,
        ratelimit::functions::admin::ratelimit_flush,
        ratelimit::functions::views::ratelimit_entries,
        ratelimit::functions::views::ratelimit_counters,
        ratelimit::functions::views::ratelimit_outcomes,
    ]
);
pgrx::extension_sql_file!(
    "../sql/anomalies/anomalies.sql",
    name = "anomalies",
    requires = ["ratelimit", anomalies::functions::check_watch]
);
pgrx::extension_sql_file!(
    "../sql/ratelimit/overrides.sql",
    name = "ratelimit_overrides",
    requires = ["ratelimit", ratelimit::functions::policy::is_policy]
);
pgrx::extension_sql_file!(
    "../sql/jobs/jobs.sql",
    name = "jobs",
    requires = [
        jobs::functions::check_owner,
        jobs::functions::check_may_commit,
        jobs::functions::job_lock,
        jobs::functions::job_unlock,
        jobs::own_error::is_own_error,
        jobs::as_owner::run_as_owner,
        jobs::as_owner::count_as_owner,
        jobs::as_owner::read_as_owner,
    ]
);
pgrx::extension_sql_file!(
    "../sql/ratelimit/phones.sql",
    name = "ratelimit_phones",
    requires = [
        "ratelimit",
        ratelimit::functions::phone::ratelimit_phone_keys,
        ratelimit::functions::phone::ratelimit_phone_keys_of,
        ratelimit::functions::phone::ratelimit_blocked_until,
        keys::functions::check_lasting_keys,
    ]
);
pgrx::extension_sql_file!(
    "../sql/tokens/tables.sql",
    name = "token_tables",
    requires = [
        "ratelimit",
        tokens::functions::are_scopes,
        tokens::functions::token_uses,
        tokens::functions::take_token_uses,
    ]
);
pgrx::extension_sql_file!(
    "../sql/tokens/functions.sql",
    name = "token_functions",
    requires = ["token_tables", tokens::functions::new_token]
);
pgrx::extension_sql_file!(
    "../sql/legacy/tables.sql",
    name = "legacy_tables",
    requires = ["jobs", "ratelimit"]
);
pgrx::extension_sql_file!(
    "../sql/legacy/migrate_rate_limits.sql",
    name = "migrate_rate_limits",
    requires = [
        "legacy_tables",
        "change_table",
        legacy::functions::migrate_rate_limits::migrate_batch,
        legacy::functions::migrate_rate_limits::count_legacy_rows,
        legacy::functions::migrate_rate_limits::legacy_key,
        legacy::functions::migrate_rate_limits::forget_known_keys,
        keys::functions::check_lasting_keys,
    ]
);
pgrx::extension_sql_file!(
    "../sql/legacy/adopt_rate_limits.sql",
    name = "adopt_rate_limits",
    requires = [
        "legacy_tables",
        legacy::functions::adopted_rate_limits::live_count,
        legacy::functions::adopted_rate_limits::unflushed_keys,
        legacy::functions::adopted_rate_limits::take_back_counts,
    ]
);
pgrx::extension_sql_file!(
    "../sql/column_check/column_check.sql",
    name = "column_check",
    requires = ["schema", column_check::functions::column_outcomes]
);
pgrx::extension_sql_file!(
    "../sql/conversion/change_table.sql",
    name = "change_table",
    requires = ["jobs"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/partitions.sql",
    name = "partitions",
    requires = ["schema"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/hash_rotations.sql",
    name = "hash_rotations",
    requires = ["schema", conversion::functions::rehash::rehash_row]
);
pgrx::extension_sql_file!(
    "../sql/conversion/conversions.sql",
    name = "conversions",
    requires = [
        "partitions",
        "types_of_values",
        "encrypted_phone_operators",
        "hash_rotations",
        conversion::functions::conversion::convert_row
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/indexes.sql",
    name = "conversion_indexes",
    requires = ["conversions"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/not_null.sql",
    name = "conversion_not_null",
    requires = ["conversions", "change_table"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/obstacles.sql",
    name = "conversion_obstacles",
    requires = [
        "conversion_indexes",
        values::encrypt::phone_encrypt,
        values::hash::phone_hash,
        email::functions::email_encrypt,
        email::functions::email_hash,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/unique_partitions.sql",
    name = "unique_partitions",
    requires = ["conversion_indexes", "change_table"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/swap.sql",
    name = "conversion_swap",
    requires = [
        "unique_partitions",
        "conversion_obstacles",
        "conversion_not_null",
        conversion::functions::conversion::make_immediate
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/pages.sql",
    name = "pages",
    requires = [
        "change_table",
        conversion::functions::conversion::page_batch
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/source_rows.sql",
    name = "source_rows",
    requires = [
        "conversion_indexes",
        "jobs",
        conversion::functions::conversion::plain_outcome,
        conversion::functions::conversion::read_source,
        email::functions::email_is_valid,
        email::functions::email_normalize,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/encrypt_column.sql",
    name = "encrypt_column",
    requires = [
        "conversion_swap",
        "pages",
        "pins",
        values::encrypt::phone_decrypt,
        keys::functions::check_keys,
        keys::functions::check_lasting_keys,
        conversion::functions::conversion::check_always,
        conversion::functions::conversion::check_source,
        "source_rows",
        conversion::functions::conversion::conversion_differing,
        email::functions::email_decrypt,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/drop_plaintext.sql",
    name = "drop_plaintext",
    requires = ["encrypt_column"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/rehash_obstacles.sql",
    name = "rehash_obstacles",
    requires = [
        "conversion_obstacles",
        "pins",
        encrypted_phone::functions::phone_hash_key_id
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/rehash_column.sql",
    name = "rehash_column",
    requires = [
        "encrypt_column",
        "rehash_obstacles",
        conversion::functions::rehash::rehash_differing,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/rotate_hash_key.sql",
    name = "rotate_hash_key",
    requires = [
        "rehash_column",
        "drop_plaintext",
        "ratelimit_phones",
        "rekey_consents"
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/decrypt_column.sql",
    name = "decrypt_column",
    requires = [
        "drop_plaintext",
        encrypted_phone::functions::decrypt_value,
        conversion::functions::conversion::same_texts,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/rotate_column.sql",
    name = "rotate_column",
    requires = [
        "conversion_swap",
        "pages",
        "pins",
        "ratelimit_phones",
        "webhooks",
        "rekey_consents",
        keys::functions::check_keys,
        keys::functions::check_lasting_keys,
        encrypted_phone::functions::key_id_of_value
    ]
);
pgrx::extension_sql_file!(
    "../sql/sending/quiet_hours.sql",
    name = "quiet_hours",
    requires = [
        "encrypted_phone_type",
        phone::functions::phone_timezones,
        encrypted_phone::functions::timezones_of_value,
    ]
);
pgrx::extension_sql_file!(
    "../sql/lockdown/lockdown.sql",
    name = "lockdown",
    requires = [
        "schema",
        lockdown::functions::cluster_lockdown,
        lockdown::functions::warn_of_open_transaction,
    ]
);
pgrx::extension_sql_file!(
    "../sql/read_budget/read_budget.sql",
    name = "read_budget",
    requires = ["schema", read_budget::functions::read_counts]
);
pgrx::extension_sql_file!(
    "../sql/audit/triggers.sql",
    name = "audit_triggers",
    requires = [
        "audit_tables",
        "lockdown",
        "read_budget",
        "anomalies",
        "pins",
        "token_tables",
        "webhooks",
        "ratelimit_overrides",
        "jobs",
        "send_policies",
        "send_exempt"
    ]
);
pgrx::extension_sql_file!(
    "../sql/sending/policies.sql",
    name = "send_policies",
    requires = [
        "ratelimit",
        sending::functions::policy::are_send_rates,
        sending::functions::policy::are_send_places,
        sending::functions::policy::are_send_types,
        sending::functions::policy::is_amount,
    ]
);
pgrx::extension_sql_file!(
    "../sql/sending/observed.sql",
    name = "send_observed",
    requires = [
        "send_policies",
        sending::functions::observed::send_region_counts,
        sending::functions::observed::send_suspect_ranges,
    ]
);
pgrx::extension_sql_file!(
    "../sql/sending/exempt.sql",
    name = "send_exempt",
    requires = ["ratelimit_phones", values::encrypt::phone_encrypt]
);
pgrx::extension_sql_file!(
    "../sql/sending/records.sql",
    name = "send_records",
    requires = [
        "send_policies",
        sending::functions::records::unwritten_send_decisions,
        sending::functions::records::take_send_decisions,
        sending::functions::budgets::send_budget_states,
    ]
);
pgrx::extension_sql_file!(
    "../sql/validation/range.sql",
    name = "validate_range",
    requires = ["schema"]
);
pgrx::extension_sql_file!(
    "../sql/validation/comments.sql",
    name = "validation_comments",
    requires = [
        validation::functions::html_escape,
        validation::functions::validate_text,
        validation::functions::validate_timestamp,
    ]
);
