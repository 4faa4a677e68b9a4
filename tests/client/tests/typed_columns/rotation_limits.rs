//! What keeps values from being rotated: it is said before anything is changed, or of the rows that are left.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};
use phone_crypt_client_tests::{Sql, refused};

use crate::shared::{
    ROTATING, SERVER, before_rotation, forge, keys_of, make_numbers, with_keys, with_owner,
};

const ROTATE: &str = "CALL phone_rotate_column('customer', 'phone')";

#[test]
fn a_foreign_key_that_compares_bytes_is_named_first() {
    for rule in ["NO ACTION", "RESTRICT", "SET NULL", "SET DEFAULT"] {
        let (database, mut old) = before_rotation();
        make_numbers(&mut old, 10);
        old.run(&format!(
            "CREATE TABLE call (id int PRIMARY KEY, phone encrypted_phone,
                                CONSTRAINT to_customer FOREIGN KEY (phone) REFERENCES customer (phone) ON UPDATE {rule});
             INSERT INTO call SELECT id, phone FROM customer WHERE id < 6"
        ));
        let mut client = ROTATING.connect_as("postgres", &database);
        match client.try_rows(ROTATE) {
            Err(refusal) => {
                refusal.says("2BP01", "phone").hides("+61402");
                assert!(refusal.everything.contains("to_customer"), "{refusal:?}");
                assert_eq!(keys_of(&mut client, "customer"), [format!("{K1_ID}|10")]);
            }
            Ok(_) => {
                let left = "SELECT count(phone) FROM call";
                panic!("{rule}: rotated, and {} of 5 are left", client.number(left));
            }
        }
    }
}

#[test]
fn damaged_values_are_left_and_counted() {
    let (database, mut old) = before_rotation();
    make_numbers(&mut old, 10);
    forge(&ROTATING, &database, "customer", 3);
    forge(&ROTATING, &database, "customer", 8);
    let (mut client, notices) = ROTATING.connect_noting("postgres", &database);
    client.run(ROTATE);
    let warnings = notices.with("2 values of table");
    assert_eq!(warnings.len(), 1, "{:?}", notices.all());
    let left = "SELECT id, phone_key_id(phone), phone_verify(phone) FROM customer WHERE NOT phone_verify(phone) ORDER BY id";
    assert_eq!(
        client.rows(left),
        [format!("3|{K1_ID}|f"), format!("8|{K1_ID}|f")]
    );
    assert_eq!(
        keys_of(&mut client, "customer"),
        [format!("{K2_ID}|8"), format!("{K1_ID}|2")]
    );
    let jobs =
        "SELECT state, details ->> 'rotated', details ->> 'unreadable' FROM phone_crypt.jobs";
    assert_eq!(client.rows(jobs), ["done|8|2"]);
}

/// Its value may be what the key is needed for: it is not passed over, and the key is named.
#[test]
fn a_value_under_a_key_that_is_not_configured_stops_it() {
    let (database, mut old) = before_rotation();
    make_numbers(&mut old, 10);
    let unknown = "a key that the server does not have any more";
    let mut other = with_keys(&ROTATING, &database, &[unknown, K1], K1_ID);
    let id = other.encrypts_under();
    other.run("UPDATE customer SET phone = phone_decrypt(phone) WHERE id = 4");
    let before = old.rows("SELECT id, phone FROM customer WHERE id = 4");
    let mut client = ROTATING.connect_as("postgres", &database);
    let refusal = client.refusal(ROTATE, &[]);
    refusal.says("55000", "stopped").hides("+61402");
    assert!(refusal.everything.contains(&id), "{refusal:?}");
    let left = "SELECT id, phone FROM customer WHERE id = 4";
    assert_eq!(client.rows(left), before);
    client.run("DELETE FROM customer WHERE id = 4");
    client.run(ROTATE);
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K2_ID}|9")]);
}

/// What changes the hash key is another call; where there is nothing to change, nobody needs it.
#[test]
fn hashes_of_another_key_are_left_to_another_procedure() {
    let (database, mut old) = before_rotation();
    make_numbers(&mut old, 3);
    let mut client = ROTATING.connect_as("postgres", &database);
    let rotate_hash = "CALL phone_rotate_column('customer', 'phone', rotate_hash => true)";
    client.run(rotate_hash);
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K2_ID}|3")]);
    let mut other = with_keys(&ROTATING, &database, &[K2, K1], K2_ID);
    other
        .refusal(rotate_hash, &[])
        .says("0A000", "all at once")
        .hints("phone_rotate_hash_key");
    let all = "CALL phone_rotate_all(rotate_hash => true)";
    other.refusal(all, &[]).says("0A000", "incomplete");
}

#[test]
fn a_dry_run_counts_and_changes_nothing() {
    let (database, mut old) = before_rotation();
    make_numbers(&mut old, 12);
    old.run("INSERT INTO customer VALUES (100, NULL)");
    let (mut client, notices) = ROTATING.connect_noting("postgres", &database);
    client.run("INSERT INTO customer VALUES (101, '+61402000101')");
    let before = client.rows("SELECT ctid, phone FROM customer ORDER BY id");
    client.run("CALL phone_rotate_column('customer', 'phone', dry_run => true)");
    let said = notices.with("dry run");
    assert!(
        said.len() == 1 && said[0].message.ends_with(" 12"),
        "{said:?}"
    );
    client.run("CALL phone_rotate_all(dry_run => true)");
    assert_eq!(
        client.rows("SELECT ctid, phone FROM customer ORDER BY id"),
        before
    );
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.jobs"), 0);
}

#[test]
fn one_table_that_fails_does_not_keep_the_others() {
    let (database, mut old) = before_rotation();
    old.run(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE 'no change of %', NEW.id USING ERRCODE = 'P0123'; END $$",
    );
    for table in ["a", "b", "c"] {
        old.run(&format!(
            "CREATE TABLE {table} (id int PRIMARY KEY, phone encrypted_phone);
             INSERT INTO {table} SELECT i, '+61402' || to_char(i, 'FM000000') FROM generate_series(1, 5) AS i"
        ));
    }
    old.run("CREATE TRIGGER no BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION no()");
    let (mut client, notices) = ROTATING.connect_noting("postgres", &database);
    let refusal = refused(client.batch_execute("CALL phone_rotate_all()"));
    refusal.says("P0123", "1 failed").hides("+61402");
    assert_eq!(notices.with("not rotated").len(), 1);
    for (table, key) in [("a", K2_ID), ("b", K1_ID), ("c", K2_ID)] {
        assert_eq!(keys_of(&mut client, table), [format!("{key}|5")]);
    }
    client.run("DROP TRIGGER no ON b");
    client.run("CALL phone_rotate_all()");
    assert_eq!(keys_of(&mut client, "b"), [format!("{K2_ID}|5")]);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.jobs WHERE state <> 'done'"),
        0
    );
}

/// The plain text is what the way back is for: it goes with `phone_drop_plaintext`, and not before.
#[test]
fn plain_text_beside_a_column_stays_where_it_is() {
    let (database, mut old) = before_rotation();
    old.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '(04) 0114 8076'), (3, 'ask for Bob')",
    );
    old.run("CALL phone_encrypt_column('customer', 'phone')");
    let plain = "SELECT id, phone_plain FROM customer ORDER BY id";
    let before = old.rows(plain);
    let mut client = ROTATING.connect_as("postgres", &database);
    client.run("SELECT phone_crypt_pin_keys()");
    client.run(ROTATE);
    assert_eq!(keys_of(&mut client, "customer"), [format!("{K2_ID}|3")]);
    assert!(client.rows(plain) == before, "plain text was taken away");
}

#[test]
fn only_who_owns_the_table_may() {
    let (_, mut superuser, mut owner) = with_owner(&SERVER);
    superuser.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone);
         GRANT ALL ON customer TO PUBLIC",
    );
    owner.refusal(ROTATE, &[]).says("42501", "customer");
    owner.run("CREATE TABLE own (id int PRIMARY KEY, phone encrypted_phone); INSERT INTO own VALUES (1, '0401 148 075')");
    owner.run("CALL phone_rotate_column('own', 'phone')");
    // The tables of others are left out, and that is said.
    owner.run("CALL phone_rotate_all()");
}
