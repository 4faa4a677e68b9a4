//! A database that is pinned to its keys refuses any others before it reads or writes anything.

mod hash_key;

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Refusal, Server, Sql, finish};
use postgres::Client;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Preloaded, with three keys in a key file, K1 the primary one. Tests that need another ring set one of these keys in
/// the session, restart a server of their own, or both.
static SERVER: LazyLock<Server> =
    LazyLock::new(|| server_with_keys(&format!("{K1}\n{K3}\n{K2}\n")));

fn server_with_keys(keys: &str) -> Server {
    let server = Server::preloaded("");
    use_keys(&server, keys);
    server.reload();
    server
}

fn use_keys(server: &Server, keys: &str) {
    let path = server.write_file("keys", keys);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", path.display()));
}

fn database_of(client: &mut Client) -> String {
    client.text("SELECT current_database()::text", &[])
}

/// Another session in the same database.
fn another(client: &mut Client) -> Client {
    SERVER.connect_as("postgres", &database_of(client))
}

#[track_caller]
fn is_pin_refusal(refusal: &Refusal) {
    refusal
        .says(
            "55000",
            &format!("this database is pinned to key {K1_ID}, the server has {K2_ID}"),
        )
        .hints("docs/keys.md");
}

/// Every function that reads or writes under a key, each with an argument it would take.
const USES_OF_A_KEY: [&str; 12] = [
    "phone_encrypt('+61401148075')",
    "phone_encrypt_raw('ask for Bob')",
    "phone_hash('+61401148075')",
    "phone_hash('+61401148075', 'users.phone')",
    "phone_hashes('+61401148075')::text",
    "phone_ratelimit_key('+61401148075')",
    "phone_decrypt(value)",
    "phone_try_decrypt(value)",
    "phone_reveal(value)",
    "phone_reencrypt(value)",
    "phone_decrypt_raw(value)",
    "phone_decrypt_legacy('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc')",
];

#[track_caller]
fn refuses_every_use(client: &mut Client) {
    for call in USES_OF_A_KEY {
        // A value under the very key that the server has must be refused as well.
        for value in [AU_UNDER_K1, AU_UNDER_K2, "no value at all"] {
            let sql = format!("SELECT {call} FROM (VALUES ('{value}')) AS stored (value)");
            is_pin_refusal(&client.refusal(&sql, &[]));
        }
    }
}

#[test]
fn a_server_restarted_with_the_wrong_key_is_refused_everything() {
    let server = server_with_keys(K1);
    let (pinned, other) = (server.database(), server.database());
    let mut client = server.connect_as("postgres", &pinned);
    client.run("CREATE TABLE stored (phone text, phone_hash text)");
    client.run(
        "INSERT INTO stored VALUES (phone_encrypt('+61401148075'), phone_hash('+61401148075'))",
    );
    let pins =
        client.rows("SELECT key_id, role, hash_scheme FROM phone_crypt_pin_keys() ORDER BY role");
    assert_eq!(
        pins,
        [format!("{K1_ID}|hash|derived"), format!("{K1_ID}|primary|")]
    );

    use_keys(&server, K2);
    server.restart();
    let mut client = server.connect_as("postgres", &pinned);
    refuses_every_use(&mut client);
    is_pin_refusal(&client.refusal("SELECT phone_decrypt(phone) FROM stored", &[]));
    is_pin_refusal(&client.refusal(
        "INSERT INTO stored VALUES (phone_encrypt('+14011480751'), '')",
        &[],
    ));
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", &format!("pinned to key {K1_ID}"))
        .hints("Configure that key first");
    assert_eq!(client.number("SELECT count(*) FROM stored"), 1);

    // What shows the state of things goes on working, or nobody could find out.
    assert_eq!(
        client.rows("SELECT key_id, source FROM phone_crypt.key_status"),
        [format!("{K2_ID}|key_file")]
    );
    assert_eq!(
        client.rows("SELECT DISTINCT key_id FROM phone_crypt.keys"),
        [K1_ID]
    );
    assert_eq!(client.text("SELECT phone_mask($1)", &[&AU]), "+61******075");

    // Another database of the same server is none of this pin's business.
    let mut client = server.connect_as("postgres", &other);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);

    use_keys(&server, K1);
    server.restart();
    let mut client = server.connect_as("postgres", &pinned);
    assert_eq!(
        client.text("SELECT phone_decrypt(phone) FROM stored", &[]),
        AU
    );
}

#[test]
fn without_a_pin_any_key_goes() {
    let mut client = SERVER.session();
    client.set("encryption_key", K2);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.keys"), 0);
}

#[test]
fn other_sessions_notice_a_new_pin_at_their_next_statement() {
    let mut admin = SERVER.session();
    let mut other = another(&mut admin);
    other.set("encryption_key", K2);
    assert_eq!(other.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    let prepared = other.prepare("SELECT phone_hash($1)").unwrap();
    other.query_one(&prepared, &[&AU]).unwrap();
    admin.run("SELECT phone_crypt_pin_keys()");
    is_pin_refusal(&phone_crypt_client_tests::refused(
        other.query_one(&prepared, &[&AU]),
    ));
    refuses_every_use(&mut other);
    other.run("RESET phone_crypt.encryption_key");
    assert_eq!(other.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
}

#[test]
fn an_open_transaction_notices_a_new_pin_at_its_next_statement() {
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        for prepared in [false, true] {
            let mut admin = SERVER.session();
            let mut other = another(&mut admin);
            other.set("encryption_key", K2);
            other.run("CREATE TABLE stored (phone text); PREPARE hash AS SELECT phone_hash('+61401148075')");
            other.run(&format!("BEGIN ISOLATION LEVEL {level}"));
            assert_eq!(other.rows("EXECUTE hash"), [AU_HASH_K2]);
            admin.run("SELECT phone_crypt_pin_keys()");
            // A prepared statement takes no lock, and so hears of nothing by itself.
            let next = if prepared {
                "EXECUTE hash"
            } else {
                "INSERT INTO stored SELECT phone_encrypt('+61401148075')"
            };
            let refusal = phone_crypt_client_tests::refused(other.simple_query(next));
            refusal.says("55000", "this database is pinned to key");
        }
    }
}

#[test]
fn a_pin_rolled_back_binds_nobody() {
    let mut admin = SERVER.session();
    let mut other = another(&mut admin);
    other.set("encryption_key", K2);
    admin.run("BEGIN; SELECT phone_crypt_pin_keys()");
    // Not committed: nothing to others, and it binds the session that made it.
    assert_eq!(other.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    admin.run("SAVEPOINT before");
    admin.set("encryption_key", K2);
    is_pin_refusal(&admin.refusal("SELECT phone_hash($1)", &[&AU]));
    admin.run("ROLLBACK");
    admin.set("encryption_key", K2);
    for client in [&mut admin, &mut other] {
        assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
        assert_eq!(client.number("SELECT count(*) FROM phone_crypt.keys"), 0);
    }
}

#[test]
fn a_deleted_pin_binds_nobody_any_more() {
    let mut admin = SERVER.session();
    let mut other = another(&mut admin);
    admin.run("SELECT phone_crypt_pin_keys()");
    other.set("encryption_key", K2);
    is_pin_refusal(&other.refusal("SELECT phone_hash($1)", &[&AU]));
    admin.run("DELETE FROM phone_crypt.pinned_keys");
    assert_eq!(other.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
}

/// New backends take the pins from shared memory, where other backends put what they have read.
#[test]
fn a_new_session_is_bound_by_the_pin_that_was_committed_before_it() {
    let mut admin = SERVER.session();
    let database = database_of(&mut admin);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    let mut reader = SERVER.connect_as("postgres", &database);
                    assert_eq!(reader.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
                }
            });
        }
        for _ in 0..30 {
            admin.run("SELECT phone_crypt_pin_keys()");
            let mut new = SERVER.connect_as("postgres", &database);
            new.set("encryption_key", K2);
            is_pin_refusal(&new.refusal("SELECT phone_hash($1)", &[&AU]));
            admin.run("DELETE FROM phone_crypt.pinned_keys");
            let mut new = SERVER.connect_as("postgres", &database);
            new.set("encryption_key", K2);
            assert_eq!(new.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

/// Whoever commits it later could not tell other sessions in time.
#[test]
fn a_transaction_that_changes_the_pin_cannot_be_prepared() {
    let server = Server::preloaded("max_prepared_transactions = 2");
    use_keys(&server, K1);
    server.reload();
    let mut admin = server.session();
    admin.run("BEGIN; SELECT phone_crypt_pin_keys()");
    admin
        .refusal("PREPARE TRANSACTION 'pins'", &[])
        .says("0A000", "cannot PREPARE");
    admin.run("ROLLBACK; BEGIN; CREATE TABLE t (id int); PREPARE TRANSACTION 'other'");
    admin.run("ROLLBACK PREPARED 'other'");
}

#[test]
fn another_key_of_the_same_id_is_not_the_pinned_one() {
    let mut admin = SERVER.session();
    admin.run("SELECT phone_crypt_pin_keys()");
    admin.run("UPDATE phone_crypt.pinned_keys SET fingerprint = pg_catalog.repeat('0', 32)");
    admin
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("55000", "another key with the id");
}

#[test]
fn drop_extension_takes_the_pin_away() {
    let mut client = SERVER.session();
    client.run(
        "SELECT phone_crypt_pin_keys(); DROP EXTENSION phone_crypt; CREATE EXTENSION phone_crypt",
    );
    client.set("encryption_key", K2);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
}

#[test]
fn a_parallel_worker_is_held_to_the_pin() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE numbers AS SELECT '+614011480' || n AS phone FROM generate_series(10, 99) AS n");
    let force = if SERVER.major() >= 16 {
        "debug_parallel_query"
    } else {
        "force_parallel_mode"
    };
    client.run(&format!("SET {force} = on"));
    let sql = "SELECT count(phone_hash(phone))::text FROM numbers";
    let plan = client.rows(&format!("EXPLAIN {sql}")).join("\n");
    assert!(plan.contains("Gather"), "{plan}");
    assert_eq!(client.text(sql, &[]), "90");
    // A session key reaches the workers.
    client.set("encryption_key", K2);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    client.run("RESET phone_crypt.encryption_key; SELECT phone_crypt_pin_keys()");
    client.set("encryption_key", K2);
    is_pin_refusal(&client.refusal(sql, &[]));
    client.run("RESET phone_crypt.encryption_key");
    assert_eq!(client.text(sql, &[]), "90");
}

#[test]
fn the_hash_key_and_the_hash_scheme_are_pinned_too() {
    let mut client = SERVER.session();
    client.run("SELECT phone_crypt_pin_keys()");
    client.set("hash_scheme", "raw");
    let refusal = client.refusal("SELECT phone_hash($1)", &[&AU]);
    refusal
        .says("55000", "pinned to hash scheme derived, the server has raw")
        .hints("docs/keys.md");
    client.run("RESET phone_crypt.hash_scheme");
    let k3 = client.text(
        "SELECT key_id FROM phone_crypt.key_status WHERE 'previous' = ANY (roles) AND key_id <> $1",
        &[&K2_ID],
    );
    client.set("hash_key_id", &k3);
    let refusal = client.refusal("SELECT phone_encrypt($1)", &[&AU]);
    refusal.says(
        "55000",
        &format!("pinned to hash key {K1_ID}, the server has {k3}"),
    );
}

#[test]
fn a_rotation_pins_the_new_key_first() {
    let mut client = SERVER.session();
    client.set("encryption_key", K1);
    client.run("SELECT phone_crypt_pin_keys()");
    client
        .refusal("SELECT phone_crypt_pin_keys($1)", &[&K2_ID])
        .says("55000", "no configured key")
        .hints("previous_keys");
    client.set("previous_keys", K2);
    client
        .query("SELECT phone_crypt_pin_keys($1)", &[&K2_ID])
        .unwrap();
    let pins = "SELECT role, key_id FROM phone_crypt.keys ORDER BY role";
    let [k1, k2] = [K1_ID, K2_ID];
    assert_eq!(
        client.rows(pins),
        [
            format!("hash|{k1}"),
            format!("next|{k2}"),
            format!("primary|{k1}")
        ]
    );
    assert_eq!(client.encrypts_under(), K1_ID);

    // The new key becomes the primary one while the hashes stay under the old one.
    client.set("encryption_key", K2);
    client.set("previous_keys", K1);
    assert_eq!(client.encrypts_under(), K2_ID);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);

    // A ring without the old key is refused as long as that key is pinned.
    client.set("previous_keys", K3);
    let refusal = client.refusal("SELECT phone_encrypt($1)", &[&AU]);
    refusal.says("55000", K1_ID).hints("docs/keys.md").hides(K1);

    client.set("previous_keys", K1);
    client.run("SELECT phone_crypt_pin_keys()");
    assert_eq!(
        client.rows(pins),
        [format!("hash|{k1}"), format!("primary|{k2}")]
    );

    // The hash key follows on demand, and nobody hashes under it before.
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    client
        .query("SELECT phone_crypt_pin_keys($1)", &[&K2_ID])
        .unwrap();
    client.set("hash_key_id", K2_ID);
    client
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("55000", "pinned to hash key");
    client.set("hash_key_id", "");
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    client.run("SELECT phone_crypt_pin_keys()");
    client.run(&format!("CALL phone_rotate_hash_key('{K2_ID}')"));
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(
        client.rows(pins),
        [format!("hash|{k2}"), format!("primary|{k2}")]
    );
    // Without columns of the data type a setting can choose another one, which is then pinned.
    client.set("hash_key_id", K1_ID);
    client.run("SELECT phone_crypt_pin_keys()");
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    client.run("CREATE TABLE customer (phone encrypted_phone)");
    client.set("hash_key_id", K2_ID);
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", "the hash key is another one")
        .hints("phone_rotate_hash_key");
}

#[test]
fn only_who_may_pin_can_pin() {
    let mut client = SERVER.session();
    client.run("CREATE ROLE pinner; CREATE ROLE clerk_of_pins");
    client.run(
        "SELECT phone_crypt_grant('pinner', 'admin'), phone_crypt_grant('clerk_of_pins', 'reader')",
    );
    client.run("SET ROLE clerk_of_pins");
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("42501", "phone_crypt_pin_keys");
    client
        .refusal("DELETE FROM phone_crypt.pinned_keys", &[])
        .says("42501", "pinned_keys");
    client.run("SET ROLE pinner; SELECT phone_crypt_pin_keys()");
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.keys"), 2);
    // Whoever may not read the table is held to it all the same.
    client.run("RESET ROLE");
    client.set("encryption_key", K2);
    client.run("SET ROLE clerk_of_pins");
    is_pin_refusal(&client.refusal("SELECT phone_hash($1)", &[&AU]));
}

#[test]
fn a_dump_restored_under_the_wrong_key_is_refused_and_under_the_right_one_works() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (phone text, phone_hash text);
         INSERT INTO customer VALUES (phone_encrypt('+61401148075'), phone_hash('+61401148075'));
         SELECT phone_crypt_pin_keys()",
    );
    let dump = SERVER.path("dump.sql");
    let pg_dump = |command: &mut Command| {
        finish(
            command
                .args(["-U", "postgres", "-p", "5432", "-h"])
                .arg(SERVER.path("")),
        )
        .output()
        .to_owned()
    };
    pg_dump(
        Command::new(SERVER.program("pg_dump"))
            .arg("-f")
            .arg(&dump)
            .arg(database_of(&mut client)),
    );

    let elsewhere = server_with_keys(&format!("{K2}\n"));
    let restored = elsewhere.empty_database();
    let restore = Command::new(elsewhere.program("psql"))
        .args([
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-p",
            "5432",
            "-h",
        ])
        .arg(elsewhere.path(""))
        .args(["-d", &restored, "-f"])
        .arg(&dump)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(
        restore.status.success(),
        "{}",
        String::from_utf8_lossy(&restore.stderr)
    );
    let mut client = elsewhere.connect_as("postgres", &restored);
    refuses_every_use(&mut client);
    is_pin_refusal(&client.refusal("SELECT phone_decrypt(phone) FROM customer", &[]));

    use_keys(&elsewhere, &format!("{K1}\n{K2}\n"));
    let since = elsewhere.reload();
    client.wait_for_reload(&since);
    let found = "SELECT phone_decrypt(phone) FROM customer WHERE phone_hash = phone_hash($1)";
    assert_eq!(client.text(found, &[&AU_NATIONAL]), AU);
}
