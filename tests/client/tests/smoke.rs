//! The main job from end to end through a driver, quickly enough to be run on every major version.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Server, Setup, Sql};
use postgres::Client;
use std::sync::LazyLock;

/// Preloaded, with K1 as primary key and K2 as previous one.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::preloaded("");
    let key_file = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", key_file.display()));
    server.reload();
    server
});

fn session() -> Client {
    SERVER.session()
}

#[test]
fn a_number_is_stored_encrypted_and_found_by_any_spelling() {
    let mut client = session();
    client.run("CREATE TABLE customer (name text, phone text, phone_hash text UNIQUE)");
    let insert = "INSERT INTO customer VALUES ($1, phone_encrypt($2), phone_hash($2))";
    client.execute(insert, &[&"Ann", &AU_NATIONAL]).unwrap();
    client
        .execute(insert, &[&"Bob", &"+1 (401) 148-0751"])
        .unwrap();

    let stored = client.text("SELECT string_agg(c::text, '') FROM customer c", &[]);
    assert!(!stored.contains("401148075") && !stored.contains("4011480751"));
    let find = "SELECT name || ' ' || phone_decrypt(phone) FROM customer WHERE phone_hash = phone_hash($1)";
    for spelling in [
        AU,
        AU_NATIONAL,
        "0401-148-075",
        "+61 (0) 401 148 075",
        "０４０１１４８０７５",
    ] {
        assert_eq!(client.text(find, &[&spelling]), format!("Ann {AU}"));
    }
    assert_eq!(client.text(find, &[&"401-148-0751"]), format!("Bob {US}"));
}

#[test]
fn published_values_decrypt_and_hash_under_both_keys() {
    let mut client = session();
    let mut decrypts = |sql: &str, value: &str, plain: &str| {
        assert_eq!(client.text(sql, &[&value]), plain, "{sql} of {value}");
    };
    decrypts("SELECT phone_decrypt($1)", AU_UNDER_K1, AU);
    decrypts("SELECT phone_decrypt($1)", AU_UNDER_K2, AU);
    decrypts(
        "SELECT phone_decrypt($1, 'users.phone' || chr(31) || '42')",
        AU_UNDER_K1_IN_ROW_42,
        AU,
    );
    decrypts(
        "SELECT phone_decrypt($1, 'users.phone')",
        US_UNDER_K1_IN_USERS,
        US,
    );
    decrypts("SELECT phone_decrypt_raw($1)", BOB_UNDER_K1, "ask for Bob");
    decrypts(
        "SELECT phone_decrypt_legacy($1, 'cbc')",
        AU_LEGACY_CBC_UNDER_K1,
        AU,
    );
    decrypts("SELECT phone_key_id($1)", AU_UNDER_K2, K2_ID);
    decrypts("SELECT phone_hash($1)", AU, AU_HASH_K1);
    decrypts(
        "SELECT phone_hash($1, 'users.phone')",
        AU,
        AU_HASH_K1_IN_USERS,
    );
    decrypts("SELECT phone_hash($1)", US, US_HASH_K1);

    client.set("encryption_key", K2);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    client.set("hash_scheme", "raw");
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2_RAW);
}

#[test]
fn binary_results_have_the_types_that_are_declared() {
    let mut client = session();
    let row = client
        .query_one(
            "SELECT phone_encrypt($1), phone_hashes($1), phone_is_valid($1), phone_region($1), phone_mask($1),
                    phone_encrypt(NULL), phone_crypt_version()",
            &[&AU_NATIONAL],
        )
        .unwrap();
    assert_eq!(row.get::<_, String>(0).len(), 139);
    assert_eq!(row.get::<_, Vec<String>>(1), [AU_HASH_K1, AU_HASH_K2]);
    assert!(row.get::<_, bool>(2));
    assert_eq!(row.get::<_, String>(3), "AU");
    assert_eq!(row.get::<_, String>(4), "+61******075");
    assert_eq!(row.get::<_, Option<String>>(5), None);
    let built_for = format!("for PostgreSQL {}", SERVER.major());
    assert!(row.get::<_, String>(6).ends_with(&built_for));
}

#[test]
fn a_refusal_has_its_sqlstate_and_does_not_repeat_what_it_refuses() {
    let mut client = session();
    client
        .refusal("SELECT phone_encrypt($1)", &[&"0401 14"])
        .says("22023", "")
        .hides("0401");
    client
        .refusal("SELECT phone_decrypt($1)", &[&"0102:03"])
        .says("22P02", "")
        .hides("0102");
    let moved = client.refusal("SELECT phone_decrypt($1, 'elsewhere')", &[&AU_UNDER_K1]);
    moved.says("22000", "").hides(AU).hides(&AU_UNDER_K1[..40]);
    client
        .refusal("SELECT phone_encrypt($1, NULL)", &[&AU])
        .says("22004", "context")
        .hides(AU);
    SERVER.log_hides("0401 14");
    SERVER.log_hides(AU);
}

#[test]
fn a_prepared_lookup_uses_the_index_and_hashes_once() {
    let mut client = session();
    client.run(
        "CREATE TABLE customer AS SELECT n AS id, md5(n::text) || md5(n::text) AS phone_hash
           FROM generate_series(1, 20000) AS n",
    );
    client
        .execute(
            "UPDATE customer SET phone_hash = phone_hash($1) WHERE id = 777",
            &[&AU],
        )
        .unwrap();
    client.run("CREATE INDEX ON customer (phone_hash); ANALYZE customer");
    client.run("PREPARE find(text) AS SELECT id FROM customer WHERE phone_hash = phone_hash($1)");
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client.run(&format!("SET plan_cache_mode = {mode}"));
        let plan = client
            .rows(&format!("EXPLAIN EXECUTE find('{AU_NATIONAL}')"))
            .join("\n");
        assert!(
            plan.contains("Index Cond: (phone_hash = phone_hash("),
            "{mode}: {plan}"
        );
        let before = hashes_counted(&mut client);
        assert_eq!(
            client.rows(&format!("EXECUTE find('{AU_NATIONAL}')")),
            ["777"]
        );
        // Once or twice by the planner, once or twice by the executor; never once a row.
        let calls = hashes_counted(&mut client) - before;
        assert!(calls < 100, "{mode}: {calls} hashes for one look-up");
    }
}

/// Calls of the hash functions since start; other tests of this file add a few.
fn hashes_counted(client: &mut Client) -> i64 {
    client.number("SELECT calls FROM phone_crypt.crypto_stats WHERE operation = 'hash'")
}

#[test]
fn pipelined_statements_each_get_their_own_answer() {
    let socket = SERVER.path("");
    let config = format!(
        "host={} user=postgres dbname={}",
        socket.display(),
        SERVER.database()
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(pipeline(&config));
}

async fn pipeline(config: &str) {
    let (client, connection) = tokio_postgres::connect(config, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let decrypt = client.prepare("SELECT phone_decrypt($1)").await.unwrap();
    let hash = client.prepare("SELECT phone_hash($1)").await.unwrap();
    // All four are sent before the first answer is read; the second one fails.
    let (good, bad, hashed, also_good) = tokio::join!(
        client.query_one(&decrypt, &[&AU_UNDER_K1]),
        client.query_one(&decrypt, &[&"no value"]),
        client.query_one(&hash, &[&AU_NATIONAL]),
        client.query_one(&decrypt, &[&AU_UNDER_K2]),
    );
    assert_eq!(good.unwrap().get::<_, String>(0), AU);
    assert_eq!(bad.unwrap_err().code().unwrap().code(), "22P02");
    assert_eq!(hashed.unwrap().get::<_, String>(0), AU_HASH_K1);
    assert_eq!(also_good.unwrap().get::<_, String>(0), AU);
}

#[test]
fn drop_extension_leaves_nothing_and_create_extension_works_again() {
    let mut client = session();
    client.run("DROP EXTENSION phone_crypt");
    let ours = "SELECT count(*) FROM (
                    SELECT proname::text FROM pg_proc WHERE proname ~ '^phone_'
                    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'phone_crypt') AS ours";
    assert_eq!(client.number(ours), 0);
    client.run("CREATE EXTENSION phone_crypt");
    assert_eq!(
        client.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU_NATIONAL]),
        AU
    );
}

#[test]
fn every_function_works_from_another_schema_without_search_path() {
    let mut client = SERVER.connect_as("postgres", &SERVER.empty_database());
    client.run("CREATE SCHEMA app; CREATE EXTENSION phone_crypt SCHEMA app; SET search_path = ''");
    client.run("CREATE ROLE clerk; SELECT app.phone_crypt_grant('clerk', 'masked')");
    client.run("GRANT USAGE ON SCHEMA app TO clerk");
    assert_eq!(
        client.text(
            "SELECT app.phone_decrypt(app.phone_encrypt($1))",
            &[&AU_NATIONAL]
        ),
        AU
    );
    assert_eq!(
        client.text("SELECT app.phone_hash($1)", &[&AU_NATIONAL]),
        AU_HASH_K1
    );
    assert_eq!(
        client.rows("SELECT key_id, role FROM app.phone_crypt_pin_keys() ORDER BY role"),
        [format!("{K1_ID}|hash"), format!("{K1_ID}|primary")]
    );
    let reveal = "SELECT app.phone_reveal($1)";
    assert_eq!(client.text(reveal, &[&AU_UNDER_K1]), AU);
    client.run("SET ROLE clerk");
    assert_eq!(client.text(reveal, &[&AU_UNDER_K1]), "+61******075");
    client
        .refusal("SELECT app.phone_decrypt($1)", &[&AU_UNDER_K1])
        .says("42501", "phone_decrypt");
    client.run("RESET ROLE; SELECT app.phone_crypt_revoke('clerk', 'masked')");
    client.run("SET ROLE clerk");
    client
        .refusal(reveal, &[&AU_UNDER_K1])
        .says("42501", "phone_reveal");
}

/// pgrx carries errors as panics, and a backtrace of each would stand in its DETAIL.
#[test]
fn errors_have_no_backtrace_where_the_servers_environment_asks_for_one() {
    for preload in ["shared_preload_libraries = 'phone_crypt'\n", ""] {
        let server = Server::start(&Setup {
            conf: &format!("{preload}phone_crypt.environment = 'development'\n"),
            environment: &[("RUST_BACKTRACE", "1")],
            ..Setup::default()
        });
        let mark = server.log_mark();
        let mut client = server.session();
        client.run("CREATE TABLE customer AS SELECT '0401148075'::encrypted_phone AS phone; SET statement_timeout = '200ms'");
        for (sql, sqlstate) in [
            ("SELECT phone_encrypt('no number')", "22023"),
            (
                "SELECT phone_crypt.run_as_owner('customer', 'SELECT 1 / 0')",
                "22012",
            ),
            (
                "SELECT phone_crypt.count_as_owner('customer', 'pg_sleep(60) IS NULL')",
                "57014",
            ),
        ] {
            let refusal = client.refusal(sql, &[]);
            refusal.says(sqlstate, "");
            for word in ["backtrace", "phone_crypt::", ".rs:"] {
                assert!(!refusal.everything.contains(word), "{refusal:?}");
            }
        }
        let log = server.log_since(mark);
        assert!(!log.contains("backtrace"), "{log}");
    }
}

#[test]
fn all_of_it_works_without_preload() {
    let server = Server::start(&Setup::default());
    let mut client = server.session();
    client.set("encryption_key", K1);
    assert_eq!(
        client.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU_NATIONAL]),
        AU
    );
    assert_eq!(
        client.text("SELECT phone_hash($1)", &[&AU_NATIONAL]),
        AU_HASH_K1
    );
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);

    let key_file = server.write_file("keys", format!("{K1}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", key_file.display()));
    server.reload();
    let mut other = server.session();
    other.run("SELECT phone_crypt_pin_keys()");
    assert_eq!(
        other.text("SELECT phone_hash($1)", &[&AU_NATIONAL]),
        AU_HASH_K1
    );
}
