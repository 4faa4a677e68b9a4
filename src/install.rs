//! The order of the install script: the schema first; tables and views after the functions they call; procedures
//! after what they call; privileges and comments when everything is there.

pgrx::extension_sql_file!("../sql/base/schema.sql", name = "schema", bootstrap);
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
        encrypted_phone::verify::verify_column
    ]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/types_of_values.sql",
    name = "types_of_values",
    requires = ["encrypted_phone_type"]
);
pgrx::extension_sql_file!(
    "../sql/encrypted_phone/column_keys.sql",
    name = "column_keys_of_all",
    requires = [
        "types_of_values",
        encrypted_phone::key_counts::count_column_keys
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/pins.sql",
    name = "pins",
    requires = [
        sql::keys::phone_crypt_configured_keys,
        sql::regions::configured_regions,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/metadata.sql",
    name = "metadata",
    requires = [sql::version::metadata_version]
);
pgrx::extension_sql_file!(
    "../sql/base/stats.sql",
    name = "stats",
    requires = [sql::stats::phone_crypt_crypto_counters]
);
pgrx::extension_sql_file!(
    "../sql/base/ratelimit.sql",
    name = "ratelimit",
    requires = [
        "pins",
        sql::ratelimit_hit::ratelimit_hit,
        sql::ratelimit_hit::ratelimit_allow,
        sql::ratelimit_hit::ratelimit_peek,
        sql::ratelimit_hit_phone::ratelimit_hit_phone,
        sql::ratelimit_hit_phone::ratelimit_check_phone,
        sql::ratelimit_hit_phone::ratelimit_peek_policy_phone,
        sql::ratelimit_policy::is_policy,
        sql::ratelimit_policy::ratelimit_check,
        sql::ratelimit_policy::ratelimit_peek_policy,
        sql::ratelimit_policy::ratelimit_check_all,
        sql::ratelimit_headers::ratelimit_headers,
        sql::ratelimit_headers::ratelimit_headers_of_policy,
        sql::ratelimit_address::ratelimit_address_key,
        sql::ratelimit_admin::ratelimit_reset,
        sql::ratelimit_admin::ratelimit_refund,
        sql::ratelimit_admin::ratelimit_block,
        sql::ratelimit_admin::ratelimit_unblock,
        sql::ratelimit_admin::ratelimit_merge,
        sql::ratelimit_admin::ratelimit_flush,
        sql::ratelimit_views::ratelimit_entries,
        sql::ratelimit_views::ratelimit_counters,
        sql::ratelimit_views::ratelimit_outcomes,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/jobs.sql",
    name = "jobs",
    requires = [
        sql::jobs::check_owner,
        sql::jobs::check_may_commit,
        sql::jobs::job_lock,
        sql::jobs::job_unlock,
        sql::as_owner::run_as_owner,
        sql::as_owner::count_as_owner,
        sql::as_owner::read_as_owner,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/ratelimit_phones.sql",
    name = "ratelimit_phones",
    requires = [
        "ratelimit",
        sql::ratelimit_phone::ratelimit_phone_keys,
        sql::ratelimit_phone::ratelimit_phone_keys_of,
        sql::ratelimit_phone::ratelimit_blocked_until,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/earlier_tables.sql",
    name = "earlier_tables",
    requires = ["jobs", "ratelimit"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/migrate_rate_limits.sql",
    name = "migrate_rate_limits",
    requires = [
        "earlier_tables",
        "change_table",
        sql::migrate_rate_limits::migrate_batch,
        sql::migrate_rate_limits::earlier_key,
        sql::migrate_rate_limits::forget_known_keys,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/adopt_rate_limits.sql",
    name = "adopt_rate_limits",
    requires = [
        "earlier_tables",
        sql::adopted_rate_limits::live_count,
        sql::adopted_rate_limits::unflushed_keys,
        sql::adopted_rate_limits::take_back_counts,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/erasure.sql",
    name = "erasure",
    requires = ["conversion_swap", sql::erasure::phone_forget]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/purge_expired.sql",
    name = "purge_expired",
    requires = [
        "erasure",
        "change_table",
        "ratelimit_phones",
        sql::erasure::purge_count,
        sql::erasure::purge_batch,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/column_check.sql",
    name = "column_check",
    requires = ["schema", sql::column_check::column_outcomes]
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
    requires = ["schema", conversion::rehash_functions::rehash_row]
);
pgrx::extension_sql_file!(
    "../sql/conversion/conversions.sql",
    name = "conversions",
    requires = [
        "partitions",
        "types_of_values",
        "encrypted_phone_operators",
        "hash_rotations",
        conversion::functions::convert_row
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
        sql::encrypt::phone_encrypt,
        sql::hash::phone_hash
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/swap.sql",
    name = "conversion_swap",
    requires = [
        "conversion_obstacles",
        "conversion_not_null",
        conversion::functions::make_immediate
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/pages.sql",
    name = "pages",
    requires = ["change_table", conversion::functions::page_batch]
);
pgrx::extension_sql_file!(
    "../sql/conversion/encrypt_column.sql",
    name = "encrypt_column",
    requires = [
        "conversion_swap",
        "pages",
        "pins",
        sql::encrypt::phone_decrypt,
        sql::keys::check_keys,
        conversion::functions::check_always,
        conversion::functions::check_source,
        conversion::functions::plain_outcome,
        conversion::functions::read_source,
        conversion::functions::conversion_differing,
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
        conversion::rehash_functions::rehash_differing,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/rotate_hash_key.sql",
    name = "rotate_hash_key",
    requires = ["rehash_column", "drop_plaintext", "ratelimit_phones"]
);
pgrx::extension_sql_file!(
    "../sql/conversion/decrypt_column.sql",
    name = "decrypt_column",
    requires = [
        "drop_plaintext",
        encrypted_phone::functions::decrypt_value,
        conversion::functions::same_texts,
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
        sql::keys::check_keys,
        encrypted_phone::functions::key_id_of_value
    ]
);
pgrx::extension_sql_file!(
    "../sql/sending/quiet_hours.sql",
    name = "quiet_hours",
    requires = [
        "encrypted_phone_type",
        sending::functions::phone_timezones,
        sending::functions::timezones_of_value,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/privileges.sql",
    name = "privileges",
    requires = [
        "quiet_hours",
        "pins",
        "metadata",
        "stats",
        "ratelimit",
        "jobs",
        "ratelimit_phones",
        "erasure",
        "purge_expired",
        "migrate_rate_limits",
        "adopt_rate_limits",
        "encrypt_column",
        "drop_plaintext",
        "decrypt_column",
        "rotate_column",
        "rotate_hash_key",
        "column_check",
        sql::encrypt::phone_encrypt,
        sql::encrypt::phone_decrypt,
        sql::encrypt::phone_try_decrypt,
        sql::encrypt::phone_reencrypt,
        sql::raw::phone_encrypt_raw,
        sql::raw::phone_decrypt_raw,
        sql::reveal::phone_reveal,
        sql::hash::phone_hash,
        sql::hash::phone_hashes,
        sql::hash::phone_hashes_of,
        sql::hash::phone_ratelimit_key,
        sql::legacy::phone_decrypt_legacy,
        sql::legacy::phone_decrypt_legacy_with_key,
        "verify_column",
        "column_keys_of_all",
        encrypted_phone::key_counts::phone_column_keys,
        encrypted_phone::functions::encrypted_phone,
        encrypted_phone::functions::decrypt_value,
        encrypted_phone::functions::show_value,
        encrypted_phone::functions::phone_original,
        encrypted_phone::functions::phone_extension,
        encrypted_phone::functions::reveal_value,
        encrypted_phone::functions::mask_value,
        encrypted_phone::functions::region_of_value,
        encrypted_phone::functions::type_of_value,
        encrypted_phone::functions::reencrypt_value,
        encrypted_phone::functions::hash_of_value,
        encrypted_phone::functions::ratelimit_key_of_value,
        encrypted_phone::functions::phone_from_value,
        encrypted_phone::functions::phone_verify,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/notice.sql",
    name = "notice",
    requires = ["privileges", sql::regions::configured_regions]
);
pgrx::extension_sql_file!("../sql/base/comments.sql", name = "comments", finalize);
