//! What is easily missed: indexes that become the same, types that a function takes from the column in other spellings,
//! constraints that are not valid, privileges that somebody has passed on.

use phone_crypt_client_tests::{Sql, refused};
use postgres::Client;

use crate::shared::{CONVERT, SERVER, is_encrypted, table_state};

/// The names of the indexes of a table.
fn index_names(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
          WHERE i.indrelid = 'customer'::regclass ORDER BY 1",
    )
}

/// Either all indexes are there under their names, or the conversion stops at one by name and leaves all as it was.
fn carries_or_names(indexes: &str) {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone varchar(20)); INSERT INTO customer VALUES (1, '0401148075')");
    client.run(indexes);
    let (names, before) = (
        index_names(&mut client),
        table_state(&mut client, "customer"),
    );
    if let Err(error) = client.batch_execute(CONVERT) {
        let refusal = refused::<()>(Err(error));
        assert_eq!(refusal.sqlstate, "2BP01", "{indexes}: {refusal:?}");
        assert_eq!(table_state(&mut client, "customer"), before, "{indexes}");
    } else {
        assert_eq!(index_names(&mut client), names, "{indexes}");
    }
}

#[test]
fn indexes_for_patterns() {
    carries_or_names(
        "CREATE INDEX one ON customer (phone); CREATE INDEX one_like ON customer (phone varchar_pattern_ops)",
    );
}

#[test]
fn two_indexes_that_are_the_same() {
    carries_or_names(
        "CREATE INDEX one ON customer (phone); CREATE INDEX other ON customer (phone)",
    );
}

#[test]
fn a_unique_constraint_and_a_unique_index() {
    carries_or_names(
        "ALTER TABLE customer ADD UNIQUE (phone); CREATE UNIQUE INDEX other ON customer (phone)",
    );
}

#[test]
fn two_unique_constraints() {
    carries_or_names(
        "ALTER TABLE customer ADD CONSTRAINT a UNIQUE (phone), ADD CONSTRAINT b UNIQUE (phone)",
    );
}

#[test]
fn functions_that_name_the_type_in_another_spelling() {
    for spelling in [
        r#""customer"."phone"%TYPE"#,
        "customer.phone %TYPE",
        "customer . phone%type",
        "public.CUSTOMER.Phone%TYPE",
    ] {
        let mut client = SERVER.session();
        client.run(&format!(
            "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
             CREATE FUNCTION of_type() RETURNS bool LANGUAGE plpgsql
                 AS 'DECLARE it {spelling}; BEGIN RETURN it IS NULL; END'"
        ));
        let before = table_state(&mut client, "customer");
        let refusal = refused(client.batch_execute(CONVERT));
        assert_eq!(refusal.sqlstate, "2BP01", "{spelling}: {refusal:?}");
        assert!(refusal.everything.contains("of_type()"), "{refusal:?}");
        assert_eq!(table_state(&mut client, "customer"), before, "{spelling}");
    }
}

/// PostgreSQL 18 and later have it.
#[test]
fn not_null_that_some_rows_break() {
    if SERVER.major() < 18 {
        return;
    }
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int, phone text); INSERT INTO customer VALUES (1, NULL);
         ALTER TABLE customer ADD CONSTRAINT must NOT NULL phone NOT VALID",
    );
    let before = table_state(&mut client, "customer");
    client.refusal(CONVERT, &[]);
    assert_eq!(table_state(&mut client, "customer"), before);
}

/// Whoever loses a privilege takes it from those that he gave it to: such a chain cannot be carried over.
#[test]
fn privileges_that_were_passed_on() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let (first, second) = (format!("first_{database}"), format!("second_{database}"));
    client.run(&format!(
        "CREATE ROLE {first}; CREATE ROLE {second};
         SELECT phone_crypt_grant('{first}', 'writer'), phone_crypt_grant('{second}', 'writer');
         CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
         GRANT SELECT (phone) ON customer TO {first} WITH GRANT OPTION;
         SET ROLE {first}; GRANT SELECT (phone) ON customer TO {second}; RESET ROLE"
    ));
    let refusal = client.refusal(CONVERT, &[]);
    refusal.says("2BP01", "").hints("REVOKE SELECT (phone)");
    client.run(&format!(
        "SET ROLE {first}; REVOKE SELECT (phone) ON customer FROM {second}; RESET ROLE"
    ));
    client.run(CONVERT);
    assert!(is_encrypted(&mut client, "customer", "phone"));
}
