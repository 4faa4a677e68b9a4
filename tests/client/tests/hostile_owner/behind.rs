//! What is behind the procedures of conversions, with calls that may be rolled back.

/// The conversion, as an argument.
macro_rules! conversion {
    () => {
        "phone_crypt.conversion('own.customers', 'phone')"
    };
}

/// The version that its trigger has, as an argument.
macro_rules! version {
    () => {
        concat!("phone_crypt.trigger_version(", conversion!(), ")")
    };
}

/// Each with its arguments.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("carried_indexes", "('own.customers', 2::smallint)"),
    ("carried_sql", "('own.customers', 'phone', 'x')"),
    ("check_convertible", "('own.customers', 'ctx')"),
    ("check_decryptable", "('own.customers', 'phone')"),
    ("check_may_make_indexes", "('own.customers', 2::smallint)"),
    ("check_new_columns", "('own.customers', 'phone')"),
    ("check_obstacles", "('own.customers', 2::smallint, false)"),
    ("check_reencryptable", "('own.customers', 'phone')"),
    ("check_rights", "('own.customers', 2::smallint)"),
    ("check_rows", "('own.customers', 'phone', 'text', 'refuse')"),
    (
        "check_rows",
        "('own.customers', 'phone', 'legacy cbc - -', 'text')",
    ),
    ("check_same_texts", "('own.customers', 'phone')"),
    ("check_trigger", concat!("(", conversion!(), ", '1 2 A')")),
    ("column_obstacles", "('own.customers', 2::smallint)"),
    ("users_of_type", "('own.customers', 2::smallint)"),
    ("constraints_sql", concat!("(", conversion!(), ")")),
    ("conversion", "('own.customers', 'phone')"),
    (
        "conversion_differing",
        "('own.customers', 'phone', 'phone_encrypted', 'text', 'all')",
    ),
    (
        "conversion_differing",
        "('own.customers', 'phone_plain', 'phone', 'value ', 'with_plain_text')",
    ),
    (
        "conversion_differing",
        "('own.customers', 'ctx', 'id', 'legacy cbc - AU', 'with_both')",
    ),
    ("count_encrypted_texts", "('own.customers', 'phone')"),
    ("count_long_texts", "('own.customers', 'phone')"),
    ("count_repeated", "('own.customers', 'phone')"),
    ("count_same_texts", "('own.customers', 'phone')"),
    ("drop_plain_column", "('own.customers', 'phone', '1 2 A')"),
    (
        "drop_plain_column",
        concat!("('own.customers', 'phone', ", version!(), ")"),
    ),
    (
        "finish_rows",
        concat!("(", conversion!(), ", 'read', 'm.attack(t.ctx)', 'm, pg_catalog')"),
    ),
    (
        "finish_rows",
        concat!("(", conversion!(), ", 'decrypt', 'true', 'own, public')"),
    ),
    ("free_name", "('own.customers', 'customers', '{}')"),
    ("free_trigger_name", "('own.customers', 'a')"),
    ("has_late_check", "('own.customers', 'phone')"),
    (
        "index_columns",
        "('own.customers_phone_key'::regclass, 2::smallint, 'x')",
    ),
    ("index_pairs", concat!("(", conversion!(), ", false)")),
    ("is_encrypted_column", "('own.customers', 'phone')"),
    ("is_going_back", concat!("(", conversion!(), ")")),
    (
        "make_immediate",
        "('own.customers', (SELECT pg_catalog.max(oid) FROM pg_catalog.pg_constraint
              WHERE conrelid OPERATOR(pg_catalog.=) 'own.customers'::pg_catalog.regclass AND condeferrable), false)",
    ),
    (
        "missing_indexes",
        concat!("(", conversion!(), ", true, true)"),
    ),
    ("name_not_null", "('own.customers', 4::smallint, 'x')"),
    (
        "not_null_by_check_sql",
        concat!("(", conversion!(), ")"),
    ),
    ("not_null_check", concat!("(", conversion!(), ")")),
    (
        "not_null_later_sql",
        "('own.customers', true, 'phone', 'ctx', 4::smallint)",
    ),
    ("not_null_name", "('own.customers', 4::smallint)"),
    ("not_null_sql", concat!("(", conversion!(), ")")),
    (
        "page_batch",
        "('fill', 'own.customers', 'phone_encrypted', 'phone', 'text', 't.phone_encrypted IS NULL', 0, 9, false, 'own, public')",
    ),
    (
        "page_batch",
        "('fill', 'own.customers', 'phone_encrypted', 'phone', 'text', 'm.attack(t.ctx)', 0, 9, true, 'm, pg_catalog')",
    ),
    (
        "page_batch",
        "('fill', 'own.customers', 'phone', 'ctx', 'text', 'true', 0, 9, true, 'own, public')",
    ),
    (
        "page_batch",
        "('read', 'own.customers', 'phone_encrypted', 'phone', 'value ', 'm.attack(t.ctx)', 0, 9, true, 'm, pg_catalog')",
    ),
    (
        "page_batch",
        "('read_with_spelling', 'own.customers', 'phone', 'ctx', 'legacy cbc - -', 'true', 0, NULL, false, 'own, public')",
    ),
    (
        "page_batch",
        "('reencrypt', 'own.customers', 'phone', 'ctx', 'text', 'true', 0, 9, false, 'own, public')",
    ),
    (
        "page_batch",
        "('decrypt', 'own.customers', 'phone', 'ctx', 'text', 'true', 0, NULL, false, 'm, pg_catalog')",
    ),
    ("page_count", "('own.customers')"),
    ("pages_of_batch", "('own.customers', 10)"),
    ("pending_index", concat!("(", conversion!(), ")")),
    ("plain_remains", "('t', 'own.customers')"),
    ("prepare_back_sql", "('own.customers', 'phone')"),
    ("prepare_sql", "('own.customers', 'ctx', 'text')"),
    ("roles_without_right", "('own.customers', 2::smallint)"),
    ("rotated_columns", "()"),
    ("same_texts", "('own.customers', 'phone')"),
    ("rehearse_swap", "('own.customers', 'phone', false)"),
    ("source_counts", "('own.customers', 'phone', 'legacy cbc - -')"),
    ("source_of", "('own.customers', 'phone', '')"),
    (
        "swap_back",
        concat!("('own.customers', 'phone', ", version!(), ", true, 'm, pg_catalog')"),
    ),
    (
        "swap_columns",
        concat!("('own.customers', 'phone', ", version!(), ", 'm, pg_catalog')"),
    ),
    ("swap_indexes", concat!("(", conversion!(), ", true)")),
    (
        "sync_trigger_sql",
        concat!("(", conversion!(), ", 'clear')"),
    ),
    ("trigger_version", concat!("(", conversion!(), ")")),
    ("undecrypted", concat!("(", conversion!(), ")")),
    ("unfilled", concat!("(", conversion!(), ")")),
    (
        "warn_of_order",
        "('t', 'own.customers', 1::smallint, 9::smallint)",
    ),
    (
        "check_always",
        "('own.customers', 'customers_phone_key_enc')",
    ),
    ("carried_checks", "('own.customers', 2::smallint)"),
    (
        "change_hash_key",
        "('a915ee2b', '{own.customers}', '{phone}', '{1 2 A}')",
    ),
    ("check_hash_key", "('a915ee2b')"),
    ("check_no_other_values", "()"),
    ("check_obstacles_of_all", "('own.customers', 'phone', false)"),
    ("check_partitioned", "('own.customers', 'phone')"),
    ("check_rehash_obstacles", "('own.customers', 2::smallint)"),
    ("check_rehashable", "('own.customers', 'phone')"),
    ("check_table", "('own.customers')"),
    ("completeness_check", concat!("(", conversion!(), ")")),
    (
        "count_differing",
        "('own.customers', 'phone_plain', 'phone', 'text', 'with_plain_text')",
    ),
    ("drop_rehash_sql", concat!("(", conversion!(), ")")),
    ("data_type_of", "('own.customers', 'phone')"),
    ("function_of", "('own.customers', 'phone', 'key_id')"),
    ("holds_addresses", "('own.customers', 'phone')"),
    ("hash_rotation", "('own.customers', 'phone')"),
    ("under_another_hash_key", "('own.customers', 'phone')"),
    ("under_another_key", "('own.customers', 'phone')"),
    ("index_sql", "('own.customers', 'x', true, '(phone)', true)"),
    ("leaves", "('own.customers')"),
    ("is_partitioned", "('own.customers')"),
    ("loose_indexes", "('own.customers', 'phone', '(phone)')"),
    (
        "partition_index_sql",
        "('own.customers', 'phone', '(phone)', 2, 'x', true, '{}')",
    ),
    (
        "partition_constraints_sql",
        concat!("(", conversion!(), ", false)"),
    ),
    (
        "passable_constraints",
        concat!("(", conversion!(), ", false)"),
    ),
    (
        "check_none_passable",
        concat!("(", conversion!(), ", false)"),
    ),
    (
        "check_no_doubles",
        "('own.customers', (SELECT pg_catalog.max(indexrelid) FROM pg_catalog.pg_index
              WHERE indrelid OPERATOR(pg_catalog.=) 'own.customers'::pg_catalog.regclass AND indisunique))",
    ),
    ("lock_for_hash_key", "('{own.customers}')"),
    ("missing_checks", concat!("(", conversion!(), ")")),
    ("not_under_hash_keys", "('own.customers', 'phone', '{a915ee2b}')"),
    ("pin_next_hash", "('a915ee2b', '{own.customers}')"),
    ("prepare_rehash_sql", "('own.customers', 'phone')"),
    ("rehash_checks_sql", concat!("(", conversion!(), ")")),
    (
        "rehash_differing",
        "('own.customers', 'phone', 'ctx', 'a915ee2b')",
    ),
    (
        "rehash_trigger_sql",
        concat!("(", conversion!(), ", 'a915ee2b')"),
    ),
    ("rehashed_columns", "()"),
    ("swap_rehashed", "('own.customers', 'phone', '1 2 A')"),
    ("table_size", "('own.customers')"),
    ("tree", "('own.customers')"),
    ("validate_checks_sql", concat!("(", conversion!(), ")")),
];
