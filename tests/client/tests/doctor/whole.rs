//! The doctor as a whole: a healthy server, who may ask, checks that break, tables that are locked.

use phone_crypt_client_tests::Sql;
use std::time::{Duration, Instant};

use crate::shared::{SERVER, findings, fires, is_quiet, pinned};

#[test]
fn a_healthy_install_gives_nothing_above_info() {
    let mut client = pinned();
    client.run(
        "CREATE TABLE customers (id bigint PRIMARY KEY, name text, phone encrypted_phone UNIQUE);
         SELECT phone_column_policy('customers', 'phone', on_forget => 'null');
         INSERT INTO customers SELECT i, 'name ' || i, '+61401' || to_char(i, 'FM000000') FROM generate_series(1, 500) AS i;
         ANALYZE customers;
         CREATE ROLE healthy_app; SELECT phone_crypt_grant('healthy_app', 'writer');
         SELECT ratelimit_policy_set('login', 5, '1 hour');
         SELECT ratelimit_check('login', 'someone');
         SELECT api_token_create('app', ARRAY['read'], '90 days');
         SELECT webhook_endpoint_create('mail', 'standard', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')",
    );
    let above =
        "SELECT severity, \"check\", detail FROM phone_crypt_doctor() WHERE severity <> 'info'";
    assert_eq!(client.rows(above), [""; 0]);
    client.run("DROP OWNED BY healthy_app; DROP ROLE healthy_app");
}

#[test]
fn every_check_has_a_function_and_a_page() {
    let mut client = pinned();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.md");
    let page = std::fs::read_to_string(page).unwrap();
    let names = client.rows("SELECT name FROM phone_crypt.doctor_checks");
    assert!(names.len() > 25);
    for name in &names {
        assert!(
            page.contains(&format!("| `{name}` |")),
            "{name} is not in docs/doctor.md"
        );
    }
    let missing = "SELECT p.proname FROM pg_proc AS p
                    WHERE p.prorettype = 'phone_crypt.finding'::regtype
                      AND p.oid NOT IN (SELECT c.function FROM phone_crypt.doctor_checks AS c)";
    assert_eq!(client.rows(missing), [""; 0]);
    let twice = "SELECT name FROM phone_crypt.doctor_checks GROUP BY name HAVING count(*) > 1";
    assert_eq!(client.rows(twice), [""; 0]);
}

#[test]
fn a_check_that_breaks_is_a_finding_and_the_others_go_on() {
    let mut client = pinned();
    client.run(
        "CREATE OR REPLACE FUNCTION phone_crypt.doctor_swap() RETURNS SETOF phone_crypt.finding LANGUAGE plpgsql AS $$
         BEGIN
             RETURN NEXT ('critical', 'half', 'way')::phone_crypt.finding;
             RAISE EXCEPTION 'secret +61401148075' USING ERRCODE = 'data_corrupted';
         END $$;
         SET log_statement = 'all'",
    );
    assert_eq!(
        findings(&mut client, "swap"),
        ["warning|the check could not be made: SQLSTATE XX001"]
    );
    fires(&mut client, "logged_statements", "warning", "log_statement");
}

#[test]
fn a_lock_on_a_table_is_not_waited_for() {
    let mut client = pinned();
    let database = client.text("SELECT current_database()::text", &[]);
    let mut other = SERVER.connect_as("postgres", &database);
    other.run("BEGIN; LOCK TABLE phone_crypt.webhook_secrets, phone_crypt.jobs");
    let start = Instant::now();
    fires(&mut client, "webhooks", "warning", "SQLSTATE 55P03");
    assert!(start.elapsed() < Duration::from_secs(5));
    is_quiet(&mut client, "tokens");
    other.run("ROLLBACK");
    is_quiet(&mut client, "webhooks");
    assert_eq!(client.rows("SHOW lock_timeout"), ["0"]);
}

#[test]
fn whoever_watches_may_ask_and_nobody_else() {
    let mut client = pinned();
    let database = client.text("SELECT current_database()::text", &[]);
    client.run(
        "CREATE ROLE doctor_watcher LOGIN IN ROLE pg_monitor; CREATE ROLE doctor_auditor LOGIN; CREATE ROLE doctor_nobody LOGIN;
         SELECT phone_crypt_grant('doctor_auditor', 'auditor');
         SET log_statement = 'none'",
    );
    let all = client.rows("SELECT * FROM phone_crypt_doctor()");
    for role in ["doctor_watcher", "doctor_auditor"] {
        let mut session = SERVER.connect_as(role, &database);
        assert_eq!(
            session.rows("SELECT * FROM phone_crypt_doctor()"),
            all,
            "{role}"
        );
        assert!(
            session
                .rows("SELECT name FROM phone_crypt.doctor_checks")
                .len()
                > 25
        );
        session
            .refusal("SELECT phone_crypt.doctor_swap()", &[])
            .says("42501", "doctor_swap");
    }
    let mut session = SERVER.connect_as("doctor_nobody", &database);
    session
        .refusal("SELECT * FROM phone_crypt_doctor()", &[])
        .says("42501", "phone_crypt_doctor");
    session
        .refusal("SELECT * FROM phone_crypt.doctor_checks", &[])
        .says("42501", "doctor_checks");
    client.run(
        "DROP OWNED BY doctor_auditor; DROP ROLE doctor_watcher, doctor_auditor, doctor_nobody",
    );
}
