//! What a table's owner can put before the doctor: code that would run, names that would break out, locks; and no number comes out.

use phone_crypt_client_tests::Sql;
use std::time::{Duration, Instant};

use crate::shared::{KEY, SERVER, fires, pinned};

/// Everything that takes code, on one table with numbers; each piece of it that ran would fail the check, but as its owner.
const TRAPS: &str = r#"
    CREATE SCHEMA trap AUTHORIZATION trapper; GRANT ALL ON SCHEMA public TO trapper;
    SET ROLE trapper;
    CREATE FUNCTION trap.spring(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
        $$ BEGIN IF current_user <> 'trapper' THEN RAISE EXCEPTION 'sprung by %', current_user; END IF; RETURN $1; END $$;
    CREATE FUNCTION trap.holds(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT trap.spring($1) IS NOT NULL $$;
    CREATE DOMAIN trap.number AS text CHECK (trap.holds(VALUE));
    CREATE TABLE trap."it's; DROP TABLE x --" (id int, "pho'ne;--" trap.number CHECK (trap.holds("pho'ne;--")), other text);
    ALTER TABLE trap."it's; DROP TABLE x --" ENABLE ROW LEVEL SECURITY;
    ALTER TABLE trap."it's; DROP TABLE x --" FORCE ROW LEVEL SECURITY;
    CREATE POLICY p ON trap."it's; DROP TABLE x --" USING (trap.holds(other));
    INSERT INTO trap."it's; DROP TABLE x --" SELECT i, '+61401' || to_char(i, 'FM000000'), trap.spring('+6140114' || to_char(i, 'FM0000'))
        FROM generate_series(1, 300) AS i;
    CREATE INDEX "an index" ON trap."it's; DROP TABLE x --" (trap.spring(other)) WHERE trap.holds(other);
    ANALYZE trap."it's; DROP TABLE x --";
    CREATE FUNCTION trap.eq(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT trap.holds($1) $$;
    CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.eq);
    CREATE OPERATOR trap.~ (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.eq);
    CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring($1) $$;
    CREATE FUNCTION public.count(text) RETURNS text LANGUAGE sql AS $$ SELECT trap.spring($1) $$;
    CREATE VIEW trap.pg_class AS SELECT trap.spring('x') AS relname;
    CREATE VIEW trap.view AS SELECT public.phone_decrypt(trap.spring(other)) FROM trap."it's; DROP TABLE x --";
    CREATE FUNCTION trap."de'finer"(text) RETURNS text LANGUAGE sql SECURITY DEFINER AS
        $$ SELECT public.phone_decrypt(trap.spring('+61401148075')) $$;
    RESET ROLE;
"#;

#[test]
fn nothing_of_a_table_owners_runs_and_no_number_comes_out() {
    let mut client = pinned();
    let database = client.text("SELECT current_database()::text", &[]);
    client.run("CREATE ROLE trapper LOGIN; CREATE ROLE trap_watcher LOGIN IN ROLE pg_monitor");
    client.run(TRAPS);
    client.run(
        "CREATE TABLE customers (phone text); INSERT INTO customers SELECT '+61401' || to_char(i, 'FM000000') FROM generate_series(1, 300) AS i;
         SET phone_crypt.require_tls = 'off'",
    );
    client.set("previous_keys", KEY);
    for role in ["postgres", "trap_watcher", "trapper"] {
        let mut session = SERVER.connect_as(role, &database);
        session.run("SET search_path = trap, public, pg_catalog");
        if role == "trapper" {
            session
                .refusal("SELECT * FROM public.phone_crypt_doctor()", &[])
                .says("42501", "phone_crypt_doctor");
            continue;
        }
        let rows = session
            .rows("SELECT severity, \"check\", detail, remedy FROM public.phone_crypt_doctor()")
            .join("\n");
        assert!(!rows.contains("could not be made"), "{rows}");
        assert!(rows.contains("pho'ne;--"), "{rows}");
        assert!(
            rows.contains("an index") && rows.contains("de'finer"),
            "{rows}"
        );
        assert!(!rows.contains("61401") && !rows.contains("0401"), "{rows}");
        assert!(!rows.contains(KEY) && !rows.contains(&KEY[..12]), "{rows}");
    }
    // Names are quoted so that the advice is what it says.
    let sql = "SELECT remedy FROM phone_crypt_doctor() WHERE \"check\" = 'plain_numbers' AND detail LIKE '%pho''ne%'";
    let advice = client.text(sql, &[]);
    let end = advice.find(" then CALL").unwrap();
    let check = advice[..end].trim_end_matches(';').to_owned();
    client.run("ALTER TABLE trap.\"it's; DROP TABLE x --\" NO FORCE ROW LEVEL SECURITY");
    assert!(client.rows(&check)[0].starts_with("valid|AU"));
    client.run("DROP OWNED BY trapper CASCADE; DROP ROLE trapper, trap_watcher");
}

#[test]
fn a_locked_table_is_passed_over() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE analyzed (phone text); CREATE TABLE fresh (phone text); CREATE TABLE typed (phone encrypted_phone);
         INSERT INTO analyzed SELECT '+61401' || to_char(i, 'FM000000') FROM generate_series(1, 300) AS i;
         INSERT INTO fresh TABLE analyzed; INSERT INTO typed TABLE analyzed; ANALYZE analyzed",
    );
    let database = client.text("SELECT current_database()::text", &[]);
    let mut other = SERVER.connect_as("postgres", &database);
    other.run("BEGIN; LOCK TABLE analyzed, fresh, typed IN ACCESS EXCLUSIVE MODE");
    let start = Instant::now();
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "column phone of public.analyzed has phone numbers",
    );
    assert!(start.elapsed() < Duration::from_secs(5));
    let rows = client
        .rows("SELECT detail FROM phone_crypt_doctor()")
        .join("\n");
    assert!(
        !rows.contains("fresh") && !rows.contains("could not be made"),
        "{rows}"
    );
    other.run("ROLLBACK");
    fires(
        &mut client,
        "plain_numbers",
        "warning",
        "column phone of public.fresh has phone numbers",
    );

    // Nor does it keep others waiting: it holds no lock on tables that it has looked at.
    client.run("BEGIN; SELECT * FROM phone_crypt_doctor()");
    other.run("BEGIN; SET lock_timeout = '1s'; LOCK TABLE analyzed, fresh, typed IN ACCESS EXCLUSIVE MODE");
    client.run("ROLLBACK");
}
