//! `phone_column_keys`: under which keys the values of a column are, for its owner alone.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};
use postgres::Client;

use crate::shared::{SERVER, role};

fn keys(client: &mut Client, table: &str, column: &str) -> Vec<String> {
    client.rows(&format!(
        "SELECT * FROM phone_column_keys('{table}', '{column}')"
    ))
}

/// Three rows encrypted and compared under K1, one encrypted under K2, one compared under it, one both, and one NULL.
fn mixed(client: &mut Client) {
    client.run(
        "CREATE TABLE customer (id int, phone encrypted_phone);
         INSERT INTO customer VALUES (1, '0401 148 075'), (2, '0401 148 076 x12'), (3, 'ask for Bob'), (4, NULL)",
    );
    client.set("hash_key_id", K2_ID);
    client.run("INSERT INTO customer VALUES (5, '0401 148 075')");
    client.set("encryption_key", K2);
    client.set("previous_keys", K1);
    client.run("INSERT INTO customer VALUES (6, '0401 148 075')");
    client.set("hash_key_id", K1_ID);
    client.run("INSERT INTO customer VALUES (7, '0401 148 077')");
    client.run("RESET phone_crypt.encryption_key; RESET phone_crypt.previous_keys; RESET phone_crypt.hash_key_id");
}

fn of_mixed() -> Vec<String> {
    vec![
        format!("{K2_ID}|{K2_ID}|1"),
        format!("{K2_ID}|{K1_ID}|1"),
        format!("{K1_ID}|{K2_ID}|1"),
        format!("{K1_ID}|{K1_ID}|3"),
    ]
}

#[test]
fn both_keys_are_counted() {
    let mut client = SERVER.session();
    mixed(&mut client);
    assert_eq!(keys(&mut client, "customer", "phone"), of_mixed());
    client.run("CALL phone_rotate_column('customer', 'phone')");
    assert_eq!(
        keys(&mut client, "customer", "phone"),
        [format!("{K1_ID}|{K2_ID}|2"), format!("{K1_ID}|{K1_ID}|4")]
    );
    client.run("TRUNCATE customer");
    assert!(keys(&mut client, "customer", "phone").is_empty());
}

#[test]
fn in_every_kind_of_table_and_column() {
    let mut client = SERVER.session();
    mixed(&mut client);
    client.run(
        "CREATE DOMAIN number AS encrypted_phone;
         CREATE DOMAIN numbers AS encrypted_phone[];
         CREATE TABLE parts (id int, phone number) PARTITION BY LIST (id);
         CREATE TABLE low PARTITION OF parts FOR VALUES IN (1, 2, 3, 4);
         CREATE TABLE high PARTITION OF parts DEFAULT;
         INSERT INTO parts SELECT * FROM customer;
         CREATE TABLE \"Ärgerlich \"\"x\" (\"ph one\"\"\" encrypted_phone[], more numbers);
         INSERT INTO \"Ärgerlich \"\"x\" SELECT array_agg(phone), array_agg(phone) FROM customer;
         INSERT INTO \"Ärgerlich \"\"x\" VALUES (NULL, '{}');
         CREATE MATERIALIZED VIEW copied AS SELECT phone FROM customer;
         CREATE TABLE child () INHERITS (customer);
         CREATE VIEW seen AS SELECT phone FROM customer",
    );
    for (table, column) in [
        ("parts", "phone"),
        ("copied", "phone"),
        ("seen", "phone"),
        ("customer", "phone"),
        ("\"Ärgerlich \"\"x\"", "ph one\""),
        ("\"Ärgerlich \"\"x\"", "more"),
    ] {
        assert_eq!(
            keys(&mut client, table, column),
            of_mixed(),
            "{table}.{column}"
        );
    }
    // What has been rotated lives on where it was copied to.
    client.run("CALL phone_rotate_column('customer', 'phone')");
    assert_eq!(keys(&mut client, "copied", "phone"), of_mixed());
    // All of them in one query, as the view has them: a partitioned table, and its partitions once more.
    let all = "SELECT sum(k.rows) FROM phone_crypt.encrypted_columns AS c, phone_column_keys(c.relation, c.column_name) AS k";
    assert_eq!(client.number(all), 4 * 6);
}

/// Its values come as text: whoever reads them needs the right to restore, as the table's owner does here.
#[test]
fn in_a_foreign_table() {
    let database = SERVER.database();
    let mut superuser = SERVER.connect_as("postgres", &database);
    mixed(&mut superuser);
    let values = superuser.rows("SELECT phone FROM customer WHERE phone IS NOT NULL");
    let file = SERVER.write_file("foreign.txt", values.join("\n") + "\n");
    superuser.run(&format!(
        "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE elsewhere (phone encrypted_phone) SERVER files OPTIONS (filename '{}')",
        file.display()
    ));
    assert_eq!(keys(&mut superuser, "elsewhere", "phone"), of_mixed());
    superuser.run("CALL phone_verify_column('elsewhere', 'phone')");
    let (name, mut reader) = role(&mut superuser, &database, "reader");
    let found = "SELECT count(*) FROM elsewhere WHERE phone = '0401 148 075'";
    reader.refusal(found, &[]).says("42501", "encrypted values");
    superuser.run(&format!("SELECT phone_crypt_grant('{name}', 'restore')"));
    assert_eq!(reader.rows(found), ["1"]);
}

/// What a DBA asks before a key is taken away: no table that is in the way keeps the others from being counted, and nothing
/// that holds values is passed over in silence.
#[test]
fn of_every_column_at_once() {
    let database = SERVER.database();
    let (mut superuser, notices) = SERVER.connect_noting("postgres", &database);
    mixed(&mut superuser);
    superuser.run(
        "CREATE DOMAIN number AS encrypted_phone; CREATE DOMAIN work_number AS number; CREATE DOMAIN numbers AS work_number[];
         CREATE TYPE pair AS (name text, number work_number);
         CREATE TYPE span AS RANGE (subtype = encrypted_phone);
         CREATE TABLE a (x int, phone work_number); INSERT INTO a SELECT id, phone FROM customer;
         CREATE TABLE b (phones encrypted_phone[], more numbers); INSERT INTO b SELECT array_agg(phone), array_agg(phone) FROM customer;
         CREATE TABLE c (phone encrypted_phone) PARTITION BY HASH (phone);
         CREATE TABLE c0 PARTITION OF c FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO c SELECT phone FROM customer;
         CREATE TABLE d (p pair, s span[], m span_multirange, q pair[], ok encrypted_phone); INSERT INTO d (ok) SELECT phone FROM customer;
         CREATE TABLE e (phone encrypted_phone); ALTER TABLE e ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE POLICY none ON e USING (false);
         CREATE TABLE empty (phone encrypted_phone);
         CREATE VIEW f AS SELECT * FROM customer",
    );
    let (owner, _) = role(&mut superuser, &database, "");
    superuser.run(&format!("ALTER TABLE e OWNER TO {owner}"));
    // Another session's temporary table, and a table that somebody has locked.
    let mut other = SERVER.connect_as("postgres", &database);
    other.run("CREATE TEMP TABLE mine (phone encrypted_phone); BEGIN; CREATE TABLE g (phone encrypted_phone); COMMIT; BEGIN; LOCK TABLE g");
    superuser.run("SET lock_timeout = '200ms'");
    let counted = superuser.rows("SELECT * FROM phone_column_keys()");
    let mut expected = Vec::new();
    for column in [
        "a|phone",
        "b|phones",
        "b|more",
        "c0|phone",
        "customer|phone",
        "d|ok",
    ] {
        expected.extend(of_mixed().iter().map(|row| format!("{column}|{row}")));
    }
    assert_eq!(counted, expected);
    let warned: Vec<_> = notices
        .all()
        .iter()
        .map(|notice| notice.message.clone())
        .collect();
    for (column, why) in [
        (
            "column p of table public.d",
            "within a composite or a range",
        ),
        (
            "column s of table public.d",
            "within a composite or a range",
        ),
        (
            "column m of table public.d",
            "within a composite or a range",
        ),
        (
            "column q of table public.d",
            "within a composite or a range",
        ),
        ("column phone of table public.e", "SQLSTATE 42501"),
        ("column phone of table public.g", "SQLSTATE 55P03"),
    ] {
        let said = |text: &&String| text.starts_with(column) && text.ends_with(why);
        assert_eq!(
            warned.iter().filter(said).count(),
            1,
            "{column}: {warned:?}"
        );
    }
    other.run("COMMIT");
    // Whoever owns none of them learns how many there are, and nothing of what is in them.
    let (name, _) = role(&mut superuser, &database, "admin");
    let (mut admin, notices) = SERVER.connect_noting(&name, &database);
    admin.run(
        "CREATE TEMP TABLE mine (phone encrypted_phone); INSERT INTO mine VALUES ('0401 148 075')",
    );
    assert_eq!(
        admin.rows("SELECT column_name, key_id, rows FROM phone_column_keys()"),
        [format!("phone|{K1_ID}|1")]
    );
    assert_eq!(notices.with("columns of tables of others").len(), 1);
}

#[test]
fn no_key_is_needed_nor_named_by_an_error() {
    let mut client = SERVER.session();
    mixed(&mut client);
    client.set(
        "encryption_key",
        "a key of another server, with which nothing here was written",
    );
    client.set("previous_keys", "");
    client.set("hash_key_id", "");
    assert_eq!(keys(&mut client, "customer", "phone"), of_mixed());
    client
        .refusal("SELECT phone_decrypt(phone) FROM customer", &[])
        .says("55000", "");
}

#[test]
fn it_is_refused_to_who_does_not_own_the_table() {
    let database = SERVER.database();
    let mut superuser = SERVER.connect_as("postgres", &database);
    mixed(&mut superuser);
    superuser.run("CREATE TABLE plain (phone text, others text[])");
    let count = "SELECT * FROM phone_column_keys('customer', 'phone')";
    let (_, mut reader) = role(&mut superuser, &database, "reader");
    reader
        .refusal(count, &[])
        .says("42501", "phone_column_keys");
    let (name, mut admin) = role(&mut superuser, &database, "admin");
    admin
        .refusal(count, &[])
        .says("42501", "must be owner of table customer");
    superuser.run(&format!("ALTER TABLE customer OWNER TO {name}"));
    assert_eq!(keys(&mut admin, "customer", "phone"), of_mixed());
    // Rows that a policy hides from the owner are not left out.
    superuser.run(
        "ALTER TABLE customer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
         CREATE POLICY few ON customer USING (id < 3)",
    );
    admin
        .refusal(count, &[])
        .says("42501", "row-level security");
    superuser.run("DROP POLICY few ON customer; ALTER TABLE customer NO FORCE ROW LEVEL SECURITY");
    let nowhere = "SELECT * FROM phone_column_keys(0, 'phone')";
    superuser.refusal(nowhere, &[]).says("42P01", "");
    for (arguments, sqlstate) in [
        ("'customer', 'id'", "42804"),
        ("'plain', 'phone'", "42804"),
        ("'plain', 'others'", "42804"),
        ("'customer', 'nowhere'", "42703"),
        ("'customer', 'phone; SELECT 1'", "42703"),
        ("NULL, 'phone'", "22004"),
        ("'customer', NULL", "22004"),
    ] {
        let sql = format!("SELECT * FROM phone_column_keys({arguments})");
        superuser.refusal(&sql, &[]).says(sqlstate, "");
        // As does the procedure that verifies a column.
        let sql = format!("CALL phone_verify_column({arguments})");
        superuser.refusal(&sql, &[]).says(sqlstate, "");
    }
}
