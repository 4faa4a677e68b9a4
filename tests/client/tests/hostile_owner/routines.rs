//! Every function and procedure of the extension that touches users' tables. The catalogue is asked whether one is
//! missing here.

use phone_crypt_client_tests::Sql;
use std::collections::BTreeSet;

use crate::conversion;
use crate::world::World;

/// A row of the registry.
macro_rules! spec {
    () => {
        "(SELECT c FROM phone_crypt.columns AS c LIMIT 1)"
    };
}

/// What a table's life leads to anyhow: procedures, what is behind them alone, and trigger functions.
const IN_A_LIFE: [&str; 28] = [
    "phone_crypt.decrypt_typed_column",
    "phone_crypt.not_null_again",
    "public.phone_add_encrypted_column",
    "public.phone_encrypt_column",
    "public.phone_column_statements",
    "phone_crypt.convert_row",
    "phone_crypt.drop_plain",
    "phone_crypt.reencrypt_column",
    "phone_crypt.work_through_pages",
    "public.phone_drop_plaintext",
    "public.phone_decrypt_column",
    "public.phone_rotate_column",
    "public.phone_rotate_all",
    "public.phone_import_legacy_column",
    "public.phone_migrate_rate_limits",
    "public.phone_crypt_adopt_rate_limits",
    "public.phone_crypt_release_rate_limits",
    "public.phone_forget",
    "public.phone_purge_expired",
    "public.phone_column_policy",
    "phone_crypt.take_back_counts",
    "phone_crypt.announce_change",
    "phone_crypt.keep_column",
    "phone_crypt.write_through",
    "phone_crypt.refuse_write",
    "phone_crypt.check_row_owner",
    "phone_crypt.check_columns_row",
    "phone_crypt.restore_constraints",
];

/// Functions, with calls on `own.customers` that may be rolled back.
pub const FUNCTIONS: [(&str, &str); 55] = [
    (
        "are_text_columns",
        "('own.customers', '{phone,phone_encrypted}')",
    ),
    ("base_type", "('own.customers'::regclass::oid, 3)"),
    ("batch_failed", "('p', 'own.customers', '23505', 'm')"),
    ("check_complete", "('own.customers', 'phone')"),
    ("check_decrypted", "('own.customers', 'phone')"),
    ("check_droppable", "('own.customers', 'phone')"),
    ("check_earlier_table", "('own.customers', false)"),
    ("check_owner", "('own.customers')"),
    ("check_registration", concat!("(", spec!(), ", 'now')")),
    ("check_rehashed", "('own.customers', 'phone')"),
    (
        "check_same_options",
        concat!("(", spec!(), ", ", spec!(), ")"),
    ),
    ("check_text_column", "('own.customers', 'phone', 100)"),
    (
        "column_batch",
        "('encrypt', 'own.customers', 'phone', NULL, 10, true, '{}', true, 'own, public')",
    ),
    (
        "column_batch",
        "('rotate', 'own.customers', 'phone', NULL, 10, true, '{}', true, 'm, pg_catalog')",
    ),
    (
        "column_batch",
        "('rehash', 'own.customers', 'phone', NULL, 10)",
    ),
    (
        "column_batch",
        "('hash', 'own.customers', 'phone', NULL, 10)",
    ),
    (
        "column_batch",
        "('decrypt', 'own.customers', 'phone', NULL, 10)",
    ),
    (
        "column_batch",
        "('check', 'own.customers', 'phone', NULL, 10)",
    ),
    (
        "column_batch",
        "('import', 'own.customers', 'phone', '{2}', 10, true, '{cbc,NULL}')",
    ),
    ("column_differing", "('own.customers', 'phone', '3')"),
    ("column_pending", "('encrypt', 'own.customers', 'phone')"),
    ("column_type", "('own.customers', 'phone')"),
    ("count_earlier_rows", "('own.customers', true, true, true)"),
    ("count_keys", "('own.customers', 'phone')"),
    ("drop_verified", "('own.customers', 'phone', '3')"),
    ("foreign_hashes", "('own.customers')"),
    ("has_earlier_columns", "('own.customers')"),
    ("index_names", "('own.customers', 'phone_hash')"),
    (
        "index_sql",
        "('own.customers', 'phone', 'phone_hash', false)",
    ),
    ("is_time_column", "('own.customers', 'seen')"),
    ("job_begin", "('p', 'own.customers', 'phone', 1)"),
    ("job_lock", "('own.customers')"),
    ("job_title", "('p', 'own.customers', 'phone')"),
    ("job_unlock", "('own.customers')"),
    ("leaves", "('own.customers')"),
    (
        "legacy_counts",
        "('own.customers', 'phone', 'cbc', NULL, '')",
    ),
    (
        "migrate_batch",
        "('own.customers', '(0,0)', '(9,0)', 9, '2026-01-01', '1 hour', true, true, false, true)",
    ),
    (
        "new_registration",
        concat!("('own.customers', 'phone', ", spec!(), ", true)"),
    ),
    ("note_column_added", "('own.customers', 'phone')"),
    ("owns", "('own.customers')"),
    ("pending", "('encrypt', 'own.customers', 'phone')"),
    ("plaintext_counts", "('own.customers', 'phone', 'AU')"),
    (
        "preview_migration",
        "('own.customers', '1 hour', true, true, true)",
    ),
    (
        "purge_batch",
        "('own.customers', 'phone', 'own.customers', '2036-01-01', 0, 10)",
    ),
    ("purge_count", "('own.customers', 'phone', '2036-01-01')"),
    ("registered", "('own.customers', 'phone')"),
    ("registration_sql", concat!("(", spec!(), ", 'now')")),
    (
        "rehash_begin_sql",
        concat!("(", spec!(), ", 'a915ee2b', 'derived')"),
    ),
    ("rehash_end_sql", concat!("(", spec!(), ")")),
    ("relation_grants", "('own.customers')"),
    (
        "rename_sql",
        "('own.customers', '{\"a\": \"b\"}', '{\"a\": \"c\"}')",
    ),
    ("retentions", "()"),
    (
        "run_as_owner",
        "('own.customers', 'UPDATE own.customers SET ctx = ctx')",
    ),
    ("tables_with_rows", "('own.customers')"),
    ("trigger_sql", "('own.customers', 'phone')"),
];

/// More of them.
pub const MORE_FUNCTIONS: [(&str, &str); 13] = [
    ("verify_column", "('own.customers', 'phone')"),
    (
        "public.phone_check_column",
        "('own.customers', 'phone', 'AU')",
    ),
    (
        "column_outcomes",
        "('own.customers'::regclass::oid, 'phone', 'AU')",
    ),
    ("has_neighbour", "('own.customers', 'looks')"),
    ("count_as_owner", "('own.customers', 'm.attack(ctx)')"),
    (
        "read_as_owner",
        "('own.customers', '{phone_encrypted,ctx}')",
    ),
    (
        "try_purge_batch",
        "('own.customers', 'phone', 'own.customers', '2036-01-01', 0, 10)",
    ),
    ("unregistration_sql", concat!("(", spec!(), ")")),
    ("view_sql", concat!("(", spec!(), ", 'looks')")),
    ("view_trigger_sql", concat!("(", spec!(), ", 'looks')")),
    ("was_decrypted", "('own.customers', 'phone')"),
    ("find_earlier_table", "('{own,public}')"),
    ("earlier_key", "('phone:0401148076')"),
];

/// Procedures behind the others, which commit.
pub const PROCEDURES: [(&str, &str); 7] = [
    ("public.phone_verify_column", "('own.customers', 'phone')"),
    (
        "purge_column",
        "('own.customers', 'phone', 'set_to_null', '2026-01-01', 3, false, NULL)",
    ),
    ("rotate", "('own.customers', 'phone', true, 3, false, NULL)"),
    (
        "work_through",
        "('phone_add_encrypted_column', 'encrypt', 'own.customers', 'phone', 3, '{}', 1, '{}')",
    ),
    (
        "change_table",
        "('own.customers', ARRAY['ALTER TABLE own.customers ALTER ctx SET NOT NULL', 'SELECT 1'], NULL)",
    ),
    ("rotate_values", concat!("(", spec!(), ", 3)")),
    ("rotate_hashes", concat!("(", spec!(), ", 3)")),
];

/// What the catalogue shows as if it could touch a table, and does not.
const TOUCH_NOTHING: [&str; 16] = [
    "phone_crypt.apply_profile",
    "phone_crypt.crypto_counters",
    "phone_crypt.drop_policy_rows",
    "phone_crypt.forget_known_keys",
    "phone_crypt.given_options",
    "phone_crypt.let_read_live_counts",
    "phone_crypt.live_count",
    "phone_crypt.ratelimit_blocked_until",
    "phone_crypt.ratelimit_counters",
    "phone_crypt.ratelimit_entries",
    "phone_crypt.ratelimit_outcomes",
    "phone_crypt.unflushed_keys",
    "public.phone_crypt_generate_key",
    "public.phone_encrypt",
    "public.phone_encrypt_raw",
    "public.phone_reencrypt",
];

/// What may touch a table: takes one, or a row of the registry; is a trigger; makes SQL or reads the registry; or is
/// in C, where one cannot see, and may change something.
const SUSPECTS: &str = "
    SELECT DISTINCT n.nspname || '.' || p.proname
      FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
      JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'phone_crypt'
      JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
     WHERE EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) AS a (type)
                    WHERE a.type IN ('regclass'::regtype, 'regclass[]'::regtype, 'oid'::regtype, 'oid[]'::regtype,
                                     'tid'::regtype, 'phone_crypt.columns'::regtype,
                                     'phone_crypt.conversions'::regtype))
        OR p.prorettype = 'trigger'::regtype
        OR l.lanname <> 'c' AND p.prosrc ~ 'EXECUTE|phone_crypt\\.columns|phone_crypt\\.run_as_owner'
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
    let of_conversions = conversion::FUNCTIONS
        .iter()
        .chain(&conversion::MORE_FUNCTIONS);
    let internal = FUNCTIONS.iter().chain(&MORE_FUNCTIONS).chain(&PROCEDURES);
    let internal = internal.chain(of_conversions);
    let listed: BTreeSet<String> = internal
        .map(|(name, _)| in_full(name))
        .chain(
            IN_A_LIFE
                .iter()
                .chain(&TOUCH_NOTHING)
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
