//! Constraints on columns of the type: unique ones of every sort, exclusion, foreign keys, generated columns.

use phone_crypt_client_tests::{Sql, refused};

use crate::shared::{SERVER, by_index, customers, needs_the_right, role};

#[test]
fn unique_indexes_of_every_sort_know_spellings() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE line (id int, phone encrypted_phone, gone boolean DEFAULT false);
         CREATE UNIQUE INDEX line_open ON line (phone) WHERE NOT gone;
         CREATE UNIQUE INDEX line_pair ON line (gone, phone) INCLUDE (id);
         INSERT INTO line SELECT id, phone FROM customer; ANALYZE line;
         CREATE TABLE late (phone encrypted_phone UNIQUE DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO late VALUES ('0401 000 001'), ('0401 000 002')",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    let open = "SELECT id FROM line WHERE phone = '(0402) 000 042' AND NOT gone";
    assert_eq!(by_index(&mut writer, "line_open", open), ["42"]);
    let partial = "INSERT INTO line VALUES (-1, '(0402) 000 042') ON CONFLICT (phone) WHERE NOT gone DO UPDATE SET id = -42 RETURNING id";
    assert_eq!(writer.rows(partial), ["-42"]);
    let pair = "INSERT INTO line VALUES (-1, '+61 402 000 043') ON CONFLICT (phone, gone) DO NOTHING RETURNING id";
    assert!(writer.rows(pair).is_empty());
    needs_the_right(&mut nobody, &[open, partial, pair]);
    // The predicate is a constant of the index: that a number is another than that follows from what it is.
    superuser.run("DROP INDEX line_open, line_pair; CREATE INDEX line_some ON line (phone) WHERE phone <> 'ask for Bob'");
    let some = "SELECT id FROM line WHERE phone = '0402 000 044'";
    assert_eq!(by_index(&mut writer, "line_some", some), ["44"]);
    // Values exchange places as long as it is right in the end.
    writer.run("UPDATE late SET phone = CASE WHEN phone = '0401000001' THEN '0401000002'::encrypted_phone ELSE '0401000001' END");
    writer
        .refusal("INSERT INTO late VALUES ('+61 401 000 001')", &[])
        .says("23505", "duplicate key")
        .hides("401000");
    if SERVER.major() >= 15 {
        superuser.run("CREATE TABLE one (phone encrypted_phone UNIQUE NULLS NOT DISTINCT); INSERT INTO one VALUES (NULL), ('0401000001')");
        superuser
            .refusal("INSERT INTO one VALUES (NULL)", &[])
            .says("23505", "");
    }
}

#[test]
fn exclusion_compares_numbers() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE booking (phone encrypted_phone, gone boolean DEFAULT false,
             CONSTRAINT by_btree EXCLUDE USING btree (phone WITH =) WHERE (NOT gone),
             CONSTRAINT by_hash EXCLUDE USING hash (phone WITH =) WHERE (gone));
         INSERT INTO booking SELECT phone FROM customer",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    let insert = "INSERT INTO booking VALUES ('(0402) 000 042')";
    writer
        .refusal(insert, &[])
        .says("23P01", "by_btree")
        .hides("402000");
    writer.run("UPDATE booking SET gone = true WHERE phone = '0402 000 042'");
    writer.run(insert);
    let again = "UPDATE booking SET gone = true WHERE phone = '0402 000 042'";
    writer
        .refusal(again, &[])
        .says("23P01", "by_hash")
        .hides("402000");
    let nothing = "INSERT INTO booking VALUES ('0402000042') ON CONFLICT DO NOTHING RETURNING gone";
    assert!(writer.rows(nothing).is_empty());
    needs_the_right(&mut nobody, &[insert, again, nothing]);
}

#[test]
fn foreign_keys_follow_the_number() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE call (id int, phone encrypted_phone REFERENCES customer (phone) ON UPDATE CASCADE ON DELETE SET NULL);
         CREATE INDEX call_phone ON call (phone);
         INSERT INTO call SELECT id, phone_decrypt(phone) FROM customer; ANALYZE call;
         CREATE TABLE pair (id int, phone encrypted_phone, UNIQUE (id, phone));
         INSERT INTO pair VALUES (1, '0402 000 001');
         CREATE TABLE of_pair (id int, phone encrypted_phone,
             FOREIGN KEY (id, phone) REFERENCES pair (id, phone) MATCH FULL DEFERRABLE INITIALLY DEFERRED)",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    writer.run("INSERT INTO call VALUES (9001, '+61 402 000 042'), (9002, '0402 000 042 ext. 5')");
    for unknown in ["'0401 148 075'", "'ask for Bob'"] {
        let insert = format!("INSERT INTO call VALUES (9003, {unknown})");
        writer
            .refusal(&insert, &[])
            .says("23503", "call_phone_fkey")
            .hides("401")
            .hides("Bob");
        needs_the_right(&mut nobody, &[&insert]);
    }
    // The value moves with the row that it refers to, also those that were spelt otherwise.
    writer.run("UPDATE customer SET phone = '0401 148 075' WHERE phone = '0402 000 042'");
    let moved = "SELECT id FROM call WHERE phone = '+61401148075' ORDER BY id";
    assert_eq!(
        by_index(&mut writer, "call_phone", moved),
        ["42", "9001", "9002"]
    );
    writer.run("DELETE FROM customer WHERE phone = '+61401148075'");
    assert_eq!(
        writer.rows("SELECT count(*) FROM call WHERE phone IS NULL"),
        ["3"]
    );
    writer.run("INSERT INTO of_pair VALUES (1, '(0402) 000 001')");
    writer
        .refusal("INSERT INTO of_pair VALUES (2, '0402 000 001')", &[])
        .says("23503", "of_pair");
    // Saving the same number in another spelling is no change that a foreign key would have to follow.
    writer.run("UPDATE customer SET phone = '0402 000 007' WHERE id = 7");
    assert_eq!(
        writer.rows("SELECT phone_is_number(phone) FROM call WHERE id = 7"),
        ["t"]
    );
}

/// PostgreSQL refuses it from 18 on. Before, it compares in the name of the table's owner, as the documentation warns.
#[test]
fn a_foreign_key_from_text_is_none_to_make() {
    let (database, mut superuser) = customers();
    let table = "CREATE TABLE call (phone text REFERENCES customer (phone))";
    if SERVER.major() >= 18 {
        refused(superuser.batch_execute(table)).says("XX000", "collatable");
        return;
    }
    superuser.run(table);
    let (_, mut nobody) = role(&mut superuser, &database, "");
    nobody.run("INSERT INTO call VALUES ('(0402) 000 042')");
    nobody
        .refusal("INSERT INTO call VALUES ('0401 148 075')", &[])
        .says("23503", "call_phone_fkey");
}

#[test]
fn generated_columns_are_of_what_needs_no_key() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE line (phone encrypted_phone,
             is_number boolean GENERATED ALWAYS AS (phone_is_number(phone)) STORED,
             key_id text GENERATED ALWAYS AS (phone_key_id(phone)) STORED,
             copy encrypted_phone GENERATED ALWAYS AS (phone) STORED);
         CREATE UNIQUE INDEX line_copy ON line (copy);
         INSERT INTO line SELECT phone FROM customer; ANALYZE line",
    );
    // What depends on keys or settings is none: it would be written down once, and never again.
    for expression in [
        "entered::encrypted_phone",
        "phone_mask(phone)::encrypted_phone",
        "encrypted_phone(entered, 'AU')",
        "phone_reencrypt(phone)",
    ] {
        let table = format!(
            "CREATE TABLE refused (entered text, phone encrypted_phone, x encrypted_phone GENERATED ALWAYS AS ({expression}) STORED)"
        );
        refused(superuser.batch_execute(&table)).says("42P17", "not immutable");
    }
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    writer.run("INSERT INTO line VALUES ('ask for Bob'); UPDATE line SET phone = '0401 148 075' WHERE copy = '0402 000 042'");
    let found = "SELECT is_number, phone = copy FROM line WHERE copy = '+61401148075'";
    assert_eq!(by_index(&mut writer, "line_copy", found), ["t|t"]);
    assert_eq!(
        writer.rows("SELECT is_number FROM line WHERE phone = 'ask for Bob'"),
        ["f"]
    );
    writer
        .refusal("INSERT INTO line VALUES ('(0401) 148 075')", &[])
        .says("23505", "line_copy");
}
