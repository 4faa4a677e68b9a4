//! What belongs to a column is the same after it was converted: NOT NULL, constraints, indexes, privileges, comments.

use phone_crypt_client_tests::{Server, Sql, finish};
use postgres::Client;
use std::process::Command;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, table_state};

/// A table whose column has all that is carried over.
const TABLE: &str = r#"
    CREATE TABLE customer (
        id integer PRIMARY KEY,
        tenant integer NOT NULL DEFAULT 1,
        phone varchar(40) CONSTRAINT "Must be there" NOT NULL,
        note text COLLATE "C",
        CONSTRAINT "Phone once" UNIQUE (phone) WITH (fillfactor = 70),
        CONSTRAINT per_tenant UNIQUE (tenant, phone) INCLUDE (note),
        CONSTRAINT "unique Two" UNIQUE (phone, tenant) WITH (fillfactor = 80),
        CONSTRAINT with_more UNIQUE (note, phone) INCLUDE (tenant, id)
    );
    CREATE INDEX plain_one ON customer (phone);
    CREATE INDEX plain_two ON customer (tenant DESC, phone NULLS FIRST) WITH (deduplicate_items = off);
    CREATE INDEX included ON customer (tenant) INCLUDE (phone);
    CREATE INDEX untouched ON customer (lower(note)) WHERE tenant > 1;
    COMMENT ON COLUMN customer.phone IS 'where the ''customer'' is %s called';
    COMMENT ON INDEX plain_one IS 'an index''s comment';
    COMMENT ON CONSTRAINT "Phone once" ON customer IS 'a constraint''s comment';
    ALTER TABLE customer ALTER phone SET STATISTICS 321;
    INSERT INTO customer (id, tenant, phone, note)
    SELECT i, i % 7, '+61401' || to_char(i, 'FM000000'), 'note ' || i FROM generate_series(1, 2000) AS i"#;

/// The table in a new database, with privileges of two roles that may give plain numbers, and a session.
fn new_table(server: &Server) -> (String, Client) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(TABLE);
    client.run(&format!(
        r#"CREATE ROLE "Clerk {database}"; CREATE ROLE reader_{database};
           SELECT phone_crypt_grant('"Clerk {database}"', 'writer'), phone_crypt_grant('reader_{database}', 'writer');
           GRANT SELECT, INSERT (phone), UPDATE (phone, note), REFERENCES (phone) ON customer TO "Clerk {database}"
             WITH GRANT OPTION;
           GRANT SELECT (phone) ON customer TO reader_{database}"#
    ));
    (database, client)
}

/// As it was for plain text, so that it can be compared.
fn as_of_text(line: String) -> String {
    line.replace("|encrypted_phone|", "|character varying|")
}

#[test]
fn the_catalogue_is_the_same() {
    let (_, mut client) = new_table(&SERVER);
    let before = table_state(&mut client, "customer");
    client.run(CONVERT);
    client.run(DROP);
    let after: Vec<_> = table_state(&mut client, "customer")
        .into_iter()
        .map(as_of_text)
        .collect();
    assert_eq!(after, before);
    assert!(is_encrypted(&mut client, "customer", "phone"));
}

/// The plain text that is still there has no part in the new column's constraints.
#[test]
fn the_plain_column_keeps_nothing_that_is_in_the_way() {
    let (_, mut client) = new_table(&SERVER);
    let encrypted = |client: &mut Client| {
        let mut state = table_state(client, "customer");
        state.retain(|line| {
            !line.contains("phone_plain")
                && !line.starts_with("trigger|zz_phone_crypt_")
                && !line.starts_with("conversion")
        });
        state.into_iter().map(as_of_text).collect::<Vec<_>>()
    };
    let before = encrypted(&mut client);
    client.run(CONVERT);
    assert_eq!(encrypted(&mut client), before);
    client.run("INSERT INTO customer (id, phone) VALUES (5000, '0402 000 001')");
    let left =
        "SELECT count(*) FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid
                 WHERE a.attname = 'phone_plain' AND a.attnum = ANY (i.indkey::int2[])";
    assert_eq!(client.number(left), 0);
}

/// What the application calls an index it can drop as an index.
#[test]
fn a_unique_index_stays_an_index() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, tenant int, phone text);
         CREATE UNIQUE INDEX once ON customer (phone, tenant); COMMENT ON INDEX once IS 'a comment'",
    );
    let before = table_state(&mut client, "customer");
    client.run(CONVERT);
    client.run(DROP);
    let after: Vec<_> = table_state(&mut client, "customer")
        .into_iter()
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect();
    assert_eq!(after, before);
    client.run("DROP INDEX once");
}

#[test]
fn indexes_are_sound() {
    let (_, mut client) = new_table(&SERVER);
    client.run("CREATE EXTENSION amcheck");
    client.run(CONVERT);
    client.run("UPDATE customer SET phone = '+61402' || to_char(id, 'FM000000') WHERE id % 3 = 0");
    let check =
        "SELECT bt_index_check(i.indexrelid, true), bt_index_parent_check(i.indexrelid, true, true)
                   FROM pg_index AS i WHERE i.indrelid = 'customer'::regclass";
    assert_eq!(client.rows(check).len(), 9);
    client.run(DROP);
    client.run("VACUUM customer");
    assert_eq!(client.rows(check).len(), 9);
}

#[test]
fn conflicts_are_inferred_from_each_unique_index() {
    let (_, mut client) = new_table(&SERVER);
    let mut on_conflict = |arbiter: &str| {
        let sql = format!(
            "INSERT INTO customer (id, tenant, phone, note) VALUES (9000, 5, '0401 000 005', 'note 5') {arbiter}"
        );
        client.rows(&format!("{sql} RETURNING id"))
    };
    let arbiters = [
        "ON CONFLICT (phone) DO UPDATE SET tenant = customer.tenant",
        "ON CONFLICT (tenant, phone) DO UPDATE SET note = customer.note",
        "ON CONFLICT (note, phone) DO UPDATE SET note = customer.note",
        "ON CONFLICT (id) DO NOTHING",
        r#"ON CONFLICT ON CONSTRAINT "Phone once" DO UPDATE SET note = EXCLUDED.note"#,
        "ON CONFLICT ON CONSTRAINT per_tenant DO UPDATE SET note = EXCLUDED.note",
    ];
    // Before the swap the other spelling is another text.
    assert_eq!(on_conflict(arbiters[0]), ["9000"]);
    client.run("DELETE FROM customer WHERE id = 9000");
    for sql in [CONVERT, DROP] {
        client.run(sql);
        for arbiter in arbiters {
            let sql = format!(
                "INSERT INTO customer (id, tenant, phone, note) VALUES (9000, 5, '0401 000 005', 'note 5')
                 {arbiter} RETURNING id"
            );
            match arbiter.contains("(id)") {
                true => drop(client.refusal(&sql, &[]).says("23505", "")),
                false => assert_eq!(client.rows(&sql), ["5"], "{arbiter}"),
            }
        }
        let sql = "INSERT INTO customer (id, phone) VALUES (9000, '0401 000 005')";
        client.refusal(sql, &[]).says("23505", "Phone once");
        let sql = "INSERT INTO customer (id) VALUES (9000)";
        client.refusal(sql, &[]).says("23502", "phone");
    }
}

/// The lines of a dump of the schema, without their order and what is different in each dump.
fn schema_dump(server: &Server, database: &str) -> Vec<String> {
    let mut command = Command::new(server.program("pg_dump"));
    command.arg("--host").arg(server.path(""));
    command.arg("--port").arg(server.port().to_string());
    // The worker creates the audit log's partitions whenever it comes to it.
    command.args([
        "--username",
        "postgres",
        "--schema-only",
        "--exclude-table=phone_crypt.audit_2*",
        database,
    ]);
    let finished = finish(&mut command);
    let mut lines: Vec<_> = finished
        .output()
        .lines()
        .map(|line| line.trim().trim_end_matches(',').to_owned())
        .filter(|line| !line.is_empty() && !line.starts_with("--") && !line.contains("restrict "))
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_dump_shows_nothing_of_the_conversion_but_the_type() {
    let (database, mut client) = new_table(&SERVER);
    // Functions of ours have arguments of that name and type.
    let dump_as_of_before = || -> Vec<String> {
        let dump = schema_dump(&SERVER, &database).into_iter();
        dump.map(|line| {
            line.replace(
                "phone public.encrypted_phone",
                "phone character varying(40)",
            )
        })
        .collect()
    };
    let before = dump_as_of_before();
    assert!(before.iter().any(|line| line.contains("Phone once")));
    client.run(CONVERT);
    client.run(DROP);
    let after = dump_as_of_before();
    let only_in = |one: &[String], other: &[String]| {
        let mut lines = one.to_vec();
        lines.retain(|line| !other.contains(line));
        lines
    };
    assert_eq!(only_in(&after, &before), only_in(&before, &after));
    assert_eq!(after.len(), before.len());
}
