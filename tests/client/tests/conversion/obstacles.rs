//! What would be lost with the plain column stops a conversion, by name and before anything is changed; the statements of
//! the hint remove it.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{CONVERT, SERVER, is_encrypted, table_state};

/// What makes an obstacle, what the refusal calls it, and from which PostgreSQL on it can be made.
struct Obstacle {
    made_by: &'static str,
    name: &'static str,
    since: u32,
}

const fn obstacle(made_by: &'static str, name: &'static str) -> Obstacle {
    Obstacle {
        made_by,
        name,
        since: 14,
    }
}

const fn since_15(made_by: &'static str, name: &'static str) -> Obstacle {
    Obstacle {
        made_by,
        name,
        since: 15,
    }
}

/// Those that the statements of the hint remove as they are.
const REMOVABLE: &[Obstacle] = &[
    obstacle(
        r#"CREATE VIEW "The Numbers" AS SELECT id, phone FROM customer"#,
        r#"view "The Numbers""#,
    ),
    obstacle(
        "CREATE MATERIALIZED VIEW stored AS SELECT phone FROM customer",
        "materialized view stored",
    ),
    obstacle(
        "CREATE TABLE call (phone text CONSTRAINT to_customer REFERENCES customer (phone))",
        "constraint to_customer on table call",
    ),
    obstacle(
        "CREATE TABLE known (phone text PRIMARY KEY); INSERT INTO known SELECT phone FROM customer;
         ALTER TABLE customer ADD CONSTRAINT from_customer FOREIGN KEY (phone) REFERENCES known",
        "constraint from_customer on table customer",
    ),
    obstacle(
        r#"ALTER TABLE customer ADD "Length" int GENERATED ALWAYS AS (length(phone)) STORED"#,
        "column Length of table customer",
    ),
    obstacle(
        "ALTER TABLE customer ALTER phone SET DEFAULT 'none'",
        "default value for column phone of table customer",
    ),
    obstacle(
        r#"ALTER TABLE customer ADD CONSTRAINT "not long" CHECK (length(phone) < 40)"#,
        "constraint not long on table customer",
    ),
    obstacle(
        "ALTER TABLE customer ADD CONSTRAINT exclude_it EXCLUDE USING btree (phone WITH =)",
        "constraint exclude_it on table customer",
    ),
    obstacle(
        "ALTER TABLE customer ADD CONSTRAINT later UNIQUE (phone) DEFERRABLE",
        "constraint later on table customer",
    ),
    obstacle(
        "CREATE INDEX partial ON customer (id) WHERE phone IS NOT NULL",
        "index partial",
    ),
    obstacle(
        r#"CREATE UNIQUE INDEX "Lower" ON customer (lower(phone))"#,
        r#"index "Lower""#,
    ),
    since_15(
        "CREATE UNIQUE INDEX one_null ON customer (phone) NULLS NOT DISTINCT",
        "index one_null",
    ),
    obstacle(
        "CREATE INDEX hashed ON customer USING hash (phone)",
        "index hashed",
    ),
    obstacle(
        "CREATE STATISTICS together (dependencies) ON id, phone FROM customer",
        "statistics object together",
    ),
    obstacle(
        "CREATE POLICY own_rows ON customer USING (phone LIKE '+%')",
        "policy own_rows on table customer",
    ),
    obstacle(
        "CREATE RULE watch AS ON UPDATE TO customer WHERE NEW.phone IS NULL DO ALSO SELECT 1",
        "rule watch on table customer",
    ),
    obstacle(
        "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER watching AFTER UPDATE OF phone ON customer FOR EACH ROW EXECUTE FUNCTION watch()",
        "trigger watching on table customer",
    ),
    obstacle(
        "CREATE FUNCTION by_number() RETURNS SETOF bigint LANGUAGE sql
         BEGIN ATOMIC SELECT id FROM customer WHERE phone = 'x'; END",
        "function by_number()",
    ),
    since_15(
        "CREATE PUBLICATION some_columns FOR TABLE customer (id, phone)",
        "publication of table customer in publication some_columns",
    ),
    obstacle(
        "ALTER TABLE customer ALTER phone SET NOT NULL;
         ALTER TABLE customer REPLICA IDENTITY USING INDEX customer_phone_key",
        "replica identity of index customer_phone_key",
    ),
    obstacle(
        "CLUSTER customer USING customer_phone_key",
        "clustering of index customer_phone_key",
    ),
    obstacle(
        "ALTER TABLE customer ALTER phone SET (n_distinct = -0.5)",
        "options of the column",
    ),
];

/// Those that need a name or a body of somebody's choice.
const OTHERS: &[Obstacle] = &[
    obstacle(
        "CREATE FUNCTION of_type() RETURNS bool LANGUAGE plpgsql
         AS 'DECLARE it customer.phone%TYPE; BEGIN RETURN it IS NULL; END'",
        "%TYPE of the column in function of_type()",
    ),
    obstacle(
        "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER zzz_last BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION change()",
        "trigger zzz_last, which fires after that of the conversion",
    ),
];

const TABLE: &str = "
    CREATE TABLE customer (id bigint PRIMARY KEY, phone text UNIQUE);
    INSERT INTO customer SELECT i, '+61401' || to_char(i, 'FM000000') FROM generate_series(1, 20) AS i";

const DROP_TABLE: &str = "DROP TABLE customer CASCADE";

/// Calls the procedure, which must stop at this and leave all as it was; the hint.
fn stops(client: &mut Client, sqlstate: &str, name: &str) -> String {
    let before = table_state(client, "customer");
    let refusal = client.refusal(CONVERT, &[]);
    assert_eq!(refusal.sqlstate, sqlstate, "{name}: {refusal:?}");
    let lines = refusal.everything.replace("public.", "");
    let said = lines.lines().any(|line| line.ends_with(name));
    assert!(said, "no {name:?} in {refusal:?}");
    refusal.hides("+61401");
    assert_eq!(table_state(client, "customer"), before, "{name}");
    refusal.hint.clone()
}

#[test]
fn each_is_named_and_removed_by_the_statements_of_the_hint() {
    let mut client = SERVER.session();
    for Obstacle {
        made_by,
        name,
        since,
    } in REMOVABLE
    {
        if SERVER.major() < *since {
            continue;
        }
        client.run(&format!("{TABLE}; {made_by}"));
        let hint = stops(&mut client, "2BP01", name);
        let (_, statements) = hint.split_once(":\n").expect("no statements");
        client.run(statements);
        client.run(CONVERT);
        assert!(is_encrypted(&mut client, "customer", "phone"), "{name}");
        client.run(DROP_TABLE);
        client.run(
            "DROP TABLE IF EXISTS call, known; DROP FUNCTION IF EXISTS watch();
             DROP PUBLICATION IF EXISTS some_columns",
        );
    }
}

#[test]
fn what_no_statement_removes_is_named() {
    let mut client = SERVER.session();
    for Obstacle { made_by, name, .. } in OTHERS {
        client.run(&format!("{TABLE}; {made_by}"));
        stops(&mut client, "2BP01", name);
        client.run(DROP_TABLE);
        client.run("DROP FUNCTION IF EXISTS of_type(), change()");
    }
}

/// It can only go together with what refers to it, so that is left to the owner.
#[test]
fn a_primary_key_is_named() {
    let mut client = SERVER.session();
    client.run("CREATE TABLE customer (phone text PRIMARY KEY); INSERT INTO customer VALUES ('+61401000001')");
    let hint = stops(
        &mut client,
        "2BP01",
        "constraint customer_pkey on table customer",
    );
    client.run(hint.split_once(":\n").unwrap().1);
    client.run(CONVERT);
    client.run("ALTER TABLE customer ADD PRIMARY KEY (phone)");
}

/// No constraint can be made of such an index, as the time until the swap asks for.
#[test]
fn a_unique_index_in_another_order_is_named() {
    let mut client = SERVER.session();
    for columns in ["phone DESC", "id DESC, phone", "phone NULLS FIRST"] {
        client.run(&format!(
            "{TABLE}; CREATE UNIQUE INDEX other_order ON customer ({columns})"
        ));
        let hint = stops(&mut client, "2BP01", "index other_order");
        client.run(hint.split_once(":\n").unwrap().1);
        client.run(CONVERT);
        client.run(DROP_TABLE);
    }
}

#[test]
fn all_obstacles_are_named_at_once() {
    let mut client = SERVER.session();
    client.run(TABLE);
    client.run(REMOVABLE[0].made_by);
    client.run(REMOVABLE[6].made_by);
    stops(&mut client, "2BP01", REMOVABLE[0].name);
    let hint = stops(&mut client, "2BP01", REMOVABLE[6].name);
    client.run(hint.split_once(":\n").unwrap().1);
    client.run(CONVERT);
}
