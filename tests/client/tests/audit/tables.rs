//! A read's record names the tables of its statement, as far as they are known.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{ALL, checkpoint, database};

const READS: &str = "SELECT fields->>'tables', count, fields->>'cut' FROM phone_crypt.audit_log WHERE event = 'decrypt' ORDER BY seq";

/// What each of these transactions leaves on record: tables, count, whether there were more. Each reads numbers.
fn records(client: &mut Client, transactions: &[&str]) -> Vec<String> {
    checkpoint(client);
    let before = client.rows(READS).len();
    for transaction in transactions {
        client.run(transaction);
    }
    checkpoint(client);
    client.rows(READS).split_off(before)
}

fn world(server: &Server) -> Client {
    let (_, mut client) = database(server);
    client.run(
        "CREATE SCHEMA shop;
         CREATE TABLE shop.customers (id int, phone text, region text NOT NULL) PARTITION BY LIST (region);
         CREATE TABLE shop.au PARTITION OF shop.customers FOR VALUES IN ('AU');
         CREATE TABLE shop.us PARTITION OF shop.customers FOR VALUES IN ('US');
         INSERT INTO shop.customers SELECT n, phone_encrypt('0401 148 075'), CASE n WHEN 1 THEN 'US' ELSE 'AU' END
           FROM generate_series(1, 3) AS n;
         CREATE TABLE orders AS SELECT n AS customer FROM generate_series(1, 3) AS n;
         CREATE VIEW callable AS SELECT id, phone_decrypt(phone) AS number FROM shop.customers",
    );
    client
}

#[test]
fn the_tables_of_the_statement_are_named() {
    let server = Server::preloaded(ALL);
    let mut client = world(&server);
    let found = records(
        &mut client,
        &[
            "SELECT phone_decrypt(phone) FROM shop.customers",
            "SELECT phone_decrypt(c.phone) FROM shop.customers AS c JOIN orders AS o ON o.customer = c.id WHERE c.id = 2",
            "SELECT number FROM callable",
            "SELECT phone_decrypt(phone) FROM shop.us",
            "SELECT phone_decrypt((SELECT phone FROM shop.au LIMIT 1))",
            "COPY (SELECT phone_decrypt(phone) FROM shop.us) TO '/dev/null'",
            "UPDATE shop.customers SET region = region WHERE phone_decrypt(phone) IS NULL",
            "BEGIN; DECLARE c CURSOR FOR SELECT phone_decrypt(phone) FROM shop.customers; FETCH 2 FROM c; FETCH 1 FROM c; COMMIT",
            // Two statements on different tables are two records of one transaction.
            "BEGIN; SELECT phone_decrypt(phone) FROM shop.us; SELECT phone_decrypt(phone) FROM shop.au;
             SELECT phone_decrypt(phone) FROM shop.us; COMMIT",
        ],
    );
    let customers = "[\"shop.customers\"]";
    assert_eq!(
        found,
        [
            &format!("{customers}|3|"),
            "[\"shop.customers\", \"public.orders\"]|1|",
            "[\"public.callable\", \"shop.customers\"]|3|",
            "[\"shop.us\"]|1|",
            "[\"shop.au\"]|1|",
            "[\"shop.us\"]|1|",
            &format!("{customers}|3|"),
            &format!("{customers}|3|"),
            "[\"shop.us\"]|2|",
            "[\"shop.au\"]|2|",
        ]
    );
}

/// The innermost statement that has tables; none where a value came through a variable.
#[test]
fn a_function_reads_in_its_statements_and_in_its_callers() {
    let server = Server::preloaded(ALL);
    let mut client = world(&server);
    client.run(
        "CREATE FUNCTION reads(phone text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN phone_decrypt(phone); END $$;
         CREATE FUNCTION looks_up() RETURNS text LANGUAGE plpgsql AS $$
         BEGIN RETURN (SELECT phone_decrypt(phone) FROM shop.us); END $$;
         CREATE FUNCTION fails(phone text) RETURNS text LANGUAGE plpgsql AS $$
         BEGIN
             BEGIN
                 PERFORM phone_decrypt(phone), 1 / (customer - customer) FROM orders LIMIT 1;
             EXCEPTION WHEN division_by_zero THEN NULL;
             END;
             RETURN phone_decrypt(phone);
         END $$",
    );
    let value = client.text("SELECT phone FROM shop.us", &[]);
    let found = records(
        &mut client,
        &[
            "SELECT reads(phone) FROM shop.au",
            "SELECT looks_up() FROM orders",
            "SELECT fails(phone) FROM shop.us",
            "DO $$ DECLARE v text; BEGIN SELECT phone INTO v FROM shop.us; PERFORM phone_decrypt(v); END $$",
            &format!("SELECT phone_decrypt('{value}')"),
        ],
    );
    assert_eq!(
        found,
        [
            "[\"shop.au\"]|2|",
            "[\"shop.us\"]|3|",
            // The failed statement read one, and left what it was on to nobody.
            "[\"public.orders\"]|1|",
            "[\"shop.us\"]|1|",
            "|1|",
            "|1|",
        ]
    );
    let failed = "SELECT phone_decrypt(phone), 1 / (id - id) FROM shop.us";
    checkpoint(&mut client);
    let before = client.rows(READS).len();
    assert!(client.try_rows(failed).is_err());
    client.run(&format!("SELECT phone_decrypt('{value}')"));
    checkpoint(&mut client);
    assert_eq!(
        client.rows(READS).split_off(before),
        ["[\"shop.us\"]|1|", "|1|"]
    );
}

#[test]
fn names_are_those_of_now_and_none_is_a_number() {
    let server = Server::preloaded(ALL);
    let mut client = world(&server);
    client.run("CREATE TABLE \"calls 0401148075\" AS TABLE shop.us");
    let oid = client.text("SELECT '\"calls 0401148075\"'::regclass::oid::text", &[]);
    let found = records(
        &mut client,
        &[
            "SELECT phone_decrypt(phone) FROM shop.us",
            "ALTER TABLE shop.us RENAME TO usa",
            "SELECT phone_decrypt(phone) FROM shop.usa",
            "ALTER SCHEMA shop RENAME TO store",
            "SELECT phone_decrypt(phone) FROM store.usa",
            "SELECT phone_decrypt(phone) FROM \"calls 0401148075\"",
            "BEGIN; CREATE TABLE gone AS TABLE store.usa; SELECT phone_decrypt(phone) FROM gone; ROLLBACK",
            "SELECT phone_decrypt(a.phone) FROM store.usa AS a, store.au AS b, orders AS c, orders AS d, callable AS e LIMIT 1",
        ],
    );
    assert_eq!(
        found[..3],
        [
            "[\"shop.us\"]|1|",
            "[\"shop.usa\"]|1|",
            "[\"store.usa\"]|1|"
        ]
    );
    assert_eq!(found[3], format!("[\"{oid}\"]|1|"));
    assert_eq!(found[4], "[\"public.gone\"]|1|");
    assert!(
        found[5]
            .starts_with("[\"store.usa\", \"store.au\", \"public.orders\", \"public.callable\"]|"),
        "{found:?}"
    );
    assert!(found[5].ends_with("|true"), "{found:?}");
}
