//! Names of schemas, tables, columns and indexes that have to be quoted, or that something might take for its own.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, is_encrypted, table_state};

const NAMES: &[&str] = &[
    "UPPER",
    "select",
    "it's \"quoted\" a.b",
    "50%s %I $$x$$ under_score",
    "new\nline",
    "téléphone ☎",
    "phone_encrypted",
    "xmin_",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A table whose schema, column, constraint and indexes all have the name in theirs; the table's name, quoted.
fn make_table(client: &mut Client, name: &str, rows: u32, filler: u32) -> String {
    let (schema, table, column) = (quoted(name), quoted(name), quoted(name));
    let (key, index) = (
        quoted(&format!("{name} key")),
        quoted(&format!("{name} index")),
    );
    let table = format!("{schema}.{table}");
    client.run(&format!(
        "CREATE SCHEMA {schema};
         CREATE TABLE {table} (id int PRIMARY KEY, {column} text NOT NULL CONSTRAINT {key} UNIQUE, filler text);
         ALTER TABLE {table} ALTER filler SET STORAGE plain;
         CREATE INDEX {index} ON {table} ({column}, id);
         COMMENT ON COLUMN {table}.{column} IS 'a comment';
         INSERT INTO {table} SELECT i, '0401' || to_char(i, 'FM000000'), repeat('x', {filler})
           FROM generate_series(1, {rows}) AS i"
    ));
    table
}

/// A table of more than 16 MB waits for its indexes.
fn converted(client: &mut Client, name: &str, is_large: bool) {
    let (rows, filler) = if is_large { (4200, 3900) } else { (50, 1) };
    let table = make_table(client, name, rows, filler);
    let column = quoted(name);
    let before = table_state(client, &table.replace('\'', "''"));
    let arguments = format!("{}, {}", literal(&table), literal(name));
    client.run(&format!(
        "CALL phone_encrypt_column({arguments}, dry_run => true)"
    ));
    let convert = format!("CALL phone_encrypt_column({arguments})");
    client.run(&convert);
    let statements = format!("SELECT phone_column_statements({arguments})");
    let statements: Vec<String> = client
        .query(&statements, &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(statements.is_empty(), !is_large, "{name}");
    for statement in &statements {
        client.run(statement);
    }
    client.run(&convert);
    let found = format!("SELECT id FROM {table} WHERE {column} = '+61401000042'");
    assert_eq!(client.rows(&found), ["42"], "{name}");
    let upsert = format!(
        "INSERT INTO {table} (id, {column}) VALUES (9000, '+61401000042') ON CONFLICT ({column}) DO UPDATE
         SET filler = '' RETURNING id"
    );
    assert_eq!(client.rows(&upsert), ["42"], "{name}");
    client.run(&format!("CALL phone_drop_plaintext({arguments})"));
    let after: Vec<_> = table_state(client, &table.replace('\'', "''"))
        .into_iter()
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect();
    assert_eq!(after, before, "{name}");
    assert!(is_encrypted(client, &table, name));
}

#[test]
fn small_tables() {
    let mut client = SERVER.session();
    for name in NAMES {
        converted(&mut client, name, false);
    }
}

#[test]
fn a_backslash() {
    converted(&mut SERVER.session(), "back\\slash", false);
}

#[test]
fn a_large_table() {
    let mut client = SERVER.session();
    converted(&mut client, "The \"50%\" of it's ☎", true);
}

#[test]
fn the_longest_names() {
    let mut client = SERVER.session();
    let name = "é".repeat(26) + "x";
    converted(&mut client, &name, false);
    client.run(&format!(
        "CREATE TABLE long (id int, phone text CONSTRAINT {0}a NOT NULL CONSTRAINT {0}b UNIQUE);
         CREATE INDEX {0}c ON long (phone, id); CREATE INDEX {0}d ON long (phone DESC)",
        "n".repeat(62)
    ));
    let before = table_state(&mut client, "long");
    client.run("CALL phone_encrypt_column('long', 'phone')");
    client.run("CALL phone_drop_plaintext('long', 'phone')");
    let after: Vec<_> = table_state(&mut client, "long")
        .into_iter()
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect();
    assert_eq!(after, before);
}
