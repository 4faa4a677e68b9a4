//! Values come under a new key in place. What they are compared by stays, so nobody who looks numbers up notices.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID, K3};

use crate::application::{check_outcome, check_rows, make_table, while_used};
use crate::shared::{ROTATING, before_rotation, keys_of, make_numbers, with_keys};

const ROTATE: &str = "CALL phone_rotate_column('customer', 'phone')";

#[test]
fn no_number_is_missed_while_an_application_writes() {
    let (database, mut old) = before_rotation();
    make_table(&mut old, "encrypted_phone", 1500);
    let mut client = ROTATING.connect_as("postgres", &database);
    let rotate = "CALL phone_rotate_column('customer', 'phone', batch_size => 50)";
    let ((), outcome) = while_used(&ROTATING, &database, 1500, || client.run(rotate));
    check_outcome(&ROTATING, &outcome);
    check_rows(&mut client);
    let under_another = format!(
        "SELECT count(*) FROM customer WHERE phone_key_id(phone) <> '{K2_ID}' OR phone_hash_key_id(phone) <> '{K1_ID}'"
    );
    assert_eq!(client.number(&under_another), 0);
    let job = "SELECT state, done >= total FROM phone_crypt.jobs";
    assert_eq!(client.rows(job), ["done|t"]);
}

#[test]
fn every_kind_of_value_stays_what_it_is() {
    let (database, mut old) = before_rotation();
    old.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '+61 401 148 076 ext 12'), (3, 'ask for Bob'), (4, ''),
                                     (5, NULL), (6, 'Ελένη, στο γραφείο'), (7, '+61401148077')",
    );
    let what = "SELECT id, phone_decrypt(phone), phone_original(phone), phone_extension(phone), phone_hash_key_id(phone),
                       phone_is_number(phone), phone_verify(phone) FROM customer ORDER BY id";
    let before = old.rows(what);
    let mut client = ROTATING.connect_as("postgres", &database);
    client.run(ROTATE);
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K2_ID}|6")]);
    assert_eq!(client.rows(what), before);
    // Once more there is nothing to do, and no row is written.
    let versions = "SELECT ctid, xmin, phone FROM customer ORDER BY id";
    let done = client.rows(versions);
    client.run(ROTATE);
    assert_eq!(client.rows(versions), done);
}

#[test]
fn columns_of_addresses_go_along() {
    let (database, mut old) = before_rotation();
    old.run(
        "CREATE TABLE account (id int PRIMARY KEY, email encrypted_email UNIQUE);
         INSERT INTO account VALUES (1, 'Ann@EXAMPLE.com'), (2, 'ask Ann'), (3, NULL)",
    );
    let what = "SELECT id, email_decrypt(email), email_hash_key_id(email), email_verify(email) FROM account ORDER BY id";
    let before = old.rows(what);
    let keys = "SELECT key_id, hash_key_id, rows FROM phone_column_keys('account', 'email')";
    assert_eq!(old.rows(keys), [format!("{K1_ID}|{K1_ID}|2")]);
    let mut client = ROTATING.connect_as("postgres", &database);
    client.run("CALL phone_rotate_all()");
    assert_eq!(client.rows(keys), [format!("{K2_ID}|{K1_ID}|2")]);
    assert_eq!(client.rows(what), before);
    client.run("CALL phone_verify_column('account', 'email')");
}

#[test]
fn the_old_key_is_not_needed_afterwards() {
    let database = ROTATING.database();
    let mut old = with_keys(&ROTATING, &database, &[K3, K1], K1_ID);
    make_numbers(&mut old, 20);
    let mut client = ROTATING.connect_as("postgres", &database);
    client.run(ROTATE);
    let mut without = with_keys(&ROTATING, &database, &[K2, K1], K1_ID);
    let sum = "SELECT count(*) FROM customer WHERE phone_decrypt(phone) LIKE '+61402%'";
    assert_eq!(without.number(sum), 20);
    assert_eq!(
        without.rows("SELECT id FROM customer WHERE phone = '0402 000 007'"),
        ["7"]
    );
}

#[test]
fn a_foreign_key_that_cascades_copies_the_value() {
    let (database, mut old) = before_rotation();
    make_numbers(&mut old, 10);
    old.run(
        "CREATE TABLE call (id int PRIMARY KEY, phone encrypted_phone REFERENCES customer (phone) ON UPDATE CASCADE);
         INSERT INTO call SELECT id, phone FROM customer WHERE id < 6",
    );
    let mut client = ROTATING.connect_as("postgres", &database);
    client.run(ROTATE);
    assert_eq!(keys_of(&mut client, "call"), [format!("{K2_ID}|5")]);
    let joined = "SELECT count(*) FROM call JOIN customer USING (id, phone)";
    assert_eq!(client.number(joined), 5);
    // The side that refers can be rotated on its own.
    old.run("UPDATE call SET phone = phone_decrypt(phone)");
    assert_eq!(keys_of(&mut client, "call"), [format!("{K1_ID}|5")]);
    client.run("CALL phone_rotate_column('call', 'phone')");
    assert_eq!(keys_of(&mut client, "call"), [format!("{K2_ID}|5")]);
    assert_eq!(client.number(joined), 5);
}

#[test]
fn each_partition_of_a_table_is_rotated() {
    let (database, mut old) = before_rotation();
    old.run(
        "CREATE TABLE customer (id int, phone encrypted_phone) PARTITION BY RANGE (id);
         CREATE TABLE low PARTITION OF customer FOR VALUES FROM (0) TO (100);
         CREATE TABLE high PARTITION OF customer FOR VALUES FROM (100) TO (1000) PARTITION BY RANGE (id);
         -- Its columns stand in another order.
         CREATE TABLE highest (phone encrypted_phone, gone int, id int);
         ALTER TABLE highest DROP COLUMN gone;
         ALTER TABLE high ATTACH PARTITION highest FOR VALUES FROM (500) TO (1000);
         CREATE TABLE middle PARTITION OF high DEFAULT;
         INSERT INTO customer SELECT i, '+61402' || to_char(i, 'FM000000') FROM generate_series(1, 999) AS i",
    );
    let (mut client, notices) = ROTATING.connect_noting("postgres", &database);
    client.run("CALL phone_rotate_column('customer', 'phone', dry_run => true)");
    let counted: i64 = notices
        .with("dry run")
        .iter()
        .map(|notice| {
            let count = notice.message.rsplit(' ').next().unwrap();
            count.parse::<i64>().unwrap()
        })
        .sum();
    assert_eq!(counted, 999);
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K1_ID}|999")]);
    client.run("CALL phone_rotate_column('customer', 'phone', batch_size => 10)");
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K2_ID}|999")]);
    assert_eq!(
        client.number("SELECT count(*) FROM customer WHERE phone = '0402 000 700'"),
        1
    );
    // One partition alone, and a table that has none.
    old.run("UPDATE customer SET phone = phone_decrypt(phone)");
    client.run("CALL phone_rotate_column('highest', 'phone')");
    assert_eq!(keys_of(&mut client, "highest"), [format!("{K2_ID}|500")]);
    assert_eq!(keys_of(&mut client, "middle"), [format!("{K1_ID}|400")]);
    client.run("CREATE TABLE empty (phone encrypted_phone) PARTITION BY HASH (phone)");
    client.run("CALL phone_rotate_column('empty', 'phone')");
}
