//! Columns whose types change after somebody has looked at them: an error, never a value of one type taken for another.

use phone_crypt_client_tests::{Sql, refused};
use postgres::Client;

use crate::shared::with_owner;

/// A number is stored where a text would be an address: whoever reads it as one reads memory, or nothing.
const ADDRESS: &str = "140737488355327";

/// A table in the middle of its conversion, whose trigger has been at work in the owner's session.
fn encrypted() -> (Client, Client) {
    let (superuser, mut owner) = with_owner();
    owner.run(
        "CREATE TABLE customers (id bigint PRIMARY KEY, phone text);
         INSERT INTO customers VALUES (1, '0401148075')",
    );
    owner.run("CALL phone_encrypt_column('customers', 'phone')");
    owner.run("INSERT INTO customers VALUES (2, '0401148076')");
    (superuser, owner)
}

/// The server is still there, and so is the session.
fn lives(client: &mut Client) {
    assert_eq!(client.number("SELECT 1"), 1);
}

/// Only the extension's owner can do this; an error all the same, and things go on once it is undone.
#[test]
fn tables_of_our_own_change_their_types() {
    let (mut superuser, mut owner) = encrypted();
    for (table, column, call) in [
        (
            "ratelimit_policies",
            "name",
            "SELECT ratelimit_check('d', 'k')",
        ),
        (
            "ratelimit_policies",
            "penalties",
            "SELECT ratelimit_check('d', 'k')",
        ),
        (
            "ratelimit_lists",
            "list",
            "SELECT ratelimit_hit('k', 1, '1 hour')",
        ),
        ("rate_limits", "count", "SELECT ratelimit_check('d', 'k')"),
        ("rate_limits", "engine", "SELECT ratelimit_check('d', 'k')"),
    ] {
        superuser.run("BEGIN");
        superuser.run("SELECT ratelimit_policy_set('d', 5, '1 hour', durable => true)");
        superuser.run("SELECT ratelimit_check('d', 'k')");
        superuser
            .run("INSERT INTO phone_crypt.ratelimit_lists (list, key) VALUES ('deny', 'other')");
        // A view that shows the column is in the way.
        superuser.run(
            "DO $$ BEGIN
                 EXECUTE (SELECT 'CREATE OR REPLACE VIEW phone_crypt.ratelimit_overrides AS SELECT '
                             || string_agg(format('NULL::%s%s AS %I', format_type(atttypid, atttypmod),
                                           ' COLLATE ' || nullif(attcollation, 0)::regcollation::text, attname), ', '
                                           ORDER BY attnum)
                            FROM pg_attribute
                           WHERE attrelid = 'phone_crypt.ratelimit_overrides'::regclass AND attnum > 0);
             END $$",
        );
        superuser.run(&format!(
            "DO $$ DECLARE c text; BEGIN
                 FOR c IN SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname)
                            FROM pg_constraint WHERE conrelid = 'phone_crypt.{table}'::regclass AND contype = 'c'
                                                  OR confrelid = 'phone_crypt.{table}'::regclass LOOP
                     EXECUTE c;
                 END LOOP;
                 ALTER TABLE phone_crypt.{table} ALTER COLUMN {column} DROP DEFAULT;
                 ALTER TABLE phone_crypt.{table} ALTER COLUMN {column} TYPE bigint USING {ADDRESS};
             END $$"
        ));
        let refusal = refused(superuser.batch_execute(call));
        assert_eq!(refusal.sqlstate, "42804", "{table}.{column}: {refusal:?}");
        superuser.run("ROLLBACK");
        lives(&mut superuser);
    }
    superuser.run("SELECT ratelimit_hit('k', 1, '1 hour'), phone_encrypt('+61401148075')");
    owner.run("INSERT INTO customers VALUES (10, '0401148075')");
}

/// A trigger of the table calls what the batch that fires it uses itself.
#[test]
fn a_trigger_calls_functions_of_ours_from_within() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(
        "CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer, window_start bigint,
                                          created_at timestamptz, updated_at timestamptz);
         INSERT INTO public.rate_limits SELECT 'phone:040114807' || i, 3, 1, now(), now() FROM generate_series(0, 9) AS i;
         INSERT INTO public.rate_limits VALUES ('phone:+61401148075', 3, 1, now(), now());
         CREATE FUNCTION within() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 PERFORM phone_crypt.forget_known_keys();
                 PERFORM set_config('phone_crypt.default_regions', 'US', true);
                 PERFORM public.phone_try_normalize('0401148075', 'AU'), public.phone_hash('+61401148075');
                 RETURN coalesce(NEW, OLD);
             EXCEPTION WHEN insufficient_privilege THEN
                 RETURN coalesce(NEW, OLD);
             END $$;
         CREATE TRIGGER within BEFORE UPDATE OR DELETE ON rate_limits FOR EACH ROW EXECUTE FUNCTION within()",
    );
    superuser.run("CALL phone_migrate_rate_limits('public.rate_limits', batch_size => 3)");
    let keys = "SELECT count(*) FROM rate_limits WHERE id ~ '^phone_hash:[0-9a-f]{64}$'";
    assert_eq!(owner.number(keys), 10);
    let own = "SELECT count(*) FROM rate_limits WHERE id = phone_ratelimit_key('+61401148075')";
    assert_eq!(superuser.number(own), 1);
}

#[test]
fn relations_that_are_not_there() {
    let (mut superuser, _) = with_owner();
    for (call, sqlstate) in [
        ("SELECT phone_crypt.check_owner(999999999)", "42P01"),
        ("SELECT phone_crypt.job_lock(999999999)", "42P01"),
        (
            "SELECT phone_crypt.run_as_owner(999999999, 'SELECT 1')",
            "42P01",
        ),
        (
            "SELECT phone_crypt.count_as_owner(999999999, 'true')",
            "42P01",
        ),
        (
            "SELECT phone_crypt.read_as_owner(999999999, '{id}')",
            "42P01",
        ),
        (
            "SELECT phone_crypt.page_batch('fill', 999999999, 'phone', 'p', 'text', 'true', 0, 1, false, '')",
            "42P01",
        ),
        (
            "SELECT phone_crypt.conversion_differing(999999999, 'p', 'phone', 'text', 'all')",
            "42P01",
        ),
        (
            "SELECT phone_crypt.purge_count(999999999, 'phone', now())",
            "42P01",
        ),
        (
            "SELECT phone_crypt.purge_batch(999999999, 'phone', 999999999, now(), 0, 1)",
            "42P01",
        ),
        (
            "SELECT phone_crypt.take_back_counts(999999999, 999999999)",
            "42P01",
        ),
        (
            "SELECT phone_crypt.migrate_batch(999999999, '(0,0)', '(1,0)', 1, now(), '1 hour', false, false, false, false)",
            "42P01",
        ),
        (
            "SELECT phone_crypt.count_legacy_rows(999999999, true, true, true)",
            "42P01",
        ),
        ("SELECT phone_column_policy(999999999, 'phone')", "42P01"),
        ("CALL phone_encrypt_column(999999999, 'phone')", "42P01"),
        ("CALL phone_decrypt_column(999999999, 'phone')", "42P01"),
        ("CALL phone_drop_plaintext(999999999, 'phone')", "42P01"),
        ("CALL phone_rotate_column(999999999, 'phone')", "42P01"),
        (
            "CALL phone_import_legacy_column(999999999, 'phone', 'cbc')",
            "42P01",
        ),
        ("CALL phone_migrate_rate_limits(999999999)", "42P01"),
        ("SELECT phone_crypt_adopt_rate_limits(999999999)", "42P01"),
        ("SELECT phone_crypt_release_rate_limits(999999999)", "42P01"),
        ("SELECT phone_crypt.announce_change()", "39P01"),
        ("SELECT phone_crypt.convert_row()", "39P01"),
    ] {
        let refusal = refused(superuser.batch_execute(call));
        assert_eq!(refusal.sqlstate, sqlstate, "{call}: {refusal:?}");
    }
    superuser.run("SELECT phone_crypt.job_unlock(999999999)");
}
