//! Tables, columns and rows that cannot be converted: refused before anything is changed.

use phone_crypt_client_tests::{Sql, refused};
use postgres::Client;

use crate::shared::{CONVERT, SERVER, table_state};

/// A table as it is made, the SQLSTATE, and what the refusal says.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "CREATE VIEW customer AS SELECT 'x'::text AS phone",
        "42809",
        "customer is not a table",
    ),
    (
        "CREATE TABLE parent (phone text); CREATE TABLE customer () INHERITS (parent)",
        "0A000",
        "shares its columns",
    ),
    (
        "CREATE TABLE customer (phone text); CREATE TABLE child () INHERITS (customer)",
        "0A000",
        "shares its columns",
    ),
    (
        "CREATE TYPE row_type AS (phone text); CREATE TABLE customer OF row_type",
        "0A000",
        "shares its columns",
    ),
    (
        "CREATE TEMPORARY TABLE customer (phone text)",
        "0A000",
        "is temporary",
    ),
    (
        "CREATE DOMAIN number_text AS text; CREATE TABLE customer (phone number_text)",
        "42804",
        "is of a domain",
    ),
    (
        "CREATE TABLE customer (phone bigint)",
        "42804",
        "is not one of type text, varchar or char",
    ),
    (
        "CREATE TABLE customer (phone text[])",
        "42804",
        "is not one of type text, varchar or char",
    ),
    (
        "CREATE TABLE customer (number text)",
        "42703",
        "has no column phone",
    ),
    (
        "CREATE TABLE customer (phone text, phone_encrypted int)",
        "42701",
        "phone_encrypted",
    ),
    (
        "CREATE TABLE customer (phone text, phone_plain int)",
        "42701",
        "phone_plain",
    ),
    (
        "CREATE TABLE customer (phone text); INSERT INTO customer VALUES (phone_encrypt('+61401148075')), ('0401 148 075')",
        "55000",
        "1 rows of table customer have encrypted values in column phone, and others have not",
    ),
    (
        "CREATE TABLE customer (phone text); INSERT INTO customer VALUES ('+61401148075'::encrypted_phone::text)",
        "55000",
        "1 rows of table customer have encrypted values",
    ),
    (
        "CREATE TABLE customer (phone text UNIQUE);
         INSERT INTO customer VALUES ('+61401148075'), ('0401 148 075'), ('(0401) 148-075')",
        "23505",
        "2 rows of table customer repeat a number",
    ),
];

#[test]
fn each_is_refused_and_left_as_it_was() {
    for (made_by, sqlstate, said) in TABLES {
        let mut client = SERVER.session();
        client.run(made_by);
        let before = table_state(&mut client, "customer");
        let refusal = client.refusal(CONVERT, &[]);
        assert!(
            refusal.message.replace("public.", "").contains(said),
            "{refusal:?}"
        );
        refusal.says(sqlstate, "").hides("148");
        assert_eq!(table_state(&mut client, "customer"), before);
    }
}

#[test]
fn arguments_are_looked_at() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (phone text)");
    let long = format!("{}é", "n".repeat(52));
    client.run(&format!("ALTER TABLE customer ADD \"{long}\" text"));
    let before = table_state(&mut client, "customer");
    for (arguments, sqlstate, said) in [
        ("NULL, 'phone'", "22004", "must not be NULL"),
        ("'customer', NULL", "22004", "must not be NULL"),
        (
            "'customer', 'phone', keep_original => NULL",
            "22004",
            "must not be NULL",
        ),
        (
            "'customer', 'phone', duplicates => NULL",
            "22004",
            "must not be NULL",
        ),
        (
            "'customer', 'phone', dry_run => NULL",
            "22004",
            "must not be NULL",
        ),
        (
            "'customer', 'phone', batch_size => NULL",
            "22004",
            "batch_size",
        ),
        (
            "'customer', 'phone', batch_size => 0",
            "22023",
            "batch_size",
        ),
        (
            "'customer', 'phone', duplicates => 'keep'",
            "22023",
            "duplicates is one of",
        ),
        (
            "'customer', 'phone', duplicates => ''",
            "22023",
            "duplicates is one of",
        ),
        ("'nothing', 'phone'", "42P01", "nothing"),
        (
            &format!("'customer', '{long}'"),
            "42622",
            "more than 53 bytes",
        ),
        ("'customer', 'ctid'", "42703", "has no column"),
    ] {
        let call = format!("CALL phone_encrypt_column({arguments})");
        client.refusal(&call, &[]).says(sqlstate, said);
    }
    assert_eq!(table_state(&mut client, "customer"), before);
    // It commits by itself.
    client.run("BEGIN");
    let refusal = refused(client.batch_execute(CONVERT));
    assert_eq!(refusal.sqlstate, "25001", "{refusal:?}");
    client.run("ROLLBACK");
    assert_eq!(table_state(&mut client, "customer"), before);
}

/// Only what the extension itself says of a batch is passed on, whatever a trigger writes beside its message.
#[test]
fn what_a_trigger_says_is_not_passed_on() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (phone text);
         INSERT INTO customer VALUES ('0401 148 075');
         CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'number %', OLD.phone
                 USING ERRCODE = '22023', DETAIL = 'No row is quoted here.', HINT = OLD.phone;
         END $$;
         CREATE TRIGGER tell BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION tell()",
    );
    client
        .refusal(CONVERT, &[])
        .says("22023", "a batch failed with SQLSTATE 22023")
        .hides("148");
}

/// The table in a new database, a role that owns it, another that may use it, and the superuser's session.
fn with_owner() -> (String, Client) {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(&format!(
        "CREATE ROLE owner_{database} LOGIN; CREATE ROLE other_{database} LOGIN;
         SELECT phone_crypt_grant('owner_{database}', 'admin'), phone_crypt_grant('owner_{database}', 'writer'),
                phone_crypt_grant('other_{database}', 'admin'), phone_crypt_grant('other_{database}', 'writer');
         CREATE TABLE customer (id int, phone text UNIQUE);
         INSERT INTO customer VALUES (1, '+61401148075');
         ALTER TABLE customer OWNER TO owner_{database};
         GRANT ALL ON customer TO other_{database}"
    ));
    (database, client)
}

/// The new indexes are the owner's.
#[test]
fn an_owner_who_may_not_make_indexes_is_refused_first() {
    let (database, mut client) = with_owner();
    client.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let before = table_state(&mut client, "customer");
    let mut owner = SERVER.connect_as(&format!("owner_{database}"), &database);
    owner.refusal(CONVERT, &[]).says("42501", "public");
    client.refusal(CONVERT, &[]).says("42501", "public");
    assert_eq!(table_state(&mut client, "customer"), before);
}

#[test]
fn only_the_owner_converts() {
    let (database, mut client) = with_owner();
    client.run(&format!(
        "GRANT CREATE ON SCHEMA public TO owner_{database}"
    ));
    let before = table_state(&mut client, "customer");
    let mut other = SERVER.connect_as(&format!("other_{database}"), &database);
    other.refusal(CONVERT, &[]).says("42501", "customer");
    assert_eq!(table_state(&mut client, "customer"), before);
    let mut owner = SERVER.connect_as(&format!("owner_{database}"), &database);
    owner.run(CONVERT);
    let found = "SELECT id FROM customer WHERE phone = '0401 148 075'";
    assert_eq!(owner.rows(found), ["1"]);
    assert_eq!(other.rows(found), ["1"]);
}

/// Their statements would fail after the swap.
#[test]
fn roles_that_may_not_give_plain_numbers_are_named() {
    for privilege in [
        "SELECT ON customer",
        "INSERT ON customer",
        "SELECT (phone) ON customer",
        "UPDATE (phone) ON customer",
    ] {
        let database = SERVER.database();
        let mut client = SERVER.connect_as("postgres", &database);
        client.run(&format!(
            "CREATE TABLE customer (id int, phone text UNIQUE); CREATE ROLE app_{database};
             GRANT {privilege} TO app_{database}; GRANT SELECT (id) ON customer TO PUBLIC"
        ));
        let before = table_state(&mut client, "customer");
        let refusal = client.refusal(CONVERT, &[]);
        refusal.says("42501", "roles").hints("phone_crypt_grant");
        let detail = format!("app_{database}");
        assert!(
            refusal.everything.lines().any(|line| line == detail),
            "{privilege}: {refusal:?}"
        );
        assert_eq!(table_state(&mut client, "customer"), before);
        client.run(&format!(
            "SELECT phone_crypt_grant('app_{database}', 'writer')"
        ));
        client.run(CONVERT);
    }
}
