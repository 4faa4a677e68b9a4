//! Every function and procedure of the extension that touches users' tables. The catalogue is asked whether one is
//! missing here.

use phone_crypt_client_tests::Sql;
use std::collections::BTreeSet;

use crate::behind;
use crate::world::World;

/// What a table's life leads to anyhow: procedures, what is behind them alone, and trigger functions.
const IN_A_LIFE: [&str; 26] = [
    "public.phone_rotate_hash_key",
    "phone_crypt.rehash_row",
    "phone_crypt.encrypt_column",
    "phone_crypt.not_null_again",
    "phone_crypt.reencrypt_column",
    "phone_crypt.work_through_pages",
    "phone_crypt.convert_row",
    "public.phone_encrypt_column",
    "public.phone_column_statements",
    "public.phone_drop_plaintext",
    "public.phone_decrypt_column",
    "public.phone_rotate_column",
    "public.phone_rotate_all",
    "public.phone_import_legacy_column",
    "public.phone_migrate_rate_limits",
    "public.phone_crypt_adopt_rate_limits",
    "public.phone_crypt_release_rate_limits",
    "public.phone_forget",
    "public.email_forget",
    "public.phone_purge_expired",
    "public.phone_column_policy",
    "phone_crypt.take_back_counts",
    "phone_crypt.announce_change",
    "phone_crypt.announce_lockdown",
    "phone_crypt.refuse_write",
    "phone_crypt.check_row_owner",
];

/// Functions, with calls on `own.customers` that may be rolled back.
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("audit_event", "('policy_set', 'own.customers', 'x', 1)"),
    ("base_type", "('own.customers'::regclass::oid, 3)"),
    ("batch_failed", "('p', 'own.customers', '23505', 'm', NULL)"),
    ("check_legacy_table", "('own.customers', false)"),
    ("check_owner", "('own.customers')"),
    (
        "column_outcomes",
        "('own.customers'::regclass::oid, 'phone', 'AU')",
    ),
    ("count_as_owner", "('own.customers', 'm.attack(ctx)')"),
    ("count_legacy_rows", "('own.customers', true, true, true)"),
    ("find_legacy_table", "('{own,public}')"),
    ("foreign_hashes", "('own.customers')"),
    ("has_legacy_columns", "('own.customers')"),
    ("public.phone_crypt_doctor", "()"),
    ("doctor_findings", "()"),
    ("doctor_conversions", "()"),
    ("doctor_columns", "()"),
    ("doctor_definers", "()"),
    (
        "doctor_keys_of_rows",
        "('own.customers'::regclass::oid, 2::smallint)",
    ),
    (
        "doctor_other_statistics",
        "('own.customers'::regclass::oid, 2::smallint)",
    ),
    ("doctor_other_types", "()"),
    ("doctor_plain_addresses", "()"),
    ("doctor_plain_numbers", "()"),
    (
        "doctor_rows",
        "('own.customers'::regclass::oid, 2::smallint)",
    ),
    (
        "doctor_statistics",
        "('own.customers'::regclass::oid, 2::smallint)",
    ),
    ("doctor_text_columns", "(100)"),
    ("doctor_public_grants", "()"),
    ("doctor_readers", "()"),
    (
        "import_suppressions",
        "('own.customers', 'ctx', 'registry', 'AU')",
    ),
    ("is_time_column", "('own.customers', 'seen')"),
    ("job_begin", "('p', 'own.customers', 'phone', 1)"),
    ("job_lock", "('own.customers')"),
    ("job_title", "('p', 'own.customers', 'phone')"),
    ("job_unlock", "('own.customers')"),
    ("legacy_key", "('phone:0401148076')"),
    (
        "migrate_batch",
        "('own.customers', '(0,0)', '(9,0)', 9, '2026-01-01', '1 hour', true, true, false, true)",
    ),
    ("owns", "('own.customers')"),
    (
        "preview_migration",
        "('own.customers', '1 hour', true, true, true)",
    ),
    (
        "public.phone_check_column",
        "('own.customers', 'phone', 'AU')",
    ),
    (
        "purge_batch",
        "('own.customers', 'phone', 'own.customers', '2036-01-01', 0, 10)",
    ),
    ("purge_count", "('own.customers', 'phone', '2036-01-01')"),
    ("read_as_owner", "('own.customers', '{phone,ctx}')"),
    ("relation_grants", "('own.customers')"),
    ("retentions", "()"),
    (
        "run_as_owner",
        "('own.customers', 'UPDATE own.customers SET ctx = ctx')",
    ),
    ("tables_with_rows", "('own.customers')"),
    ("count_column_keys", "('own.customers', 'phone')"),
    ("public.phone_column_keys", "()"),
    ("public.phone_column_keys", "('own.customers', 'phone')"),
    (
        "try_purge_batch",
        "('own.customers', 'phone', 'own.customers', '2036-01-01', 0, 10)",
    ),
    ("verify_column", "('own.customers', 'phone')"),
    ("was_decrypted", "('own.customers', 'phone')"),
];

/// Procedures behind the others, which commit.
pub const PROCEDURES: &[(&str, &str)] = &[
    (
        "prepare_rehash",
        "('own.customers', 'phone', 'a915ee2b', NULL)",
    ),
    ("fill_rehash", "('own.customers', 'phone', 3)"),
    (
        "verify_rehash",
        "('own.customers', 'phone', 'a915ee2b', NULL)",
    ),
    ("give_up_rehash", "('a915ee2b')"),
    (
        "make_impassable",
        "(phone_crypt.conversion('own.customers', 'phone'), false)",
    ),
    ("public.phone_verify_column", "('own.customers', 'phone')"),
    (
        "public.phone_suppress_import",
        "('own.customers', 'ctx', 'registry')",
    ),
    (
        "purge_column",
        "('own.customers', 'phone', 'null', '2026-01-01', 3, false, NULL, NULL)",
    ),
    (
        "change_table",
        "('own.customers', ARRAY['ALTER TABLE own.customers ALTER ctx SET NOT NULL', 'SELECT 1'], NULL)",
    ),
];

/// What the catalogue shows as if it could touch a table, and does not.
const TOUCH_NOTHING: &[&str] = &[
    "phone_crypt.doctor_key_file",
    "phone_crypt.doctor_keys",
    "phone_crypt.doctor_other_pins",
    "phone_crypt.doctor_server",
    "phone_crypt.apply_profile",
    "phone_crypt.audit_old_partition",
    "phone_crypt.audit_partition",
    "phone_crypt.audit_queue",
    "phone_crypt.audit_row",
    "phone_crypt.close_other_log",
    "public.audit_consistency_proof",
    "public.audit_inclusion_proof",
    "public.phone_crypt_audit_checkpoint",
    "public.phone_crypt_audit_verify",
    "phone_crypt.check_may_commit",
    "public.phone_crypt_pin_keys",
    "phone_crypt.crypto_counters",
    "phone_crypt.check_overrides",
    "phone_crypt.drop_policy_rows",
    "phone_crypt.filter_status",
    "phone_crypt.keep_consent_events",
    "phone_crypt.note_suppressed",
    "phone_crypt.number_value",
    "phone_crypt.rekey_consent_batch",
    "phone_crypt.forget_known_keys",
    "phone_crypt.is_own_error",
    "phone_crypt.let_read_live_counts",
    "phone_crypt.lost_send_decisions",
    "phone_crypt.lost_token_uses",
    "phone_crypt.cluster_lockdown",
    "phone_crypt.announce_read_budget",
    "phone_crypt.announce_watch",
    "phone_crypt.read_counts",
    "phone_crypt.is_locked_down",
    "phone_crypt.warn_of_open_transaction",
    "public.phone_crypt_lockdown_cluster",
    "public.phone_crypt_lockdown_cluster_release",
    "phone_crypt.new_token",
    "phone_crypt.send_budget_states",
    "phone_crypt.take_send_decisions",
    "phone_crypt.take_token_uses",
    "phone_crypt.token_uses",
    "public.api_token_unlock",
    "public.api_token_verify",
    "phone_crypt.live_count",
    "phone_crypt.ratelimit_blocked_until",
    "phone_crypt.ratelimit_counters",
    "phone_crypt.ratelimit_entries",
    "phone_crypt.ratelimit_outcomes",
    "phone_crypt.unflushed_keys",
    "phone_crypt.unwritten_send_decisions",
    "public.phone_crypt_generate_key",
    "public.email_encrypt",
    "public.phone_encrypt",
    "public.phone_encrypt_raw",
    "public.phone_reencrypt",
    "phone_crypt.send_region_counts",
    "phone_crypt.send_suspect_ranges",
    "public.phone_send_check",
    "public.phone_send_outcome",
    "public.phone_send_outcome_phone",
    "phone_crypt.webhook_outcomes",
    "phone_crypt.webhook_reseal",
    "phone_crypt.webhook_seal",
    "public.webhook_receive",
    "public.webhook_verify",
    "public.webhook_verify_standard",
    "public.webhook_verify_text",
];

/// What may touch a table: takes one, or a conversion; is a trigger; makes SQL or looks for columns; or is in C, where one cannot see, and may change something.
const SUSPECTS: &str = "
    SELECT DISTINCT n.nspname || '.' || p.proname
      FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
      JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'phone_crypt'
      JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
     WHERE EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) AS a (type)
                    WHERE a.type IN ('regclass'::regtype, 'regclass[]'::regtype, 'oid'::regtype, 'oid[]'::regtype,
                                     'tid'::regtype, 'phone_crypt.conversions'::regtype))
        OR p.prorettype = 'trigger'::regtype
        OR l.lanname <> 'c' AND p.prosrc ~ 'EXECUTE|phone_crypt\\.encrypted_columns|phone_crypt\\.conversions|phone_crypt\\.run_as_owner'
        OR l.lanname = 'c' AND p.provolatile = 'v' AND NOT (p.proname ~ '^ratelimit_' AND n.nspname = 'public')";

/// A name of the lists with its schema, which is ours where it has none.
pub fn in_full(name: &str) -> String {
    match name.contains('.') {
        true => name.to_owned(),
        false => format!("phone_crypt.{name}"),
    }
}

#[test]
fn every_routine_that_touches_tables_is_listed() {
    let mut world = World::new();
    let suspects: BTreeSet<String> = world.superuser.rows(SUSPECTS).into_iter().collect();
    let internal = FUNCTIONS.iter().chain(behind::FUNCTIONS).chain(PROCEDURES);
    let listed: BTreeSet<String> = internal
        .map(|(name, _)| in_full(name))
        .chain(
            IN_A_LIFE
                .iter()
                .chain(TOUCH_NOTHING)
                .map(|name| (*name).to_owned()),
        )
        .collect();
    let missing: Vec<_> = suspects.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "add to the lists of tests/client/tests/hostile_owner/routines.rs: {missing:?}"
    );
    let all = "SELECT n.nspname || '.' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace";
    let all: BTreeSet<String> = world.superuser.rows(all).into_iter().collect();
    let gone: Vec<_> = listed.difference(&all).collect();
    assert!(gone.is_empty(), "no such functions any more: {gone:?}");
}
