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
        sql::ratelimit_hit::ratelimit_hit_phone,
        sql::ratelimit_policy::is_policy,
        sql::ratelimit_policy::ratelimit_check,
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
        sql::jobs::job_lock,
        sql::jobs::job_unlock,
        sql::as_owner::run_as_owner,
        sql::as_owner::count_as_owner,
        sql::as_owner::read_as_owner,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/columns.sql",
    name = "columns",
    requires = ["jobs"]
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
        "work_through",
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
    requires = ["columns", "conversion_swap", sql::erasure::phone_forget]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/purge_expired.sql",
    name = "purge_expired",
    requires = [
        "erasure",
        "work_through",
        "ratelimit_phones",
        sql::erasure::purge_count,
        sql::erasure::purge_batch,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/work_through.sql",
    name = "work_through",
    requires = [
        "columns",
        sql::column_batch::column_batch,
        sql::column_batch::column_pending,
        sql::column_batch::column_differing,
        sql::column_batch::read_plain,
        sql::column_batch::read_legacy,
        sql::keep_column::keep_column,
    ]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/registration.sql",
    name = "registration",
    requires = ["work_through", "pins", sql::keys::check_keys]
);
pgrx::extension_sql_file!(
    "../sql/base/column_check.sql",
    name = "column_check",
    requires = ["registration", sql::column_check::column_outcomes]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/encrypted_view.sql",
    name = "encrypted_view",
    requires = ["registration"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/add_encrypted_column.sql",
    name = "add_encrypted_column",
    requires = [
        "registration",
        "encrypted_view",
        sql::regions::default_regions,
        sql::regions::check_context,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/conversions.sql",
    name = "conversions",
    requires = [
        "encrypted_phone_operators",
        conversion::functions::convert_row
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/indexes.sql",
    name = "conversion_indexes",
    requires = ["conversions"]
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
        conversion::functions::make_immediate
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/pages.sql",
    name = "pages",
    requires = ["jobs", conversion::functions::page_batch]
);
pgrx::extension_sql_file!(
    "../sql/conversion/encrypt_column.sql",
    name = "encrypt_column",
    requires = [
        "conversion_swap",
        "pages",
        "registration",
        "add_encrypted_column",
        conversion::functions::conversion_differing,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/reencrypt.sql",
    name = "reencrypt",
    requires = [
        "pages",
        "registration",
        "pins",
        encrypted_phone::functions::key_id_of_value
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/decrypt_column.sql",
    name = "decrypt_typed_column",
    requires = [
        "encrypt_column",
        "drop_plain",
        encrypted_phone::functions::decrypt_value,
        conversion::functions::same_texts,
    ]
);
pgrx::extension_sql_file!(
    "../sql/conversion/drop_plain.sql",
    name = "drop_plain",
    requires = ["conversion_swap", "registration"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/drop_plaintext.sql",
    name = "drop_plaintext",
    requires = ["registration", "drop_plain"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/decrypt_column.sql",
    name = "decrypt_column",
    requires = ["registration", "decrypt_typed_column"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/rotate_column.sql",
    name = "rotate_column",
    requires = ["registration", "conversion_swap", "reencrypt"]
);
pgrx::extension_sql_file!(
    "../sql/base/procedures/import_legacy_column.sql",
    name = "import_legacy_column",
    requires = ["add_encrypted_column"]
);
pgrx::extension_sql_file!(
    "../sql/base/privileges.sql",
    name = "privileges",
    requires = [
        "pins",
        "metadata",
        "stats",
        "ratelimit",
        "jobs",
        "columns",
        "ratelimit_phones",
        "erasure",
        "purge_expired",
        "migrate_rate_limits",
        "adopt_rate_limits",
        "add_encrypted_column",
        "encrypt_column",
        "drop_plaintext",
        "decrypt_column",
        "rotate_column",
        "import_legacy_column",
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
