//! What the owner of a table could try while somebody else works on it: nothing comes of it.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{disagreeing, with_owner};

/// `attack()` makes its caller a superuser if it is called with a superuser's rights.
pub const ATTACK: &str = "
    CREATE TABLE public.seen (who text);
    CREATE FUNCTION public.attack() RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('ALTER ROLE %I SUPERUSER',
                    (SELECT relowner::regrole::text FROM pg_class WHERE oid = 'public.seen'::regclass));
            END IF;
            INSERT INTO public.seen VALUES (current_user);
            RETURN true;
        END $$;
    CREATE FUNCTION public.attack(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN true; END';
    CREATE FUNCTION public.attack_row() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN coalesce(NEW, OLD); END';
    CREATE TABLE customers (id bigint PRIMARY KEY, phone text UNIQUE);
    INSERT INTO customers VALUES (1, '0401148075'), (2, '+1 401 148 0751')";

pub const CALLS: [&str; 4] = [
    "CALL phone_add_encrypted_column('customers', 'phone')",
    "CALL phone_rotate_all(true)",
    "CALL phone_drop_plaintext('customers', 'phone')",
    "CALL phone_decrypt_column('customers', 'phone')",
];

/// A superuser does everything; the owner is none afterwards, and the attacks were at work.
fn resists(superuser: &mut Client, owner: &mut Client, calls: &[&str]) {
    for call in calls {
        superuser.run(call);
    }
    let is_superuser = "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user";
    assert_eq!(owner.text(is_superuser, &[]), "false");
    let own = "SELECT count(*) FROM seen WHERE who = current_user";
    assert!(owner.number(own) > 0, "the attack was never tried");
    assert_eq!(
        owner.number("SELECT count(*) FROM seen WHERE who <> current_user"),
        0
    );
}

#[test]
fn triggers_run_without_a_superusers_rights() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "CREATE TRIGGER before BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION attack_row();
         CREATE TRIGGER after AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION attack_row();
         CREATE TRIGGER statement AFTER UPDATE ON customers FOR EACH STATEMENT EXECUTE FUNCTION attack_row()",
    );
    resists(&mut superuser, &mut owner, &CALLS);
}

#[test]
fn a_trigger_cannot_become_somebody_else() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "CREATE FUNCTION become() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM set_config(''role'', ''postgres'', false); PERFORM public.attack(); RETURN NEW; END';
         CREATE TRIGGER become BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION become()",
    );
    let refusal = superuser.refusal(CALLS[0], &[]);
    assert_eq!(refusal.sqlstate, "42501", "{refusal:?}");
    refusal.hides("0401148075").hides("1480751");
    assert_eq!(owner.number("SELECT count(*) FROM seen"), 0);
}

#[test]
fn indexes_checks_policies_and_generated_columns_run_without_a_superusers_rights() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "ALTER TABLE customers ADD COLUMN other text CHECK (attack(other)),
                                ADD COLUMN made boolean GENERATED ALWAYS AS (attack(other)) STORED;
         CREATE INDEX ON customers (attack(other));
         CREATE INDEX ON customers (id) WHERE attack(other);
         CREATE POLICY all_rows ON customers USING (attack(other));
         ALTER TABLE customers ENABLE ROW LEVEL SECURITY",
    );
    resists(&mut superuser, &mut owner, &CALLS);
}

#[test]
fn a_domains_check_runs_without_a_superusers_rights() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "CREATE DOMAIN number AS text CHECK (public.attack(VALUE));
         ALTER TABLE customers ALTER COLUMN phone TYPE number",
    );
    resists(&mut superuser, &mut owner, &CALLS);
}

#[test]
fn a_deferred_trigger_runs_within_its_batch() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON customers DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION attack_row()",
    );
    resists(&mut superuser, &mut owner, &CALLS);
}

#[test]
fn a_registration_leads_nobody_into_functions_of_its_owner() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(
        "CREATE TYPE mood AS ENUM ('a');
         CREATE FUNCTION mood_text(mood) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM public.attack(); RETURN ''a''; END';
         CREATE CAST (mood AS text) WITH FUNCTION mood_text(mood);
         CREATE TABLE moods (id int PRIMARY KEY, phone mood);
         INSERT INTO moods VALUES (1, 'a');
         CREATE VIEW looks AS SELECT 1 AS id, CASE WHEN attack() THEN 'x' END AS phone",
    );
    for relation in ["moods", "looks"] {
        // It does not matter whether the registration is refused, or what it leads to is.
        let _ = owner.batch_execute(&format!(
            "INSERT INTO phone_crypt.columns (relation, column_name, encrypted_column, hash_column, has_plaintext,
                                              hash_key_id, hash_scheme)
             VALUES ('{relation}', 'phone', 'phone', 'phone', false, 'a915ee2b', 'derived')"
        ));
        for sql in [
            "SELECT count(*) FROM phone_crypt.column_keys",
            "CALL phone_rotate_all()",
            "CALL phone_purge_expired()",
            "SELECT * FROM phone_forget('+61401148075')",
        ] {
            let _ = superuser.batch_execute(sql);
        }
    }
    let others = "SELECT count(*) FROM seen WHERE who <> current_user";
    assert_eq!(owner.number(others), 0);
    let is_superuser = "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user";
    assert_eq!(owner.text(is_superuser, &[]), "false");
}

#[test]
fn the_registered_type_of_a_column_is_no_sql() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    for (table, kind) in [
        ("one", "text; SELECT public.attack(); --"),
        ("two", "text DEFAULT CASE WHEN public.attack() THEN '' END"),
    ] {
        owner.run(&format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, phone text)"
        ));
        owner.run(&format!(
            "CALL phone_add_encrypted_column('{table}', 'phone')"
        ));
        owner.run(&format!("CALL phone_drop_plaintext('{table}', 'phone')"));
        let update = "UPDATE phone_crypt.columns SET plaintext_type = $1 WHERE relation = $2::text::regclass";
        let _ = owner.execute(update, &[&kind, &table]);
        let _ = superuser.batch_execute(&format!("CALL phone_decrypt_column('{table}', 'phone')"));
    }
    assert_eq!(
        owner.number("SELECT count(*) FROM seen WHERE who <> current_user"),
        0
    );
}

#[test]
fn a_callers_search_path_diverts_nothing() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    superuser.run(
        "CREATE SCHEMA traps;
         CREATE FUNCTION traps.sprung() RETURNS boolean LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'diverted' USING ERRCODE = 'ZZ001'; END $$;
         CREATE FUNCTION traps.count(text) RETURNS bigint LANGUAGE sql AS 'SELECT traps.sprung()::int';
         CREATE FUNCTION traps.unnest(tid[]) RETURNS SETOF tid LANGUAGE sql AS 'SELECT NULL::tid FROM traps.sprung()';
         CREATE FUNCTION traps.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL::text FROM traps.sprung()';
         CREATE FUNCTION traps.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT traps.sprung()::text';
         CREATE FUNCTION traps.coalesce_text(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT traps.sprung()';
         CREATE FUNCTION traps.tids(tid, tid) RETURNS boolean LANGUAGE sql AS 'SELECT traps.sprung()';
         CREATE FUNCTION traps.numbers(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT traps.sprung()';
         CREATE FUNCTION traps.phone_hash(text) RETURNS text LANGUAGE sql AS 'SELECT traps.sprung()::text';
         CREATE OPERATOR traps.= (LEFTARG = text, RIGHTARG = text, FUNCTION = traps.coalesce_text);
         CREATE OPERATOR traps.= (LEFTARG = tid, RIGHTARG = tid, FUNCTION = traps.tids);
         CREATE OPERATOR traps.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = traps.numbers);
         CREATE TABLE traps.jobs (id int);
         CREATE TABLE traps.columns (id int);
         CREATE TABLE traps.pg_class (oid oid);
         CREATE DOMAIN traps.regclass AS text;
         CREATE DOMAIN traps.record AS text CHECK (traps.sprung());
         SET search_path = traps, public, pg_catalog",
    );
    for call in CALLS {
        superuser.run(call);
    }
    superuser.run("RESET search_path");
    assert_eq!(
        superuser.number("SELECT count(*) FROM customers WHERE phone ~ '^\\+[0-9]+$'"),
        2
    );
    superuser.run("SET search_path = traps, public, pg_catalog");
    superuser.run(CALLS[0]);
    superuser.run("RESET search_path");
    assert_eq!(disagreeing(&mut superuser, "customers", "phone"), 0);
}
