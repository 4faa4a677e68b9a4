//! Columns as they are found: domains, short types, generated ones, constraints, triggers, encodings.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::round_trip::{there, there_and_back};
use crate::shared::{SERVER, disagreeing};

const ENCRYPT: &str = "CALL phone_add_encrypted_column('customers', 'phone')";

fn table(columns: &str) -> Client {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE DOMAIN short AS varchar(30);
         CREATE DOMAIN number AS short CHECK (VALUE <> 'never');
         CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {columns});
         INSERT INTO customers (phone)
         VALUES ('0401148075'), ('+1 401 148 0751'), ('nobody'), ('+61 2 9876 5432 x17')"
    ));
    client
}

#[test]
fn types_of_texts() {
    for kind in [
        "text",
        "text NOT NULL",
        "varchar",
        "varchar(25)",
        "short",
        "number",
        "number NOT NULL",
        "text COLLATE \"C\"",
    ] {
        let mut client = table(&format!("phone {kind}"));
        if !kind.contains("NOT NULL") {
            client.run("INSERT INTO customers (phone) VALUES (NULL)");
        }
        there_and_back(&mut client, "customers", "phone");
    }
}

#[test]
fn a_unique_column_is_unique_again() {
    let mut client = table("phone text NOT NULL UNIQUE");
    client.run(ENCRYPT);
    client.run("CALL phone_drop_plaintext('customers', 'phone')");
    client.run("CALL phone_decrypt_column('customers', 'phone')");
    let again = "INSERT INTO customers (phone) VALUES ('+61401148075')";
    assert_eq!(client.refusal(again, &[]).sqlstate, "23505");
    let missing = "INSERT INTO customers (phone) VALUES (NULL)";
    assert_eq!(client.refusal(missing, &[]).sqlstate, "23502");
}

#[test]
fn a_column_that_is_no_text_is_refused() {
    for (kind, sqlstate) in [("bigint", "42804"), ("jsonb", "42804"), ("text[]", "42804")] {
        let mut client = SERVER.session();
        client.run(&format!(
            "CREATE TABLE customers (id int PRIMARY KEY, phone {kind})"
        ));
        let refusal = client.refusal(ENCRYPT, &[]);
        assert_eq!(refusal.sqlstate, sqlstate, "{kind}: {refusal:?}");
    }
    let mut client = SERVER.session();
    client.run("CREATE TABLE customers (id int PRIMARY KEY, a text, phone text GENERATED ALWAYS AS (a || '') STORED)");
    client.refusal(ENCRYPT, &[]).says("428C9", "generated");
    client
        .refusal("CALL phone_add_encrypted_column('customers', 'none')", &[])
        .says("42703", "no column");
}

#[test]
fn columns_that_are_too_short_are_refused_before_anything_is_changed() {
    for short in [
        "phone_encrypted varchar(120)",
        "phone_hash varchar(63)",
        "phone_raw varchar(200)",
        "phone_encrypted short",
    ] {
        let mut client = table(&format!("phone text, {short}"));
        let refusal = client.refusal(ENCRYPT, &[]);
        refusal.says("22023", "characters");
        assert_eq!(client.number("SELECT count(*) FROM phone_crypt.columns"), 0);
    }
    let mut client =
        table("phone text, phone_encrypted varchar(171), phone_hash char(64), phone_raw varchar");
    client.run("UPDATE customers SET phone = NULL WHERE id > 2");
    client.run(ENCRYPT);
    assert_eq!(disagreeing(&mut client, "customers", "phone"), 0);
}

#[test]
fn a_column_that_is_generated_from_it_keeps_it_from_being_dropped() {
    let mut client =
        table("phone text, shown text GENERATED ALWAYS AS ('<' || phone || '>') STORED");
    there(&mut client, "customers", "phone");
    let drop = "CALL phone_drop_plaintext('customers', 'phone')";
    let refusal = client.refusal(drop, &[]);
    refusal.says("2BP01", "depend").hides("0401148075");
    client.run("ALTER TABLE customers DROP COLUMN shown");
    client.run(drop);
}

#[test]
fn triggers_of_the_table_see_every_row_once_and_ours_sees_what_they_made() {
    let mut client = table("phone text, changed int NOT NULL DEFAULT 0");
    client.run(
        "CREATE TABLE history (id int);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
             'BEGIN INSERT INTO history VALUES (NEW.id); RETURN NULL; END';
         CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN NEW.phone := replace(NEW.phone, ''tel '', ''''); NEW.changed := NEW.changed + 1; RETURN NEW; END';
         CREATE TRIGGER note AFTER UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION note();
         CREATE TRIGGER tidy BEFORE INSERT OR UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION tidy()",
    );
    there(&mut client, "customers", "phone");
    assert_eq!(
        client.rows("SELECT count(*), count(DISTINCT id) FROM history"),
        ["4|4"]
    );
    client.run("INSERT INTO customers (phone) VALUES ('tel 0401 148 079')");
    assert_eq!(disagreeing(&mut client, "customers", "phone"), 0);
    assert_eq!(
        client
            .number("SELECT count(*) FROM customers WHERE phone_hash = phone_hash('+61401148079')"),
        1
    );
}

#[test]
fn deferred_constraints_stay_deferred() {
    let mut client = table("phone text UNIQUE DEFERRABLE INITIALLY DEFERRED");
    there_and_back(&mut client, "customers", "phone");
}

#[test]
fn numbers_that_only_differ_in_spelling_are_counted_and_keep_no_hash() {
    let mut client = table("phone text UNIQUE");
    client.run("INSERT INTO customers (phone) VALUES ('+61401148075'), ('+61 401 148 075'), ('(401) 148-0751')");
    client.run(ENCRYPT);
    let details = "SELECT details ->> 'duplicate', details ->> 'with_extension', details ->> 'not_a_phone_number'
                     FROM phone_crypt.jobs";
    assert_eq!(client.rows(details), ["3|1|1"]);
    let hashes = "SELECT phone_decrypt(phone_encrypted), count(*), count(phone_hash), count(DISTINCT phone_hash)
                    FROM customers WHERE phone_encrypted IS NOT NULL GROUP BY 1 ORDER BY 1";
    assert_eq!(
        client.rows(hashes),
        [
            "+14011480751|2|1|1",
            "+61298765432|1|1|1",
            "+61401148075|3|1|1"
        ]
    );
    let repeated = "INSERT INTO customers (phone) VALUES ('0401 148 075')";
    assert_eq!(client.refusal(repeated, &[]).sqlstate, "23505");
}

#[test]
fn without_uniqueness_before_there_is_none_after() {
    let mut client = table("phone text");
    client.run("INSERT INTO customers (phone) SELECT phone FROM customers");
    there_and_back(&mut client, "customers", "phone");
}

#[test]
fn a_context_of_every_row() {
    let mut client = table("phone text");
    client.run("CALL phone_add_encrypted_column('customers', 'phone', context => 'customers', context_column => 'id', hash_context => 'c')");
    let wrong = "SELECT count(*) FROM customers
         WHERE phone_decrypt(phone_encrypted, 'customers' || chr(31) || id) IS DISTINCT FROM phone_try_normalize(phone)
            OR phone_hash IS DISTINCT FROM phone_hash(phone_try_normalize(phone), 'c')";
    assert_eq!(client.number(wrong), 0);
    client.run(
        "ALTER TABLE customers ALTER COLUMN id DROP IDENTITY; UPDATE customers SET id = id + 100",
    );
    assert_eq!(client.number(wrong), 0);
    client.run("CALL phone_drop_plaintext('customers', 'phone')");
    client.run("CALL phone_decrypt_column('customers', 'phone')");
    let phones = "SELECT phone FROM customers ORDER BY id";
    assert_eq!(
        client.rows(phones),
        [
            "+61401148075",
            "+14011480751",
            "nobody",
            "+61 2 9876 5432 x17"
        ]
    );
}

#[test]
fn a_database_in_another_encoding() {
    let name = SERVER.empty_database();
    SERVER.connect().run(&format!("DROP DATABASE {name}"));
    SERVER.connect().run(&format!(
        "CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    ));
    let mut client = SERVER.connect_as("postgres", &name);
    client.run(
        "CREATE EXTENSION phone_crypt;
         CREATE TABLE \"Küche\" (\"Schlüssel\" text PRIMARY KEY, \"Fernruf é\" text);
         INSERT INTO \"Küche\" VALUES ('ä', '0401148075'), ('ö', 'nach Büroschluß fragen'), ('ü', '+61 2 9876 5432 x17')",
    );
    there_and_back(&mut client, "\"Küche\"", "\"Fernruf é\"");
}
