//! Settings that code of a table's owner leaves behind, and code of the owner that runs before anybody looks at a row:
//! neither reaches the session of whoever does maintenance.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, with_owner};

/// `attack()` makes its caller a superuser if it is called with a superuser's rights.
const ATTACK: &str = "
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

/// `divert()` makes names and operators of the owner's stand before PostgreSQL's own, for the whole session.
const DIVERT: &str = "
    CREATE FUNCTION public.divert() RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('search_path', 'public, pg_catalog', false),
                    set_config('DateStyle', 'German, DMY', false), set_config('row_security', 'on', false),
                    set_config('other.diverted', 'yes', false);
            RETURN public.attack();
        END $$;
    CREATE FUNCTION public.divert(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
        'BEGIN RETURN public.divert(); END';
    CREATE FUNCTION public.divert_row() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM public.divert(); RETURN coalesce(NEW, OLD); END';
    CREATE FUNCTION public.plus(bigint, integer) RETURNS bigint LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.int84pl($1, $2); END';
    CREATE FUNCTION public.plus(integer, integer) RETURNS integer LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.int4pl($1, $2); END';
    CREATE FUNCTION public.plus(bigint, bigint) RETURNS bigint LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.int8pl($1, $2); END';
    CREATE FUNCTION public.joined(text, text) RETURNS text LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.concat($1, $2); END';
    CREATE OPERATOR public.+ (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.plus);
    CREATE OPERATOR public.+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = public.plus);
    CREATE OPERATOR public.+ (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.plus);
    CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = public.joined);
    CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.now(); END';
    CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS
        'BEGIN PERFORM public.attack(); RETURN pg_catalog.clock_timestamp(); END';";

/// What a session has set.
fn settings(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT pg_catalog.concat_ws('; ', pg_catalog.current_setting('search_path'),
                pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('row_security'),
                pg_catalog.current_setting('lock_timeout'),
                nullif(pg_catalog.current_setting('other.diverted', true), ''), current_user, session_user)",
    )
}

/// A superuser does it all, whether it succeeds or not. The owner's code was at work and ran in the owner's name
/// only, and the superuser's session is as it was.
fn leaves_nothing(superuser: &mut Client, owner: &mut Client, calls: &[&str]) {
    let before = settings(superuser);
    for call in calls {
        let _ = superuser.batch_execute(call);
        assert_eq!(settings(superuser), before, "after {call}");
        superuser.run("SELECT now(), clock_timestamp()");
    }
    let is_superuser = "SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user";
    assert_eq!(owner.text(is_superuser, &[]), "false");
    let own = "SELECT count(*) FROM seen WHERE who = current_user";
    assert!(owner.number(own) > 0, "the attack was never tried");
    let others = "SELECT count(*) FROM seen WHERE who <> current_user";
    assert_eq!(owner.number(others), 0);
}

/// Everything that goes through the table.
const ALL: [&str; 12] = [
    "CALL phone_encrypt_column('customers', 'phone', dry_run => true)",
    "CALL phone_encrypt_column('customers', 'phone')",
    "CALL phone_verify_column('customers', 'phone')",
    "SELECT phone_column_policy('customers', 'phone', 'null', '1 day', 'seen_at')",
    "SELECT * FROM phone_forget('+14011480751')",
    "CALL phone_rotate_all()",
    "CALL phone_drop_plaintext('customers', 'phone')",
    "SECURITY LABEL FOR phone_crypt ON COLUMN customers.phone IS NULL",
    "CALL phone_decrypt_column('customers', 'phone', keep_encrypted => true)",
    "SELECT phone_column_policy('customers', 'phone_encrypted', 'null', '1 day', 'seen_at')",
    "CALL phone_purge_expired()",
    "SELECT * FROM phone_forget('+61401148075')",
];

fn customers(owner: &mut Client) {
    owner.run(ATTACK);
    owner.run(DIVERT);
    owner.run("ALTER TABLE customers ADD COLUMN seen_at timestamptz DEFAULT '2020-01-01'");
}

#[test]
fn settings_of_a_trigger() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    owner.run(
        "CREATE TRIGGER before BEFORE UPDATE OR DELETE ON customers FOR EACH ROW EXECUTE FUNCTION divert_row();
         CREATE TRIGGER after AFTER UPDATE OR DELETE ON customers FOR EACH ROW EXECUTE FUNCTION divert_row()",
    );
    leaves_nothing(&mut superuser, &mut owner, &ALL);
}

#[test]
fn settings_of_a_trigger_that_raises() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    for code in ["unique_violation", "deadlock_detected", "raise_exception"] {
        owner.run(&format!(
            "CREATE OR REPLACE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     PERFORM public.divert();
                     IF nextval('public.tries') < 4 THEN
                         RAISE EXCEPTION 'no' USING ERRCODE = '{code}';
                     END IF;
                     RETURN NEW;
                 END $$;
             CREATE SEQUENCE IF NOT EXISTS tries;
             SELECT setval('tries', 1);
             CREATE OR REPLACE TRIGGER raise BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION raise()"
        ));
        superuser.run("GRANT ALL ON SEQUENCE tries TO PUBLIC");
        let before = settings(&mut superuser);
        for call in ALL {
            let _ = superuser.batch_execute(call);
            assert_eq!(settings(&mut superuser), before, "{code} after {call}");
        }
    }
    owner.run("SELECT attack()");
    leaves_nothing(&mut superuser, &mut owner, &ALL);
}

#[test]
fn settings_of_domains_casts_expressions_and_checks() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    owner.run(
        "CREATE DOMAIN number AS text CHECK (public.divert(VALUE));
         ALTER TABLE customers ADD COLUMN backup number DEFAULT '0401148075';
         CREATE TYPE mood AS ENUM ('a', 'b');
         CREATE FUNCTION mood_text(mood) RETURNS text LANGUAGE plpgsql AS
             'BEGIN PERFORM public.divert(); RETURN CASE WHEN $1::pg_catalog.text OPERATOR(pg_catalog.=) ''a'' THEN ''a'' ELSE ''b'' END; END';
         ALTER TABLE customers ADD COLUMN mood mood NOT NULL DEFAULT 'a';
         UPDATE customers SET mood = 'b' WHERE id = 2;
         ALTER TABLE customers DROP CONSTRAINT customers_pkey, ADD PRIMARY KEY (mood, id);
         ALTER TABLE customers ADD COLUMN other text CHECK (divert(other)),
                               ADD COLUMN made boolean GENERATED ALWAYS AS (divert(other)) STORED;
         CREATE INDEX ON customers (divert(other));
         CREATE STATISTICS s ON (divert(other)), id FROM customers",
    );
    owner.run("CREATE CAST (mood AS text) WITH FUNCTION mood_text(mood)");
    leaves_nothing(&mut superuser, &mut owner, &ALL);
}

/// The planner evaluates constant parts of a partial index's condition, with the rights of whoever plans.
const PLANNED: &str = "CREATE INDEX ON customers (id) WHERE divert('constant')";

#[test]
fn conditions_that_are_evaluated_when_a_query_is_planned() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    owner.run(PLANNED);
    leaves_nothing(&mut superuser, &mut owner, &ALL);
}

#[test]
fn the_way_of_rate_limits_there_and_back() {
    let (mut superuser, mut owner) = with_owner();
    owner.run(ATTACK);
    owner.run(DIVERT);
    owner.run(
        "CREATE TABLE public.rate_limits (id text PRIMARY KEY, count integer, window_start bigint,
                                          created_at timestamptz, updated_at timestamptz);
         INSERT INTO public.rate_limits VALUES ('phone:0401148075', 3, 1, now(), now()), ('sms', 1, 1, now(), now());
         CREATE INDEX ON rate_limits (count) WHERE divert('constant');
         CREATE TRIGGER before BEFORE UPDATE OR DELETE ON rate_limits FOR EACH ROW EXECUTE FUNCTION divert_row()",
    );
    let calls = [
        "CALL phone_migrate_rate_limits('public.rate_limits', dry_run => true)",
        "CALL phone_migrate_rate_limits('public.rate_limits')",
        "CALL phone_migrate_rate_limits('public.rate_limits', 'phone_crypt.rate_limits', other_keys => 'move',
                                        dry_run => true)",
        "SELECT phone_crypt_adopt_rate_limits('public.rate_limits')",
        "SELECT phone_crypt_release_rate_limits('public.rate_limits')",
        "CALL phone_migrate_rate_limits('public.rate_limits', 'phone_crypt.rate_limits', other_keys => 'move')",
    ];
    leaves_nothing(&mut superuser, &mut owner, &calls);
}

/// Somebody who may act as the owner is not the owner: policies of a table that is under row-level security for its
/// owner, too, are not evaluated with the caller's rights.
#[test]
fn policies_do_not_run_with_a_members_rights() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    owner.run(
        "CREATE POLICY all_rows ON customers USING (divert());
         ALTER TABLE customers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    );
    let role = owner.text("SELECT current_user::text", &[]);
    superuser.run(&format!(
        "CREATE ROLE member_{role} LOGIN; GRANT {role} TO member_{role};
         SELECT phone_crypt_grant('member_{role}', 'admin'); SET SESSION AUTHORIZATION member_{role}"
    ));
    owner.run("SELECT attack()");
    leaves_nothing(&mut superuser, &mut owner, &ALL);
}

#[test]
fn nothing_else_of_a_session_outlives_it() {
    let (mut superuser, mut owner) = with_owner();
    customers(&mut owner);
    for (number, statement) in [
        "PREPARE left_behind AS SELECT 1",
        "CREATE TEMPORARY TABLE left_behind (id int)",
        "DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1",
        "SELECT set_config(''role'', ''postgres'', false)",
        "SELECT set_config(''session_authorization'', ''postgres'', false)",
        "LISTEN left_behind",
        "SELECT set_config(''lock_timeout'', ''1h'', false)",
    ]
    .iter()
    .enumerate()
    {
        owner.run(&format!(
            "CREATE FUNCTION leave_{number}() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM public.attack(); EXECUTE ''{}''; RETURN NEW; EXCEPTION WHEN insufficient_privilege THEN RETURN NEW; END';
             CREATE TRIGGER leave_{number} BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION leave_{number}()",
            statement.replace('\'', "''")
        ));
    }
    leaves_nothing(&mut superuser, &mut owner, &ALL);
    for kept in [
        "SELECT count(*) FROM pg_prepared_statements WHERE name = 'left_behind'",
        "SELECT count(*) FROM pg_class WHERE relname = 'left_behind'",
        "SELECT count(*) FROM pg_cursors WHERE name = 'left_behind'",
        "SELECT count(*) FROM pg_listening_channels()",
    ] {
        assert_eq!(superuser.number(kept), 0, "{kept}");
    }
}

/// Whoever may create objects in the schema of the extension before it is created there: operators and functions that
/// fit better than PostgreSQL's own, which take what can be made into their arguments.
#[test]
fn nothing_of_others_is_picked_up_when_the_extension_is_created() {
    let database = SERVER.empty_database();
    let mut superuser = SERVER.connect_as("postgres", &database);
    superuser.run(&format!(
        "CREATE ROLE early_{database} LOGIN; GRANT CREATE ON SCHEMA public TO early_{database}"
    ));
    let mut early = SERVER.connect_as(&format!("early_{database}"), &database);
    for (left, right) in [
        ("oid", "regclass"),
        ("oid", "regprocedure"),
        ("regclass", "oid"),
        ("name", "text"),
        ("text", "name"),
        ("\"char\"", "text"),
        ("smallint", "integer"),
        ("text", "unknown"),
    ] {
        let _ = early.batch_execute(&format!(
            "CREATE FUNCTION public.trap({left}, {right}) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
                 'BEGIN RETURN true; END'"
        ));
        for operator in ["=", "<>", "~", "~~", "<", ">"] {
            let _ = early.batch_execute(&format!(
                "CREATE OPERATOR public.{operator} (LEFTARG = {left}, RIGHTARG = {right}, FUNCTION = public.trap)"
            ));
        }
    }
    early.run(
        "CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT NULL::text';
         CREATE FUNCTION public.count(text) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
         CREATE FUNCTION public.coalesce(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
         CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
         CREATE FUNCTION public.format(text, regprocedure) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'",
    );
    superuser.run("CREATE EXTENSION phone_crypt");
    let picked_up = "SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' uses ' ||
                            pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
                       FROM pg_depend AS d
                      WHERE d.refclassid = 'pg_operator'::regclass
                            AND d.refobjid IN (SELECT oid FROM pg_operator WHERE oprowner = 'early_$'::regrole)
                            AND d.classid <> 'pg_operator'::regclass
                         OR d.refclassid = 'pg_proc'::regclass
                            AND d.refobjid IN (SELECT oid FROM pg_proc WHERE proowner = 'early_$'::regrole)
                            AND d.classid NOT IN ('pg_operator'::regclass, 'pg_proc'::regclass)";
    let picked_up = picked_up.replace("early_$", &format!("early_{database}"));
    assert_eq!(superuser.rows(&picked_up), [""; 0]);
    assert!(
        superuser
            .number("SELECT count(*) FROM pg_operator WHERE oprnamespace = 'public'::regnamespace")
            > 20
    );
}
