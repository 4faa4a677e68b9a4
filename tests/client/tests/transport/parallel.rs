//! A parallel worker has no connection of its own and so looks local: it must not be what decrypts.

use phone_crypt_client_tests::samples::{AU, AU_UNDER_K1};
use phone_crypt_client_tests::{Server, Sql};
use postgres::{Client, NoTls};

use crate::shared::SERVER;

/// A session over TCP in the clear, in a new database with a table of values, with parallel plans forced.
fn parallel_session(server: &Server) -> Client {
    let database = server.database();
    let mut client = postgres::Config::new()
        .host("127.0.0.1")
        .port(server.port())
        .user("postgres")
        .dbname(&database)
        .connect(NoTls)
        .unwrap();
    client.run(&format!(
        "CREATE TABLE stored AS SELECT n, '{AU_UNDER_K1}' AS phone, encrypted_phone('{AU}') AS value
             FROM generate_series(1, 100) AS n"
    ));
    let force = if server.major() >= 16 {
        "debug_parallel_query"
    } else {
        "force_parallel_mode"
    };
    client.run(&format!(
        "SET {force} = on; SET phone_crypt.require_tls = 'on'"
    ));
    client
}

#[test]
fn functions_that_give_plain_text_are_parallel_restricted() {
    let mut client = SERVER.session();
    let restricted = "SELECT oid::regprocedure FROM pg_proc
                         WHERE proname ~ '^phone_(decrypt|try_decrypt|reveal|show|original|extension)'
                             AND proparallel = 'r' ORDER BY oid::regprocedure::text COLLATE \"C\"";
    let expected = [
        "phone_decrypt(encrypted_phone)",
        "phone_decrypt(text,text)",
        "phone_decrypt_legacy(text,text,text)",
        "phone_decrypt_legacy_with_key(text,text,text)",
        "phone_decrypt_raw(text,text)",
        "phone_extension(encrypted_phone)",
        "phone_original(encrypted_phone)",
        "phone_reveal(encrypted_phone)",
        "phone_reveal(text,text)",
        "phone_show(encrypted_phone)",
        "phone_try_decrypt(text,text)",
    ];
    assert_eq!(client.rows(restricted), expected);
    // A procedure is never part of a plan, and cannot be marked; phone_show(text) gives back what it is given.
    let safe = "SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc
                   WHERE proname ~ '^phone_(decrypt|try_decrypt|reveal|show|original|extension)'
                       AND proparallel <> 'r' AND prokind <> 'p'";
    assert_eq!(client.rows(safe), ["phone_show(text)"]);
}

#[test]
fn a_parallel_plan_does_not_get_around_require_tls() {
    let mut client = parallel_session(&SERVER);
    let plan = client.rows("EXPLAIN SELECT n FROM stored").join("\n");
    assert!(
        plan.contains("Gather"),
        "parallel plans should be forced: {plan}"
    );
    for sql in [
        "SELECT phone_decrypt(phone) FROM stored",
        "SELECT count(*) FROM stored WHERE phone_decrypt(phone) = '+61401148075'",
        "SELECT phone_reveal(phone), count(*) FROM stored GROUP BY 1",
        "SELECT max(phone_try_decrypt(phone)) FROM stored",
        "SELECT phone_decrypt(value) FROM stored",
        "SELECT count(*) FROM stored WHERE phone_show(value) = '+61401148075'",
        "SELECT phone_reveal(value), count(*) FROM stored GROUP BY 1",
        "SELECT max(phone_original(value)) FROM stored",
    ] {
        client
            .refusal(sql, &[])
            .says("42501", "only over TLS")
            .hides(AU);
    }
}

#[test]
fn a_wrapper_that_claims_to_be_parallel_safe_gets_nothing_in_a_worker() {
    let mut client = parallel_session(&SERVER);
    client.run(
        "CREATE FUNCTION wrapper(value text) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE
             AS 'BEGIN RETURN phone_decrypt(value); END';
         CREATE FUNCTION in_a_worker() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE
             AS $$ BEGIN RETURN coalesce((SELECT leader_pid FROM pg_stat_activity WHERE pid = pg_backend_pid())::text, ''); END $$",
    );
    let wrapped = "SELECT max(wrapper(phone)) FROM stored";
    let worker = "SELECT max(in_a_worker()) FROM stored";
    assert_ne!(
        client.text(worker, &[]),
        "",
        "a worker should run the wrapper"
    );
    client
        .refusal(wrapped, &[])
        .says("42501", "only over TLS")
        .hides(AU);
    // A worker cannot know how the client is connected, so `remote` refuses as well.
    client.run("SET phone_crypt.require_tls = 'remote'");
    client
        .refusal(wrapped, &[])
        .says("42501", "only over TLS")
        .hides(AU);
    client.run("SET phone_crypt.require_tls = 'off'");
    assert_eq!(client.text(wrapped, &[]), AU);
}
