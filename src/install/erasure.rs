//! The SQL of erasure and retention.

pgrx::extension_sql_file!(
    "../../sql/erasure/erasure.sql",
    name = "erasure",
    requires = [
        "conversion_swap",
        erasure::functions::phone_forget,
        erasure::functions::email_forget
    ]
);
pgrx::extension_sql_file!(
    "../../sql/erasure/purge_expired.sql",
    name = "purge_expired",
    requires = [
        "erasure",
        "change_table",
        "ratelimit_phones",
        erasure::functions::purge_count,
        erasure::functions::purge_batch,
    ]
);
