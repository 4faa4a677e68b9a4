//! What the owner's code does when it runs.

/// The statements of a PL/pgSQL block, each on its own: one that is refused does not keep the next from being tried. The
/// trap comes after each, since it may have changed whose rights there are.
fn each(statements: &[&str]) -> String {
    statements
        .iter()
        .map(|statement| {
            let statement = statement.replace('\'', "''");
            format!("BEGIN EXECUTE '{statement}'; EXCEPTION WHEN OTHERS THEN NULL; END; PERFORM m.trap();\n")
        })
        .collect()
}

/// Whatever a user can set, and to what.
pub const SETTINGS: [(&str, &str); 27] = [
    ("row_security", "off"),
    ("session_replication_role", "replica"),
    ("lock_timeout", "100s"),
    ("statement_timeout", "0"),
    ("DateStyle", "German"),
    ("IntervalStyle", "sql_standard"),
    ("TimeZone", "Asia/Tokyo"),
    ("client_min_messages", "error"),
    ("extra_float_digits", "0"),
    ("bytea_output", "escape"),
    ("standard_conforming_strings", "off"),
    ("transform_null_equals", "on"),
    ("check_function_bodies", "off"),
    ("default_transaction_read_only", "on"),
    ("default_transaction_isolation", "serializable"),
    ("default_toast_compression", "pglz"),
    ("application_name", "mine"),
    ("work_mem", "64kB"),
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("phone_crypt.default_regions", "GB"),
    ("phone_crypt.require_tls", "off"),
    ("phone_crypt.hash_scheme", "raw"),
    ("m.leak", "made up"),
    ("role", "postgres"),
    ("session_authorization", "postgres"),
    ("search_path", "m, pg_catalog"),
];

/// Sets it all, for the session.
pub fn settings() -> String {
    SETTINGS
        .iter()
        .map(|(name, value)| format!("SELECT pg_catalog.set_config('{name}', '{value}', false)"))
        .map(|sql| each(&[&sql]))
        .collect()
}

/// Sets the path for the transaction only.
pub fn local_path() -> String {
    each(&["SET LOCAL search_path = m, pg_catalog"])
}

/// Becomes somebody else, in each of the ways there are.
pub fn roles() -> String {
    each(&[
        "RESET ROLE",
        "SET ROLE NONE",
        "SET ROLE postgres",
        "SET LOCAL ROLE postgres",
        "RESET SESSION AUTHORIZATION",
        "SET SESSION AUTHORIZATION DEFAULT",
        "SET SESSION AUTHORIZATION postgres",
        "RESET ALL",
        "DISCARD ALL",
    ])
}

/// Pulls the rug from under whoever holds a cursor, a plan, a transaction or a lock.
pub fn rugs() -> String {
    each(&[
        "CLOSE ALL",
        "DEALLOCATE ALL",
        "DISCARD PLANS",
        "DISCARD TEMP",
        "DISCARD SEQUENCES",
        "SET CONSTRAINTS ALL DEFERRED",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT mine",
        "CREATE TEMP TABLE jobs (id int)",
        "CREATE TEMP TABLE pg_class (oid oid)",
        "LISTEN mine",
        "PREPARE mine AS SELECT 1",
        "REINDEX TABLE own.customers",
        "TRUNCATE own.customers",
        "DROP TABLE own.customers",
        "ALTER TABLE own.customers DROP COLUMN phone_plain",
        "ALTER TABLE own.customers RENAME COLUMN phone TO was_phone",
        "ALTER TABLE own.customers ALTER COLUMN phone_encrypted TYPE bigint USING 0",
        "ALTER TABLE own.customers RENAME TO others",
        "ALTER SCHEMA own RENAME TO mine",
    ])
}

/// Calls the extension's own functions in the middle of one.
pub fn our_functions() -> String {
    let calls = each(&[
        "SELECT phone_crypt.forget_known_keys()",
        "SELECT phone_crypt.job_unlock('own.customers')",
        "SELECT phone_crypt.job_lock('own.customers')",
        "SELECT phone_crypt.begin_batch()",
        "SELECT * FROM public.phone_forget('+14011480751')",
        "SELECT * FROM phone_crypt.page_batch('fill', 'own.customers', 'phone_encrypted', 'phone', 'text', 'true', 0, 9, false, 'm')",
        "SELECT * FROM phone_crypt.page_batch('reencrypt', 'own.customers', 'phone', NULL, 'text', 'true', 0, 9, false, 'm')",
        "SELECT phone_crypt.conversion_differing('own.customers', 'phone', 'phone_encrypted', 'text', 'all')",
        "SELECT phone_crypt.run_as_owner('own.customers', 'SELECT m.trap()')",
        "SELECT phone_crypt.run_as_owner('public.secrets', 'SELECT m.trap()')",
        "SELECT phone_crypt.swap_columns('own.customers', 'phone', '1', 'm')",
        "SELECT phone_crypt.drop_plain_column('own.customers', 'phone', '1')",
        "CALL phone_crypt.change_table('own.customers', ARRAY['SELECT m.trap()'], NULL)",
        "CALL public.phone_rotate_all()",
        "CALL public.phone_purge_expired()",
        "SELECT public.phone_crypt_pin_keys('note')",
        "SELECT public.phone_column_policy('own.customers', 'phone', 'delete')",
        "SELECT public.ratelimit_policy_set('mine', 1, '1 hour')",
        "SELECT * FROM public.ratelimit_hit('mine', 1, '1 hour')",
        "SELECT public.ratelimit_flush()",
        "DELETE FROM phone_crypt.jobs",
    ]);
    // Not within itself.
    format!(
        "IF coalesce(pg_catalog.current_setting('m.within', true), '') OPERATOR(pg_catalog.=) '' THEN
             PERFORM pg_catalog.set_config('m.within', 'yes', true);
             {calls}
             PERFORM pg_catalog.set_config('m.within', '', true);
         END IF;"
    )
}

/// Raises an error of this SQLSTATE.
pub fn error(sqlstate: &str) -> String {
    format!("RAISE EXCEPTION 'mine' USING ERRCODE = '{sqlstate}';")
}

/// Calls itself until the stack is full.
pub fn endless() -> String {
    "PERFORM m.payload();".to_owned()
}
