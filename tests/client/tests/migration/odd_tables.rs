//! Tables as they are found: foreign keys, partitions, names, primary keys of every kind and none.

use phone_crypt_client_tests::Sql;

use crate::round_trip::{there, there_and_back};
use crate::shared::SERVER;

const ROWS: &str =
    "('0401148075'), ('+1 401 148 0751'), (NULL), ('nobody'), ('+61 2 9876 5432 x17')";

#[test]
fn foreign_keys_in_both_directions() {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE TABLE agents (id int PRIMARY KEY);
         INSERT INTO agents VALUES (1);
         CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phone text UNIQUE,
                                 agent int DEFAULT 1 REFERENCES agents DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO customers (phone) VALUES {ROWS};
         CREATE TABLE calls (customer int REFERENCES customers ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO calls SELECT id FROM customers"
    ));
    there_and_back(&mut client, "customers", "phone");
    assert_eq!(client.number("SELECT count(*) FROM calls"), 5);
}

#[test]
fn a_column_that_others_refer_to_is_encrypted_but_not_dropped() {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE TABLE customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phone text UNIQUE);
         INSERT INTO customers (phone) VALUES {ROWS};
         CREATE TABLE messages (id int PRIMARY KEY, phone text REFERENCES customers (phone));
         INSERT INTO messages VALUES (1, '0401148075');
         CREATE VIEW numbers AS SELECT phone FROM customers"
    ));
    there(&mut client, "customers", "phone");
    there(&mut client, "messages", "phone");
    let refusal = client.refusal("CALL phone_drop_plaintext('customers', 'phone')", &[]);
    refusal.says("2BP01", "depend").hides("0401148075");
    assert!(refusal.everything.contains("messages"), "{refusal:?}");
    client.run("DROP VIEW numbers; ALTER TABLE messages DROP CONSTRAINT messages_phone_fkey");
    client.run("CALL phone_drop_plaintext('customers', 'phone')");
    client.run("CALL phone_drop_plaintext('messages', 'phone')");
    let joined = "SELECT count(*) FROM customers JOIN messages USING (phone_hash)";
    assert_eq!(client.number(joined), 1);
}

#[test]
fn a_partitioned_table_with_its_later_partitions() {
    let mut client = SERVER.session();
    client.run(&format!(
        "CREATE TABLE calls (id bigint GENERATED ALWAYS AS IDENTITY, phone text, day date NOT NULL DEFAULT '2026-01-15',
                             PRIMARY KEY (id, day), UNIQUE (phone, day)) PARTITION BY RANGE (day);
         CREATE TABLE calls_1 PARTITION OF calls FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
         CREATE TABLE calls_2 PARTITION OF calls FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
         -- Its columns stand in another order.
         CREATE TABLE calls_3 (day date NOT NULL, gone int, phone text, id bigint NOT NULL);
         ALTER TABLE calls_3 DROP COLUMN gone;
         ALTER TABLE calls ATTACH PARTITION calls_3 FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
         INSERT INTO calls (phone) VALUES {ROWS};
         INSERT INTO calls (phone, day) SELECT phone, '2026-02-03' FROM calls_1;
         INSERT INTO calls (phone, day) SELECT phone, '2026-03-03' FROM calls_1"
    ));
    there_and_back(&mut client, "calls", "phone");
    there(&mut client, "calls", "phone");
    client.run(
        "CREATE TABLE calls_4 PARTITION OF calls FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
         INSERT INTO calls (phone, day) VALUES ('0401148075', '2026-04-01');
         UPDATE calls SET day = '2026-04-05' WHERE phone = '0401148075' AND day = '2026-02-03'",
    );
    assert_eq!(crate::shared::disagreeing(&mut client, "calls", "phone"), 0);
    let repeated = "INSERT INTO calls (phone, day) VALUES ('+61 401 148 075', '2026-04-01')";
    assert_eq!(client.refusal(repeated, &[]).sqlstate, "23505");
    let partition = client.refusal("CALL phone_add_encrypted_column('calls_1', 'phone')", &[]);
    partition
        .says("42809", "partition")
        .hints("partitioned table");
}

#[test]
fn names_are_only_names() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE y (id int); CREATE SCHEMA \"Größe; DROP TABLE y\"");
    for (table, column) in [
        ("\"Kunden Telefon\"", "\"Telefon-Nr.\""),
        ("\"x\"\"; DROP TABLE y; --\"", "\"'; DROP TABLE y; --\""),
        (
            "\"Größe; DROP TABLE y\".\"ü☎\"",
            "\"ß☎ \"\"x\"\" 'y' %I $1\"",
        ),
        ("\"select\"", "\"table\""),
    ] {
        client.run(&format!(
            "CREATE TABLE {table} (\"ID; DROP TABLE y\" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {column} text UNIQUE);
             INSERT INTO {table} ({column}) VALUES {ROWS}"
        ));
        there_and_back(&mut client, table, column);
    }
    assert_eq!(client.number("SELECT count(*) FROM y"), 0);
}

#[test]
fn primary_keys_of_every_kind() {
    let mut client = SERVER.session();
    for (number, key) in [
        "a int DEFAULT 1, b text DEFAULT gen_random_uuid()::text, c date DEFAULT '2026-01-01', PRIMARY KEY (c, b, a)",
        "a text DEFAULT 'it''s \"' || gen_random_uuid() PRIMARY KEY",
        "a uuid DEFAULT gen_random_uuid() PRIMARY KEY",
        "a varchar(40) DEFAULT gen_random_uuid() PRIMARY KEY",
        "a numeric DEFAULT random() PRIMARY KEY",
        "a double precision DEFAULT random() PRIMARY KEY",
        "a timestamptz DEFAULT now() + random() * interval '1 year' PRIMARY KEY",
        "a bytea DEFAULT decode(md5(random()::text), 'hex') PRIMARY KEY",
        "a int[] DEFAULT ARRAY[(random() * 1e9)::int, 1] PRIMARY KEY",
    ]
    .into_iter()
    .enumerate()
    {
        client.run(&format!("CREATE TABLE t{number} ({key}, phone text)"));
        for _ in 0..4 {
            client.run(&format!("INSERT INTO t{number} (phone) VALUES {ROWS}"));
        }
        there_and_back(&mut client, &format!("t{number}"), "phone");
    }
}

/// A batch goes on after the key of the last row of the one before, whatever that key looks like as text.
#[test]
fn keys_that_the_session_would_print_shortened() {
    let mut client = SERVER.session();
    client.run("SET extra_float_digits = 0; SET datestyle = 'SQL, DMY'; SET timezone = 'America/New_York'; SET bytea_output = 'escape'");
    for (number, key) in [
        "a double precision DEFAULT 1 + random() / 1e15",
        "a real DEFAULT 1 + random() / 1e6",
        "a timestamptz DEFAULT '2026-11-01 05:59:00Z'::timestamptz + random() * interval '2 minutes'",
        "a bytea DEFAULT decode(md5(random()::text), 'hex')",
    ]
    .into_iter()
    .enumerate()
    {
        client.run(&format!(
            "CREATE TABLE t{number} ({key}, b int GENERATED ALWAYS AS IDENTITY, phone text, PRIMARY KEY (a, b));
             INSERT INTO t{number} (phone) SELECT '0401' || 100000 + i FROM generate_series(1, 20) AS i"
        ));
        client.run(&format!("CALL phone_add_encrypted_column('t{number}', 'phone', batch_size => 3)"));
        client.run(&format!("CALL phone_drop_plaintext('t{number}', 'phone', batch_size => 3)"));
        let details = "SELECT details FROM phone_crypt.jobs ORDER BY id DESC LIMIT 1";
        assert_eq!(client.rows(details), ["{\"verified\": 20}"], "{key}");
    }
}

#[test]
fn a_primary_key_that_is_the_phone_column() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customers (phone text PRIMARY KEY);
         INSERT INTO customers SELECT '0401' || 100000 + i FROM generate_series(1, 50) AS i;
         INSERT INTO customers VALUES ('nobody')",
    );
    client.run("CALL phone_add_encrypted_column('customers', 'phone', batch_size => 7)");
    assert_eq!(
        crate::shared::disagreeing(&mut client, "customers", "phone"),
        0
    );
    let refusal = client.refusal("CALL phone_drop_plaintext('customers', 'phone')", &[]);
    refusal.says("2BP01", "primary key").hides("0401");
}

#[test]
fn a_table_without_a_primary_key_is_refused_with_what_to_do() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customers (phone text UNIQUE NOT NULL)");
    let refusal = client.refusal("CALL phone_add_encrypted_column('customers', 'phone')", &[]);
    refusal.says("55000", "no primary key").hints("PRIMARY KEY");
    assert_eq!(client.number("SELECT count(*) FROM phone_crypt.columns"), 0);
    client
        .run("ALTER TABLE customers ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
    client.run("CALL phone_add_encrypted_column('customers', 'phone')");
}

#[test]
fn what_is_no_table_is_refused() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customers (id int PRIMARY KEY, phone text);
         CREATE VIEW looks AS SELECT * FROM customers;
         CREATE MATERIALIZED VIEW kept AS SELECT * FROM customers;
         CREATE TABLE parent (id int PRIMARY KEY, phone text);
         CREATE TABLE child () INHERITS (parent)",
    );
    for (relation, sqlstate) in [
        ("looks", "42809"),
        ("kept", "42809"),
        ("customers_pkey", "42809"),
        ("parent", "0A000"),
    ] {
        let call = format!("CALL phone_add_encrypted_column('{relation}', 'phone')");
        let refusal = client.refusal(&call, &[]);
        assert_eq!(refusal.sqlstate, sqlstate, "{relation}: {refusal:?}");
    }
}
