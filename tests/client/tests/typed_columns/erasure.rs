//! A number is forgotten in every column of the type that says what is done to its rows.

use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql, finish};
use postgres::Client;
use std::process::Command;

use crate::shared::{SERVER, server, with_keys, with_owner};

/// What forgetting the number comes to, but for rate limits.
fn forget(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT object, action, rows, sqlstate FROM phone_forget('0401 148 075') WHERE object LIKE 'public.%' ORDER BY 1, 2",
    )
}

fn policy(table: &str, on_forget: &str) -> String {
    format!("SELECT phone_column_policy('{table}', 'phone', '{on_forget}')")
}

#[test]
fn every_spelling_goes_and_nothing_else() {
    for on_forget in ["null", "delete"] {
        let mut client = SERVER.session();
        client.run(
            "CREATE TABLE customer (id int PRIMARY KEY, phone text);
             INSERT INTO customer VALUES (1, '+61401148075'), (2, '0401 148 075'), (3, '+61 401 148 075 ext 9'),
                 (4, '0401 148 076'), (5, 'ask for Bob'), (6, NULL), (7, '')",
        );
        client.run("CALL phone_encrypt_column('customer', 'phone', keep_original => true)");
        client.run(&policy("customer", on_forget));
        let action = if on_forget == "null" {
            "set to NULL"
        } else {
            "deleted"
        };
        assert_eq!(
            forget(&mut client),
            [format!("public.customer.phone|{action}|3|")]
        );
        // The plain text beside it, too.
        let left = "SELECT id FROM customer WHERE phone IS NOT NULL OR phone_plain IS NOT NULL ORDER BY id";
        assert_eq!(client.rows(left), ["4", "5", "7"]);
        let rows = if on_forget == "null" { 7 } else { 4 };
        assert_eq!(client.number("SELECT count(*) FROM customer"), rows);
        assert_eq!(
            forget(&mut client),
            [format!("public.customer.phone|{action}|0|")]
        );
    }
}

#[test]
fn numbers_that_were_kept_as_text_go_too() {
    let mut client = SERVER.session();
    client.run(
        "CREATE TABLE customer (id int PRIMARY KEY, phone text UNIQUE);
         INSERT INTO customer VALUES (1, '+61401148075'), (2, '0401 148 075'), (3, 'ask for Bob')",
    );
    client.run("CALL phone_encrypt_column('customer', 'phone', duplicates => 'text')");
    client.run(&policy("customer", "null"));
    assert_eq!(
        forget(&mut client),
        ["public.customer.phone|set to NULL|2|"]
    );
    assert_eq!(
        client.rows("SELECT id FROM customer WHERE phone IS NOT NULL"),
        ["3"]
    );
}

#[test]
fn values_under_every_hash_key_go_and_an_unknown_one_stops_it() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE customer (id int PRIMARY KEY, phone encrypted_phone)");
    client.run(&policy("customer", "null"));
    client.run("INSERT INTO customer VALUES (1, '0401 148 075')");
    client.set("hash_key_id", K2_ID);
    client.run("INSERT INTO customer VALUES (2, '0401 148 075')");
    client.set("hash_key_id", K1_ID);
    assert_eq!(
        forget(&mut client),
        ["public.customer.phone|set to NULL|2|"]
    );

    let unknown = "a key that the server does not have any more";
    let mut other = with_keys(&SERVER, &database, &[unknown, K1], "");
    let unknown_id = other.encrypts_under();
    // Encrypted under a key that is there, and compared under one that is not.
    let mut other = with_keys(&SERVER, &database, &[K1, K2, unknown], &unknown_id);
    other.run("INSERT INTO customer VALUES (3, '0401 148 075')");
    client.run("INSERT INTO customer VALUES (4, '0401 148 075')");
    assert_eq!(
        forget(&mut client),
        ["public.customer.phone|failed|0|55000"]
    );
    assert_eq!(client.number("SELECT count(phone) FROM customer"), 2);
}

#[test]
fn what_stands_in_the_way_is_reported_and_the_others_are_done() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    other.run("CREATE TEMPORARY TABLE theirs (phone encrypted_phone)");
    client.run(
        "CREATE TABLE a_good (phone encrypted_phone);
         CREATE TABLE b_not_null (phone encrypted_phone NOT NULL);
         CREATE TABLE c_no_policy (phone encrypted_phone);
         CREATE MATERIALIZED VIEW d_view AS SELECT phone FROM c_no_policy;
         CREATE TABLE e_trigger (phone encrypted_phone);
         CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = 'P0123'; END $$;
         CREATE TRIGGER no BEFORE UPDATE ON e_trigger FOR EACH ROW EXECUTE FUNCTION no();
         CREATE TABLE f_parted (id int, phone encrypted_phone) PARTITION BY RANGE (id);
         CREATE TABLE f_1 PARTITION OF f_parted FOR VALUES FROM (0) TO (5);
         CREATE TABLE f_2 PARTITION OF f_parted DEFAULT;
         INSERT INTO f_parted VALUES (1, '0401 148 075'), (9, '0401 148 075')",
    );
    for table in ["a_good", "b_not_null", "c_no_policy", "e_trigger"] {
        client.run(&format!("INSERT INTO {table} VALUES ('0401 148 075')"));
    }
    for table in ["a_good", "b_not_null", "e_trigger", "f_parted"] {
        client.run(&policy(table, "null"));
    }
    assert_eq!(
        forget(&mut client),
        [
            "public.a_good.phone|set to NULL|1|",
            "public.b_not_null.phone|failed|0|23502",
            "public.c_no_policy.phone|failed|0|55000",
            "public.d_view.phone|failed|0|55000",
            "public.e_trigger.phone|failed|0|P0123",
            "public.f_parted.phone|set to NULL|2|",
        ]
    );
}

#[test]
fn a_label_follows_its_column_and_is_checked() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (id int, phone encrypted_phone, made date, note text)");
    client.run("SELECT phone_column_policy('customer', 'phone', 'delete', '30 days', 'made')");
    client.run(
        "ALTER TABLE customer RENAME TO client; ALTER TABLE client RENAME COLUMN phone TO mobile",
    );
    let policies = "SELECT relation, column_name, on_forget, retention, retention_column FROM phone_crypt.encrypted_columns";
    assert_eq!(client.rows(policies), ["client|mobile|delete|30 days|made"]);
    for (column, label, sqlstate) in [
        ("mobile", "on_forget=burn", "22023"),
        ("mobile", "nonsense", "22023"),
        ("mobile", "on_forget=null, retention=1 day", "22023"),
        ("note", "on_forget=null", "42804"),
    ] {
        let sql = format!("SECURITY LABEL FOR phone_crypt ON COLUMN client.{column} IS '{label}'");
        assert_eq!(client.refusal(&sql, &[]).sqlstate, sqlstate, "{sql}");
    }
    let on_table = "SECURITY LABEL FOR phone_crypt ON TABLE client IS 'on_forget=null'";
    assert_eq!(client.refusal(on_table, &[]).sqlstate, "42804");
    assert_eq!(client.rows(policies), ["client|mobile|delete|30 days|made"]);
}

#[test]
fn only_the_owner_of_the_table_sets_a_policy() {
    let (_, mut superuser, mut owner) = with_owner(&SERVER);
    superuser.run("CREATE TABLE customer (phone encrypted_phone); GRANT ALL ON customer TO PUBLIC");
    owner
        .refusal(&policy("customer", "null"), &[])
        .says("42501", "customer");
    owner.run("CREATE TABLE own (phone encrypted_phone)");
    owner.run(&policy("own", "null"));
}

fn run(server: &Server, program: &str, arguments: &[&str]) {
    let mut command = Command::new(server.program(program));
    command.arg("--host").arg(server.path(""));
    command.args(["--username", "postgres"]).args(arguments);
    finish(&mut command).output();
}

#[test]
fn a_label_survives_a_dump() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run("CREATE TABLE customer (id int, phone encrypted_phone); INSERT INTO customer VALUES (1, '0401 148 075')");
    client.run(&policy("customer", "null"));
    let dump = SERVER.path(&format!("{database}.dump"));
    let dump = dump.to_str().unwrap();
    run(
        &SERVER,
        "pg_dump",
        &["--format=custom", "--file", dump, &database],
    );
    let restored = SERVER.empty_database();
    run(
        &SERVER,
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut restored = SERVER.connect_as("postgres", &restored);
    assert_eq!(
        forget(&mut restored),
        ["public.customer.phone|set to NULL|1|"]
    );
}

#[test]
fn without_preload_no_policy_is_set() {
    let server = server("shared_preload_libraries = ''\n", &[K1], "");
    let mut client = server.session();
    client.run("CREATE TABLE customer (phone encrypted_phone)");
    client
        .refusal(&policy("customer", "null"), &[])
        .says("55000", "preloaded")
        .hints("shared_preload_libraries");
}
