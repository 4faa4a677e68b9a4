//! What happens to a column of values while it is converted: writers of values, of plain text and of NULL; values that
//! cannot be read; a new key.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};
use phone_crypt_client_tests::{Sequence, Sql, refused, wait_until};
use postgres::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, server_with_keys, state_of_conversion};

const ROWS: i32 = 1200;
const SESSIONS: u64 = 3;

fn make_table(client: &mut Client) {
    client.run(&format!(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text, truth text);
         INSERT INTO customer SELECT i, phone_encrypt(number), number
           FROM generate_series(1, {ROWS}) AS i, concat('+61401', to_char(i, 'FM000000')) AS number"
    ));
}

/// How many rows say something else than what was written last.
const WRONG: &str = "SELECT count(*) FROM customer WHERE phone_show(phone) IS DISTINCT FROM truth";

/// Leads to rows that are being filled, and no further.
fn begin(client: &mut Client, work: &str) {
    let conversion = "phone_crypt.conversion('customer', 'phone')";
    for sql in [
        "phone_crypt.prepare_sql('customer', 'phone', 'value ')".to_owned(),
        format!("phone_crypt.missing_indexes({conversion}, false, false)"),
        format!("phone_crypt.sync_trigger_sql({conversion}, '{work}')"),
    ] {
        client.run(&format!(
            "CALL phone_crypt.change_table('customer', {sql}, NULL)"
        ));
    }
    assert_eq!(state_of_conversion(client), "filling");
}

/// What the writers are told.
#[derive(Default)]
struct Told {
    /// Plain text is taken, too.
    takes_plain: AtomicBool,
    stop: AtomicBool,
}

/// Writes rows until told to stop. Once the column is of the type it takes no value any more: then plain text alone.
fn write(mut client: Client, seed: u64, told: &Told) -> u32 {
    let mut sequence = Sequence::new(seed);
    let (mut written, mut gives_values) = (0, true);
    while !told.stop.load(Ordering::Relaxed) {
        let id = sequence.below(ROWS) + 1;
        let number = format!("'+61403{:06}'", sequence.below(1_000_000));
        let (phone, truth) = match sequence.below(4) {
            0 => ("NULL".to_owned(), "NULL".to_owned()),
            1 if told.takes_plain.load(Ordering::Relaxed) => (number.clone(), number),
            _ if gives_values => (format!("phone_encrypt({number})"), number),
            _ => (number.clone(), number),
        };
        let sql = match sequence.below(4) {
            0 => format!(
                "INSERT INTO customer VALUES ({}, {phone}, {truth}) ON CONFLICT (id) DO UPDATE SET truth = customer.truth",
                ROWS + sequence.below(1_000_000)
            ),
            _ => format!("UPDATE customer SET phone = {phone}, truth = {truth} WHERE id = {id}"),
        };
        match client.batch_execute(&sql) {
            Ok(()) => written += 1,
            Err(error) => {
                let refusal = refused::<()>(Err(error));
                assert!(gives_values, "{refusal:?}");
                assert!(
                    ["22P02", "42804"].contains(&refusal.sqlstate.as_str()),
                    "{refusal:?}"
                );
                gives_values = false;
            }
        }
    }
    assert!(!gives_values, "it never met the new type");
    written
}

#[test]
fn writers_of_values_plain_text_and_null_go_on() {
    for (work, options) in [
        ("read", ", batch_size => 60"),
        (
            "read_with_spelling",
            ", batch_size => 60, keep_original => true",
        ),
    ] {
        let database = SERVER.database();
        let mut client = SERVER.connect_as("postgres", &database);
        make_table(&mut client);
        let told = Told::default();
        thread::scope(|scope| {
            let sessions: Vec<_> = (1..=SESSIONS)
                .map(|seed| {
                    let session = SERVER.connect_as("postgres", &database);
                    let told = &told;
                    scope.spawn(move || write(session, seed, told))
                })
                .collect();
            thread::sleep(Duration::from_millis(100));
            begin(&mut client, work);
            told.takes_plain.store(true, Ordering::Relaxed);
            let convert = format!("CALL phone_encrypt_column('customer', 'phone'{options})");
            let result = client.batch_execute(&convert);
            thread::sleep(Duration::from_millis(300));
            told.stop.store(true, Ordering::Relaxed);
            result.unwrap();
            let written = sessions.into_iter().map(|session| session.join().unwrap());
            let written: u32 = written.sum();
            assert!(written > 100, "too little to prove anything: {written}");
        });
        assert!(is_encrypted(&mut client, "customer", "phone"));
        assert_eq!(client.number(WRONG), 0);
        client.run(DROP);
        assert_eq!(client.number(WRONG), 0);
        let found = "SELECT count(*) FROM customer AS c
                      WHERE truth IS NOT NULL AND NOT EXISTS (SELECT FROM customer AS o WHERE o.phone = c.truth AND o.id = c.id)";
        assert_eq!(client.number(found), 0);
    }
}

/// A value that cannot be read, written while rows are filled, is told of and waits; the others are kept as they are.
#[test]
fn a_value_that_cannot_be_read_is_told_of() {
    let mut client = SERVER.session();
    make_table(&mut client);
    begin(&mut client, "read");
    client.run(
        "UPDATE customer SET phone = phone_encrypt(truth, 'other') WHERE id IN (5, 700);
         UPDATE customer SET phone = repeat('0', 32) || ':' || repeat('0', 120), truth = '0' WHERE id = 6",
    );
    for _ in 0..2 {
        let refusal = client.refusal(CONVERT, &[]);
        refusal
            .says("22000", "3 values")
            .hints("WHERE phone_encrypted IS NULL and phone is not")
            .hides("+6140");
        assert_eq!(state_of_conversion(&mut client), "filling");
    }
    let named =
        "SELECT id FROM customer WHERE phone_encrypted IS NULL AND phone IS NOT NULL ORDER BY id";
    assert_eq!(client.rows(named), ["5", "6", "700"]);
    client.run(
        "UPDATE customer SET phone = phone_encrypt(truth) WHERE id = 5; UPDATE customer SET phone = truth WHERE id = 700;
         DELETE FROM customer WHERE id = 6",
    );
    client.run(CONVERT);
    assert_eq!(client.number(WRONG), 0);
}

/// What the trigger cannot tell from a batch, the comparison before the swap does.
#[test]
fn what_is_written_into_the_new_column_does_not_pass() {
    let mut client = SERVER.session();
    make_table(&mut client);
    begin(&mut client, "read");
    client.run(
        "UPDATE customer SET phone_encrypted = '+61402000001' WHERE id IN (5, 6);
         INSERT INTO customer (id, phone, truth, phone_encrypted)
         SELECT 5000, phone_encrypt('+61402000009'), '+61402000009', '+61402000001'",
    );
    client
        .refusal(CONVERT, &[])
        .says("55000", "2 rows")
        .hints("SET phone_encrypted = NULL");
    client.run("UPDATE customer SET phone_encrypted = NULL WHERE id IN (5, 6)");
    client.run(CONVERT);
    assert_eq!(client.number(WRONG), 0);
}

/// Rows that were written after the last batch are read under the lock of the swap.
#[test]
fn the_last_rows_are_read_before_the_names_change() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    make_table(&mut client);
    let mut reader = SERVER.connect_as("postgres", &database);
    // It keeps the conversion from the swap.
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    thread::scope(|scope| {
        let mut worker = SERVER.connect_as("postgres", &database);
        let conversion = scope.spawn(move || worker.batch_execute(CONVERT));
        wait_until("the rows are filled", || {
            state_of_conversion(&mut client) == "filling"
                && client.number("SELECT count(*) FROM customer WHERE phone_encrypted IS NULL") == 0
        });
        thread::sleep(Duration::from_millis(300));
        client.run(
            "UPDATE customer SET phone = phone_encrypt('+61402000001'), truth = '+61402000001' WHERE id = 3;
             UPDATE customer SET phone = '0402 000 002', truth = '+61402000002' WHERE id = 4;
             UPDATE customer SET phone = NULL, truth = NULL WHERE id = 5",
        );
        reader.run("COMMIT");
        conversion.join().unwrap().unwrap();
    });
    assert_eq!(client.number(WRONG), 0);
    client.run(DROP);
    assert_eq!(client.number(WRONG), 0);
}

/// A new key while the old values are still there: they go with the old key, and nothing else does.
#[test]
fn values_come_under_a_new_key_while_the_old_ones_are_there() {
    let server = server_with_keys(&[K1, K2]);
    let mut client = server.session();
    make_table(&mut client);
    client.run(CONVERT);
    client.set("encryption_key", K2);
    client.set("previous_keys", K1);
    client.set("hash_key_id", K1_ID);
    client.run("SELECT phone_crypt_pin_keys()");
    client.run("CALL phone_rotate_column('customer', 'phone', batch_size => 100)");
    let old = format!("SELECT count(*) FROM customer WHERE phone_key_id(phone) <> '{K2_ID}'");
    assert_eq!(client.number(&old), 0);
    assert_eq!(client.number(WRONG), 0);
    client.run(DROP);
    assert_eq!(client.number(WRONG), 0);
    let found = "SELECT count(*) FROM customer WHERE phone = '+61401000007'";
    assert_eq!(client.number(found), 1);
}
