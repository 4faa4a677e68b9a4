//! Each procedure while an application goes on writing: no writer meets an error of ours, and afterwards every row
//! says the same in plain text, encrypted and as a hash.

use phone_crypt_client_tests::customers::make_customers;
use phone_crypt_client_tests::samples::{K1, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::application::{ENCRYPTED, Outcome, PLAIN, Target, UNTOUCHED, while_written};
use crate::legacy::make_people;

const ROWS: u32 = 3000;

fn server() -> Server {
    let server = Server::preloaded("log_lock_waits = on\n");
    configure(&server, K1, K2, "");
    server
}

fn configure(server: &Server, primary: &str, previous: &str, more: &str) {
    server.write_conf(&format!(
        "phone_crypt.encryption_key = '{primary}'\nphone_crypt.previous_keys = '{previous}'\n{more}"
    ));
    server.reload();
}

/// A table whose column `truth` says what number the row's last writer meant.
fn make_table(client: &mut Client) {
    make_customers(client, ROWS);
    client.run(&format!(
        "INSERT INTO customers (id, phone, seen_at)
         SELECT {UNTOUCHED} + i, '+61402' || to_char(i, 'FM000000'), now() FROM generate_series(1, 300) AS i;
         ALTER TABLE customers ADD COLUMN truth text;
         UPDATE customers SET truth = phone_try_normalize(phone)"
    ));
}

fn check_outcome(server: &Server, outcome: &Outcome) {
    assert!(outcome.errors.is_empty(), "{:#?}", outcome.errors);
    assert!(
        outcome.done > 40,
        "too little to prove anything: {outcome:?}"
    );
    assert!(!server.log().contains("deadlock"), "a deadlock");
}

fn check_untouched(client: &mut Client) {
    let untouched = format!("SELECT count(*) FROM customers WHERE id > {UNTOUCHED}");
    assert_eq!(client.number(&untouched), 300, "rows were lost");
}

/// The encrypted number and its hash say what the writer meant. Where a number repeats, only one row has its hash.
fn check_encrypted(client: &mut Client, column: &str) {
    check_untouched(client);
    let wrong = format!(
        "SELECT count(*) FROM customers AS c
          WHERE phone_decrypt(c.{column}) IS DISTINCT FROM c.truth OR c.phone_hash <> phone_hash(c.truth)
             OR c.phone_hash IS NULL AND c.truth IS NOT NULL AND c.id > {UNTOUCHED}"
    );
    assert_eq!(client.number(&wrong), 0, "rows that say something else");
}

fn check_unique(client: &mut Client) {
    let repeated = "SELECT count(phone_hash) - count(DISTINCT phone_hash) FROM customers";
    assert_eq!(client.number(repeated), 0);
}

fn check_plain(client: &mut Client) {
    check_untouched(client);
    let wrong =
        "SELECT count(*) FROM customers WHERE phone_try_normalize(phone) IS DISTINCT FROM truth";
    assert_eq!(client.number(wrong), 0, "rows that say something else");
}

/// Calls the procedure under load.
fn call(server: &Server, database: &str, target: Target, call: &str) -> Client {
    let mut client = server.connect_as("postgres", database);
    let ((), outcome) = while_written(server, database, target, || client.run(call));
    check_outcome(server, &outcome);
    client
}

#[test]
fn a_column_is_encrypted_and_decrypted_again() {
    let server = server();
    let database = server.database();
    make_table(&mut server.connect_as("postgres", &database));
    let encrypt = "CALL phone_add_encrypted_column('customers', 'phone', batch_size => 50)";
    let mut client = call(&server, &database, PLAIN, encrypt);
    check_encrypted(&mut client, "phone_encrypted");
    check_unique(&mut client);
    check_plain(&mut client);

    let rotate = "CALL phone_drop_plaintext('customers', 'phone', batch_size => 50)";
    let mut client = call(&server, &database, ENCRYPTED, rotate);
    check_encrypted(&mut client, "phone_encrypted");
    check_unique(&mut client);

    let back = "CALL phone_decrypt_column('customers', 'phone', batch_size => 50)";
    let mut client = call(&server, &database, ENCRYPTED, back);
    check_plain(&mut client);
}

fn with_encrypted_column(server: &Server) -> String {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    make_table(&mut client);
    client.run("CALL phone_add_encrypted_column('customers', 'phone')");
    client.run("CALL phone_drop_plaintext('customers', 'phone')");
    database
}

#[test]
fn a_column_is_rotated() {
    let server = server();
    let database = with_encrypted_column(&server);
    configure(&server, K2, K1, "phone_crypt.hash_key_id = 'a915ee2b'\n");
    server
        .connect_as("postgres", &database)
        .run("SELECT phone_crypt_pin_keys()");
    let rotate = "CALL phone_rotate_column('customers', 'phone', batch_size => 50)";
    let mut client = call(&server, &database, ENCRYPTED, rotate);
    check_encrypted(&mut client, "phone_encrypted");
    check_unique(&mut client);
    let old =
        format!("SELECT count(*) FROM customers WHERE phone_key_id(phone_encrypted) <> '{K2_ID}'");
    assert_eq!(client.number(&old), 0);
}

/// How often each of the rows that no writer touches is found by any of its hashes, until told to stop.
fn look_up(client: &mut Client, stop: &dyn Fn() -> bool) -> u32 {
    let sql = "SELECT count(*) FROM customers WHERE phone_hash = ANY (phone_hashes($1))";
    let mut rounds = 0;
    while !stop() {
        let number = format!("+61402{:06}", rounds % 300 + 1);
        let found: i64 = client.query_one(sql, &[&number]).unwrap().get(0);
        assert_eq!(found, 1, "a number was not found in round {rounds}");
        rounds += 1;
    }
    rounds
}

#[test]
fn hashes_are_changed_and_no_lookup_misses() {
    let server = server();
    let database = with_encrypted_column(&server);
    configure(
        &server,
        K1,
        K2,
        &format!("phone_crypt.hash_key_id = '{K2_ID}'\n"),
    );
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_crypt_pin_keys()");
    let rotate =
        "CALL phone_rotate_column('customers', 'phone', rotate_hash => true, batch_size => 50)";
    let done = std::sync::atomic::AtomicBool::new(false);
    let (rounds, outcome) = while_written(&server, &database, ENCRYPTED, || {
        std::thread::scope(|scope| {
            let mut reader = server.connect_as("postgres", &database);
            let done = &done;
            let reading = scope.spawn(move || {
                look_up(&mut reader, &|| {
                    done.load(std::sync::atomic::Ordering::Relaxed)
                })
            });
            let result = client.batch_execute(rotate);
            std::thread::sleep(std::time::Duration::from_millis(50));
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            result.unwrap();
            reading.join().unwrap()
        })
    });
    check_outcome(&server, &outcome);
    assert!(rounds > 200, "too few look-ups to prove anything: {rounds}");
    check_encrypted(&mut client, "phone_encrypted");
    check_unique(&mut client);
}

#[test]
fn values_of_the_earlier_application_are_imported() {
    let server = server();
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    make_people(&mut client, ROWS);
    client.run(&format!(
        "ALTER TABLE people RENAME TO customers;
         ALTER TABLE customers ADD COLUMN truth text, ADD COLUMN visits integer NOT NULL DEFAULT 0,
                               ADD COLUMN seen_at timestamptz DEFAULT now();
         UPDATE customers SET id = {UNTOUCHED} + id WHERE id % 10 = 4;
         UPDATE customers SET truth = phone_try_normalize(replace(phone_decrypt_legacy(phone, 'cbc'), '+10', '0'))"
    ));
    let target = Target {
        column: "phone",
        encrypts: true,
        arbiter: "(id)",
    };
    let import = "CALL phone_import_legacy_column('customers', 'phone', 'cbc', batch_size => 50)";
    let mut client = call(&server, &database, target, import);
    check_encrypted(&mut client, "phone");
    // Nothing was unique there, so every row has its hash, also those that were written before there were any.
    let without = "SELECT count(*) FROM customers WHERE truth IS NOT NULL AND phone_hash IS NULL";
    assert_eq!(client.number(without), 0);
}

#[test]
fn what_is_too_old_is_purged_and_nothing_else() {
    let server = server();
    let database = with_encrypted_column(&server);
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_column_policy('customers', 'phone', 'delete', '30 days', 'seen_at')");
    let purge = "CALL phone_purge_expired(batch_size => 10)";
    call(&server, &database, ENCRYPTED, purge);
    client.run(purge);
    let old = "SELECT count(*) FROM customers WHERE seen_at < now() - interval '30 days'";
    assert_eq!(client.number(old), 0);
    check_encrypted(&mut client, "phone_encrypted");
    check_unique(&mut client);
}
