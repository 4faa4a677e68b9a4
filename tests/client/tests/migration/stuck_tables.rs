//! One table that something is wrong with: the others are worked through all the same, and what failed is said by table
//! and SQLSTATE, without a row.

use phone_crypt_client_tests::{Notices, Sql};
use postgres::Client;

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};

use crate::shared::SERVER;

/// What can be wrong with a table, and the SQLSTATE that it makes of an UPDATE. All of it is done by the table's owner.
const TROUBLES: [(&str, &str); 6] = [
    (
        "CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''0401148075 %'', OLD.phone USING ERRCODE = ''U0001''; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION raise()",
        "U0001",
    ),
    (
        // What handlers of WHEN OTHERS let pass.
        "CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''no'' USING ERRCODE = ''query_canceled''; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION raise()",
        "09000",
    ),
    (
        "CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ASSERT false; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION raise()",
        "09000",
    ),
    (
        "CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''no'' USING ERRCODE = ''admin_shutdown''; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION raise()",
        "57P01",
    ),
    (
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION keep()",
        "",
    ),
    (
        "CREATE FUNCTION fails() RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''0401148075'' USING ERRCODE = ''U0002''; END';
         CREATE FUNCTION fails(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
         CREATE INDEX ON middle (id) WHERE fails('x');
         CREATE OR REPLACE FUNCTION fails(text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT public.fails()'",
        "U0002",
    ),
];

const TABLES: [&str; 3] = ["first", "middle", "zlast"];

/// Three tables of a role, each with the number in a column that is purged after a day. The superuser's session,
/// its notices, and the owner's session.
fn three_tables() -> (Client, Notices, Client) {
    let database = SERVER.database();
    let (mut superuser, notices) = SERVER.connect_noting("postgres", &database);
    superuser.run(&format!(
        "CREATE ROLE keeper_{database} LOGIN;
         SELECT phone_crypt_grant('keeper_{database}', 'admin'), phone_crypt_grant('keeper_{database}', 'writer');
         GRANT CREATE ON SCHEMA public TO keeper_{database}"
    ));
    let mut owner = SERVER.connect_as(&format!("keeper_{database}"), &database);
    for table in TABLES {
        owner.run(&format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, phone encrypted_phone, at date NOT NULL DEFAULT '2020-01-01');
             INSERT INTO {table} VALUES (1, '0401148075'), (2, '0401148076')"
        ));
        owner.run(&format!(
            "SELECT phone_column_policy('{table}', 'phone', 'null', '1 day', 'at')"
        ));
    }
    (superuser, notices, owner)
}

/// How many numbers the table holds.
fn numbers(client: &mut Client, table: &str) -> i64 {
    client.run("DROP INDEX IF EXISTS middle_id_idx");
    client.number(&format!("SELECT count(phone) FROM {table}"))
}

/// Nobody is told a number, of which table or value soever.
fn hides_all(notices: &Notices) {
    for notice in notices.all() {
        notice.hides("401148075").hides("401148076");
    }
}

#[test]
fn erasure_goes_past_a_table_that_refuses() {
    for (trouble, sqlstate) in TROUBLES {
        let (mut superuser, notices, mut owner) = three_tables();
        owner.run(trouble);
        let rows = superuser.rows(
            "SELECT object, action, rows, sqlstate FROM phone_forget('0401148075') WHERE object LIKE 'public.%'",
        );
        let sqlstate = if sqlstate.is_empty() {
            "55000"
        } else {
            sqlstate
        };
        assert_eq!(
            rows,
            [
                "public.first.phone|set to NULL|1|".to_owned(),
                format!("public.middle.phone|failed|0|{sqlstate}"),
                "public.zlast.phone|set to NULL|1|".to_owned(),
            ],
            "{trouble}"
        );
        let warnings = notices.with("erasure is incomplete");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let says = ["middle", sqlstate].map(|text| warnings[0].message.contains(text));
        assert!(says[0] && (says[1] || sqlstate == "55000"), "{warnings:?}");
        hides_all(&notices);
        assert_eq!(numbers(&mut superuser, "first"), 1);
        assert_eq!(numbers(&mut superuser, "middle"), 2);
        assert_eq!(numbers(&mut superuser, "zlast"), 1);
    }
}

#[test]
fn purging_goes_past_a_table_that_refuses() {
    for (trouble, sqlstate) in TROUBLES {
        let (mut superuser, notices, mut owner) = three_tables();
        owner.run(trouble);
        let result = superuser.batch_execute("CALL phone_purge_expired()");
        if !sqlstate.is_empty() {
            let refusal = phone_crypt_client_tests::refused(result);
            refusal.says(sqlstate, "phone_purge_expired is incomplete: 1 failed");
            let detail = format!("public.middle.phone: {sqlstate}");
            assert!(refusal.everything.contains(&detail), "{refusal:?}");
            let warnings = notices.with("public.middle.phone: not purged");
            assert_eq!(warnings.len(), 1, "{:?}", notices.all());
            assert!(warnings[0].message.contains(sqlstate), "{warnings:?}");
        }
        hides_all(&notices);
        assert_eq!(numbers(&mut superuser, "first"), 0, "{trouble}");
        assert_eq!(numbers(&mut superuser, "middle"), 2);
        assert_eq!(numbers(&mut superuser, "zlast"), 0);
        // The table is not left locked against another run.
        owner.run("SELECT phone_crypt.job_lock('middle'), phone_crypt.job_unlock('middle')");
    }
}

/// From now on the primary key is the other one.
fn under_another_key(superuser: &mut Client) {
    superuser.run(&format!(
        "SET phone_crypt.encryption_key = '{K2}'; SET phone_crypt.previous_keys = '{K1}';
         SET phone_crypt.hash_key_id = '{K1_ID}'"
    ));
    superuser.run("SELECT phone_crypt_pin_keys()");
}

fn to_rotate(superuser: &mut Client, table: &str) -> i64 {
    superuser.number(&format!(
        "SELECT count(*) FROM {table} WHERE phone_key_id(phone) <> '{K2_ID}'"
    ))
}

#[test]
fn rotation_goes_past_a_table_that_refuses() {
    for (trouble, sqlstate) in TROUBLES {
        let (mut superuser, notices, mut owner) = three_tables();
        under_another_key(&mut superuser);
        owner.run(trouble);
        for dry_run in ["true", "false"] {
            let result =
                superuser.batch_execute(&format!("CALL phone_rotate_all(dry_run => {dry_run})"));
            if dry_run == "false" {
                let refusal = phone_crypt_client_tests::refused(result);
                let sqlstate = if sqlstate.is_empty() {
                    "55P03"
                } else {
                    sqlstate
                };
                refusal.says(sqlstate, "phone_rotate_all is incomplete: 1 failed");
                let detail = format!("middle.phone: {sqlstate}");
                assert!(refusal.everything.contains(&detail), "{refusal:?}");
                let warnings = notices.with("middle.phone: not rotated");
                assert!(warnings.last().unwrap().message.contains(sqlstate));
            }
        }
        hides_all(&notices);
        assert_eq!(to_rotate(&mut superuser, "first"), 0, "{trouble}");
        assert_eq!(to_rotate(&mut superuser, "zlast"), 0);
        owner.run("SELECT phone_crypt.job_lock('middle'), phone_crypt.job_unlock('middle')");
    }
}

#[test]
fn a_lock_that_somebody_holds_stops_its_table_only() {
    let (mut superuser, notices, mut owner) = three_tables();
    under_another_key(&mut superuser);
    owner.run("BEGIN; LOCK TABLE middle");
    superuser.run("SET lock_timeout = '300ms'");
    let rows = superuser.rows("SELECT object, sqlstate FROM phone_forget('0401148075') WHERE rows = 0 AND object LIKE 'public%'");
    assert_eq!(rows, ["public.middle.phone|55P03"]);
    for call in ["CALL phone_rotate_all()", "CALL phone_purge_expired()"] {
        superuser
            .refusal(call, &[])
            .says("55P03", "is incomplete: 1 failed");
    }
    hides_all(&notices);
    for table in ["first", "zlast"] {
        assert_eq!(numbers(&mut superuser, table), 0);
    }
    owner.run("COMMIT");
    superuser.run("CALL phone_purge_expired()");
    assert_eq!(numbers(&mut superuser, "middle"), 0);
}

/// A cancel is no table's fault: it ends the call.
#[test]
fn a_cancel_ends_the_call() {
    let (mut superuser, notices, mut owner) = three_tables();
    under_another_key(&mut superuser);
    owner.run(
        "CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
         CREATE TRIGGER a BEFORE UPDATE ON middle FOR EACH ROW EXECUTE FUNCTION sleep()",
    );
    superuser.run("SET statement_timeout = '2s'");
    for call in [
        "SELECT * FROM phone_forget('0401148075')",
        "CALL phone_rotate_all()",
        "CALL phone_purge_expired()",
    ] {
        superuser
            .refusal(call, &[])
            .says("57014", "canceling statement");
    }
    superuser.run("SET statement_timeout = 0");
    assert_eq!(notices.with("incomplete").len(), 0);
    // What was committed before the cancel is kept; phone_forget has no part in that.
    assert_eq!(numbers(&mut superuser, "first"), 0);
    assert_eq!(numbers(&mut superuser, "middle"), 2);
    owner.run("SELECT phone_crypt.job_lock('middle'), phone_crypt.job_unlock('middle')");
}

/// Nobody can read the rows of another session's.
#[test]
fn another_sessions_temporary_table_stops_nothing() {
    let (mut superuser, notices, mut owner) = three_tables();
    owner.run("CREATE TEMPORARY TABLE passing (id int PRIMARY KEY, phone encrypted_phone, at date DEFAULT '2020-01-01')");
    owner.run("INSERT INTO passing VALUES (1, '0401148075')");
    owner.run("SELECT phone_column_policy('passing', 'phone', 'null', '1 day', 'at')");
    let rows = superuser
        .rows("SELECT sqlstate FROM phone_forget('0401148075') WHERE object LIKE 'pg_temp%'");
    assert!(rows.iter().all(|row| row == "42501"), "{rows:?}");
    under_another_key(&mut superuser);
    for call in ["CALL phone_rotate_all()", "CALL phone_purge_expired()"] {
        if let Err(error) = superuser.batch_execute(call) {
            let refusal = phone_crypt_client_tests::refused::<()>(Err(error));
            assert!(
                ["42501", "0A000"].contains(&refusal.sqlstate.as_str()),
                "{refusal:?}"
            );
        }
    }
    hides_all(&notices);
    for table in TABLES {
        assert_eq!(numbers(&mut superuser, table), 0);
    }
}

/// Settings of the call do not outlive it in a transaction of the caller's.
#[test]
fn a_dry_run_leaves_the_callers_transaction_as_it_was() {
    let (mut superuser, _, _) = three_tables();
    superuser.run(
        "CREATE TABLE plain (phone text); INSERT INTO plain VALUES ('0401148075');
         CREATE TABLE typed (phone encrypted_phone); INSERT INTO typed VALUES ('0401148075')",
    );
    let settings =
        "SELECT concat(current_setting('search_path'), '; ', current_setting('lock_timeout'))";
    let before = superuser.text(settings, &[]);
    superuser.run("BEGIN");
    for call in [
        "phone_encrypt_column('plain', 'phone', dry_run => true)",
        "phone_decrypt_column('typed', 'phone', dry_run => true)",
        "phone_drop_plaintext('first', 'phone', dry_run => true)",
        "phone_rotate_column('first', 'phone', dry_run => true)",
        "phone_rotate_all(dry_run => true)",
        "phone_purge_expired(dry_run => true)",
    ] {
        superuser.run(&format!("CALL {call}"));
        assert_eq!(superuser.text(settings, &[]), before, "{call}");
    }
    superuser.run("COMMIT");
}
