//! What a rotation cannot bring under the new key is named before anything is changed.

use phone_crypt_client_tests::samples::{K1_ID, K2_ID};
use phone_crypt_client_tests::{Sql, refused};

use crate::shared::{ROTATE, SERVER, before_rotation, check_nothing_left, hash_key, make_numbers};

/// What is made, what the refusal names, its SQLSTATE, and what takes it away.
const REFUSED: [(&str, &str, &str, &str); 20] = [
    ("CREATE VIEW v AS SELECT id FROM customer WHERE phone = '0402 000 001'", "view v", "2BP01", "DROP VIEW v"),
    ("CREATE VIEW v AS SELECT 'x'::text WHERE ('0402 000 001'::encrypted_phone) IS NOT NULL", "view v", "2BP01", "DROP VIEW v"),
    ("CREATE MATERIALIZED VIEW v AS SELECT phone FROM customer", "column phone of v", "0A000", "DROP MATERIALIZED VIEW v"),
    ("ALTER TABLE customer ADD CHECK (phone <> '0402 999 999')", "constraint customer_phone_check", "2BP01",
     "ALTER TABLE customer DROP CONSTRAINT customer_phone_check"),
    ("ALTER TABLE customer ADD CHECK (phone NOT IN ('0402 999 999', '0402 999 998'))", "constraint customer_phone_check", "2BP01",
     "ALTER TABLE customer DROP CONSTRAINT customer_phone_check"),
    ("CREATE INDEX part ON customer (id) WHERE phone = '0402 000 001'", "index part", "2BP01", "DROP INDEX part"),
    ("ALTER TABLE customer ALTER phone SET DEFAULT '0402 000 000'", "default value for column phone", "2BP01",
     "ALTER TABLE customer ALTER phone DROP DEFAULT"),
    ("CREATE POLICY own ON customer USING (phone = '0402 000 001')", "policy own", "2BP01", "DROP POLICY own ON customer"),
    ("CREATE POLICY own ON customer USING (phone IS NOT NULL)", "policy own", "2BP01", "DROP POLICY own ON customer"),
    ("CREATE FUNCTION f(phone encrypted_phone DEFAULT '0402 000 001') RETURNS int LANGUAGE sql AS 'SELECT 1'", "function f", "2BP01",
     "DROP FUNCTION f"),
    ("CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM customer WHERE phone = '0402 000 001'; END",
     "function f", "2BP01", "DROP FUNCTION f"),
    ("CREATE RULE r AS ON UPDATE TO customer WHERE NEW.phone = '0402 000 001' DO INSTEAD NOTHING", "rule r", "2BP01",
     "DROP RULE r ON customer"),
    ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TRIGGER t BEFORE INSERT ON customer FOR EACH ROW WHEN (NEW.phone = '0402 000 001') EXECUTE FUNCTION f()", "trigger t",
     "2BP01", "DROP FUNCTION f CASCADE"),
    ("CREATE DOMAIN d AS encrypted_phone DEFAULT '0402 000 001'", "type d", "2BP01", "DROP DOMAIN d"),
    ("CREATE TABLE a (phones encrypted_phone[])", "column phones of a", "0A000", "DROP TABLE a"),
    ("CREATE DOMAIN d AS encrypted_phone; CREATE TABLE a (phone d)", "column phone of a", "0A000", "DROP TABLE a; DROP DOMAIN d"),
    ("CREATE TYPE r AS (phone encrypted_phone); CREATE TABLE a (who r)", "column who of a", "0A000", "DROP TABLE a; DROP TYPE r"),
    ("CREATE TABLE a (phone encrypted_phone) PARTITION BY HASH (phone)", "column phone of a", "0A000", "DROP TABLE a"),
    ("CREATE TABLE a (phone encrypted_phone REFERENCES customer (phone))", "a_phone_fkey", "2BP01", "DROP TABLE a"),
    ("CREATE TABLE a (phone encrypted_phone PRIMARY KEY)", "a_pkey", "2BP01", "DROP TABLE a"),
];

#[test]
fn what_cannot_follow_is_named() {
    let (_, mut client) = before_rotation(&SERVER);
    make_numbers(&mut client, 20);
    for (made_by, name, sqlstate, removed_by) in REFUSED {
        client.run(made_by);
        let refusal = client.refusal(ROTATE, &[]);
        assert_eq!(refusal.sqlstate, sqlstate, "{made_by}: {refusal:?}");
        let everything = refusal.everything.replace("public.", "");
        assert!(everything.contains(name), "{made_by}: {refusal:?}");
        refusal.hides("+61402").hides("0402");
        let dry = "CALL phone_rotate_hash_key('3a4e3936', dry_run => true)";
        assert_eq!(client.refusal(dry, &[]).sqlstate, sqlstate, "{made_by}");
        check_nothing_left(&mut client);
        client.run(removed_by);
    }
    // What is read anew each time, or is NULL, is no obstacle.
    client.run(
        "CREATE VIEW v AS SELECT NULL::encrypted_phone AS nobody WHERE '0402 000 001'::text::encrypted_phone IS NOT NULL;
         CREATE FUNCTION f(phone encrypted_phone DEFAULT NULL) RETURNS bigint LANGUAGE sql AS
             $$ SELECT count(*) FROM customer WHERE phone = '0402 000 001' $$",
    );
    client.run(ROTATE);
    assert_eq!(hash_key(&mut client), K2_ID);
    assert_eq!(client.rows("SELECT f()"), ["1"]);
}

#[test]
fn a_conversion_is_finished_first() {
    let (_, mut client) = before_rotation(&SERVER);
    client.run("CREATE TABLE a (phone text); INSERT INTO a VALUES ('0402 000 001')");
    client.run("CALL phone_encrypt_column('a', 'phone')");
    let refusal = client.refusal(ROTATE, &[]);
    refusal
        .says("55000", "being converted")
        .hints("phone_drop_plaintext");
    client.run("CALL phone_drop_plaintext('a', 'phone')");
    client.run(ROTATE);
    assert_eq!(hash_key(&mut client), K2_ID);
    check_nothing_left(&mut client);
}

#[test]
fn the_key_and_the_pin_are_checked_first() {
    let (_, mut client) = before_rotation(&SERVER);
    make_numbers(&mut client, 3);
    for (call, sqlstate, says) in [
        ("CALL phone_rotate_hash_key(NULL)", "22004", "NULL"),
        (
            "CALL phone_rotate_hash_key('3a4e3936', dry_run => NULL)",
            "22004",
            "NULL",
        ),
        (
            "CALL phone_rotate_hash_key('3a4e3936', batch_size => 0)",
            "22023",
            "batch",
        ),
        (
            "CALL phone_rotate_hash_key('')",
            "55000",
            "not pinned to a key",
        ),
        (
            "CALL phone_rotate_hash_key('0c492c9b')",
            "55000",
            "not pinned to a key",
        ),
    ] {
        client.refusal(call, &[]).says(sqlstate, says);
    }
    client.set("hash_key_id", K1_ID);
    client
        .refusal(ROTATE, &[])
        .says("55000", "hash_key_id is set")
        .hints("Take the setting away");
    client.set("hash_key_id", K2_ID);
    client
        .refusal("SELECT phone_crypt_pin_keys()", &[])
        .says("55000", "the hash key is another one");
    client.set("hash_key_id", "");
    client.run("DELETE FROM phone_crypt.pinned_keys");
    client
        .refusal(ROTATE, &[])
        .says("55000", "not pinned")
        .hints("phone_crypt_pin_keys");
}

#[test]
fn every_table_must_be_the_callers() {
    let (database, mut client) = before_rotation(&SERVER);
    let owner = format!("owner_{database}");
    client.run(&format!(
        "CREATE ROLE {owner} LOGIN;
         SELECT phone_crypt_grant('{owner}', 'admin');
         GRANT CREATE ON SCHEMA public TO {owner};
         CREATE TABLE others (phone encrypted_phone)"
    ));
    let mut owner = SERVER.connect_as(&owner, &database);
    make_numbers(&mut owner, 3);
    refused(owner.batch_execute(ROTATE)).says("42501", "others");
    check_nothing_left(&mut client);
    client.run("DROP TABLE others");
    owner.run(ROTATE);
    assert_eq!(hash_key(&mut client), K2_ID);
    check_nothing_left(&mut client);
}
