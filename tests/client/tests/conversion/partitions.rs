//! Partitioned tables: converted as a whole, with partitions whose columns stand in another order, of several levels, and
//! with such as come and go meanwhile.

use phone_crypt_client_tests::Sql;
use postgres::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, state_of_conversion};

/// 3,000 rows in five partitions of two levels; in one of them the columns stand otherwise.
const TABLE: &str = "
    CREATE TABLE customer (id int, day int NOT NULL, phone text NOT NULL, note text, PRIMARY KEY (id, day))
        PARTITION BY RANGE (day);
    CREATE TABLE first PARTITION OF customer FOR VALUES FROM (0) TO (10);
    CREATE TABLE second (note text, gone int, phone text NOT NULL, day int NOT NULL, id int NOT NULL);
    ALTER TABLE second DROP gone;
    ALTER TABLE customer ATTACH PARTITION second FOR VALUES FROM (10) TO (20);
    CREATE TABLE third PARTITION OF customer FOR VALUES FROM (20) TO (30) PARTITION BY HASH (id);
    CREATE TABLE third_even PARTITION OF third FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE third_odd PARTITION OF third FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    CREATE INDEX by_phone ON customer (phone);
    CREATE INDEX by_phone_and_note ON customer (phone, note DESC);
    INSERT INTO customer SELECT i, i % 30, concat('0401 ', to_char(i, 'FM000000')), 'note'
      FROM generate_series(1, 3000) AS i";

fn new_table() -> (String, Client) {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    client.run(TABLE);
    (database, client)
}

/// Rows whose number is not that of their id.
fn wrong_rows(client: &mut Client) -> i64 {
    client.number(
        "SELECT count(*) FROM customer
          WHERE phone_show(phone) NOT IN (concat('+61401', to_char(id, 'FM000000')), concat('0401 ', to_char(id, 'FM000000')))",
    )
}

fn indexes(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT c.relname, replace(pg_get_indexdef(i.indexrelid), 'USING btree', ''), i.indisvalid
           FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = 'customer'::regclass ORDER BY 1",
    )
}

#[test]
fn every_partition_is_converted_and_the_way_back_leads_to_the_same() {
    let (_, mut client) = new_table();
    client.run(
        "CREATE ROLE partition_reader; GRANT SELECT (phone) ON second TO partition_reader;
         SELECT phone_crypt_grant('partition_reader', 'writer');
         COMMENT ON COLUMN third_odd.phone IS 'odd'; ALTER TABLE first ALTER phone SET STATISTICS 42",
    );
    let of_partitions = "SELECT has_column_privilege('partition_reader', 'second', 'phone', 'SELECT'),
        col_description(a.attrelid, a.attnum), s.attstattarget
        FROM pg_attribute AS a, pg_attribute AS s WHERE a.attrelid = 'third_odd'::regclass AND a.attname = 'phone'
         AND s.attrelid = 'first'::regclass AND s.attname = 'phone'";
    let (before, carried) = (indexes(&mut client), client.rows(of_partitions));
    client.run(CONVERT);
    assert_eq!(state_of_conversion(&mut client), "swapped");
    for table in [
        "customer",
        "first",
        "second",
        "third",
        "third_even",
        "third_odd",
    ] {
        assert!(is_encrypted(&mut client, table, "phone"), "{table}");
    }
    assert_eq!(indexes(&mut client), before);
    assert_eq!(client.rows(of_partitions), carried);
    assert_eq!(wrong_rows(&mut client), 0);
    client.run("SET enable_seqscan = off; SET enable_bitmapscan = off");
    let plan =
        client.rows("EXPLAIN (COSTS OFF) SELECT id FROM customer WHERE phone = '0401 000 007'");
    assert_eq!(
        plan.iter().filter(|line| line.contains("Index")).count(),
        8,
        "{plan:#?}"
    );
    // A row that moves to another partition, and a partition that is made later.
    client.run(
        "UPDATE customer SET day = 25 WHERE phone = '0401 000 007';
         CREATE TABLE fourth PARTITION OF customer FOR VALUES FROM (30) TO (40);
         INSERT INTO customer (id, day, phone) VALUES (5000, 35, '0401 005 000');
         UPDATE customer SET day = 36 WHERE id = 8",
    );
    assert_eq!(wrong_rows(&mut client), 0);
    client.run(DROP);
    assert_eq!(
        client.number("SELECT count(*) FROM pg_attribute WHERE attname = 'phone_plain'"),
        0
    );
    assert_eq!(
        client.number("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zz_phone_crypt%'"),
        0
    );
    client.run("CALL phone_rotate_column('customer', 'phone')");
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    assert!(!is_encrypted(&mut client, "third_odd", "phone"));
    assert_eq!(indexes(&mut client), before);
    assert_eq!(wrong_rows(&mut client), 0);
    let not_null = "SELECT count(*) FROM pg_attribute WHERE attname = 'phone' AND attnotnull
                       AND attrelid IN (SELECT relid FROM pg_partition_tree('customer'))";
    assert_eq!(client.number(not_null), 7);
}

#[test]
fn values_of_partitions_are_read() {
    let (_, mut client) = new_table();
    client.run("UPDATE customer SET phone = phone_encrypt(phone, 'customer.phone')");
    client.run("CALL phone_encrypt_column('customer', 'phone', context => 'customer.phone')");
    assert_eq!(wrong_rows(&mut client), 0);
    client.run(DROP);
    assert_eq!(
        client.number("SELECT count(*) FROM customer WHERE phone = '0401 000 025'"),
        1
    );
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_is_changed() {
    let refused = [
        ("", "first", "0A000", "is a partition"),
        (
            "CREATE INDEX alone ON third_even (phone)",
            "customer",
            "2BP01",
            "third_even has indexes",
        ),
        (
            "CREATE VIEW seen AS SELECT phone FROM second",
            "customer",
            "2BP01",
            "second",
        ),
        (
            "CREATE UNIQUE INDEX alone ON first (phone)",
            "customer",
            "2BP01",
            "first has indexes",
        ),
        (
            "CREATE TABLE by_key (phone text, day int, PRIMARY KEY (phone, day)) PARTITION BY LIST (day)",
            "by_key",
            "2BP01",
            "by_key_pkey",
        ),
        (
            "ALTER TABLE second OWNER TO pg_monitor",
            "customer",
            "0A000",
            "another owner",
        ),
        (
            "CREATE TABLE by_phone_itself (phone text) PARTITION BY HASH (phone)",
            "by_phone_itself",
            "0A000",
            "is partitioned by",
        ),
        (
            "CREATE TABLE by_expression (phone text) PARTITION BY LIST (length(phone))",
            "by_expression",
            "0A000",
            "is partitioned by",
        ),
    ];
    for (change, table, sqlstate, text) in refused {
        let (_, mut client) = new_table();
        client.run(change);
        let call = format!("CALL phone_encrypt_column('{table}', 'phone')");
        let refusal = client.refusal(&call, &[]);
        refusal.says(sqlstate, "");
        assert!(refusal.everything.contains(text), "{refusal:?}");
        assert_eq!(
            client.number("SELECT count(*) FROM pg_attribute WHERE attname = 'phone_encrypted' AND attrelid = 'customer'::regclass"),
            0
        );
    }
}

/// A conversion that stopped on the way, since a row of `second` could not be written.
fn stopped() -> (String, Client) {
    let (database, mut client) = new_table();
    client.run(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.id = 2000 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
         UPDATE customer SET day = 15 WHERE id = 2000;
         CREATE TRIGGER refuse BEFORE UPDATE ON second FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    client
        .refusal(CONVERT, &[])
        .says("P0001", "phone_encrypt_column stopped");
    assert_eq!(state_of_conversion(&mut client), "filling");
    client.run("DROP TRIGGER refuse ON second");
    (database, client)
}

#[test]
fn partitions_may_come_and_go_meanwhile() {
    let (_, mut client) = stopped();
    client.run(
        "CREATE TABLE fourth PARTITION OF customer FOR VALUES FROM (30) TO (40);
         INSERT INTO customer (id, day, phone) VALUES (4000, 31, '0401 004 000');
         CREATE TABLE fifth (LIKE customer); INSERT INTO fifth (id, day, phone) VALUES (4001, 41, '0401 004 001');
         ALTER TABLE customer ATTACH PARTITION fifth FOR VALUES FROM (40) TO (50);
         ALTER TABLE customer DETACH PARTITION first",
    );
    client.run(CONVERT);
    assert_eq!(wrong_rows(&mut client), 0);
    assert_eq!(
        client.number(
            "SELECT count(*) FROM customer WHERE phone IN ('0401 004 000', '0401 004 001')"
        ),
        2
    );
    // The one that was detached has all that it had.
    assert_eq!(client.number("SELECT count(phone) FROM first"), 1000);
    assert_eq!(client.number("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'first'::regclass AND tgname LIKE 'zz_%'"), 0);
    client.run(DROP);
}

#[test]
fn a_trigger_that_is_off_in_one_partition_is_noticed() {
    let (_, mut client) = stopped();
    client.run("ALTER TABLE third_odd DISABLE TRIGGER USER");
    client.refusal(CONVERT, &[]).says("55000", "does not fire");
    client.run("ALTER TABLE customer ENABLE ALWAYS TRIGGER zz_phone_crypt_5_1");
    client.run(CONVERT);
    client.run("ALTER TABLE third_odd DISABLE TRIGGER USER; UPDATE customer SET phone = '0401 999 999' WHERE id = 29");
    client.refusal(DROP, &[]).says("55000", "");
}

#[test]
fn a_large_table_waits_for_its_indexes() {
    let (_, mut client) = new_table();
    client.run(
        "DROP INDEX by_phone_and_note; ALTER TABLE customer ALTER note SET STORAGE plain;
         UPDATE customer SET note = repeat('x', 6000)",
    );
    client.run(CONVERT);
    assert_eq!(state_of_conversion(&mut client), "prepared");
    // The first attempt breaks off half-way.
    let statements =
        |client: &mut Client| client.rows("SELECT phone_column_statements('customer', 'phone')");
    for statement in &statements(&mut client)[..3] {
        client.run(statement);
    }
    for statement in statements(&mut client) {
        client.run(&statement);
    }
    assert_eq!(statements(&mut client), Vec::<String>::new());
    client.run(CONVERT);
    assert_eq!(wrong_rows(&mut client), 0);
    assert_eq!(indexes(&mut client).len(), 2);
}

#[test]
fn an_application_goes_on() {
    let (database, mut client) = new_table();
    let is_over = AtomicBool::new(false);
    let written = thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|number| {
                let (database, is_over) = (&database, &is_over);
                scope.spawn(move || {
                    let mut session = SERVER.connect_as("postgres", database);
                    let mut written = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        let id = 10_000 + 1000 * number + written % 1000;
                        let phone = format!("0401 {id:06}");
                        session.run(&format!(
                            "INSERT INTO customer (id, day, phone) VALUES ({id}, {id} % 30, '{phone}') ON CONFLICT (id, day)
                                 DO UPDATE SET phone = EXCLUDED.phone;
                             UPDATE customer SET day = (day + 7) % 30 WHERE id = {}; UPDATE customer SET phone = phone WHERE id = {}",
                            // A row that several sessions move at once is PostgreSQL's own 40001.
                            1 + number + 3 * (written % 100),
                            1 + number + 3 * (written % 1000)
                        ));
                        assert_eq!(
                            session.number(&format!("SELECT count(*) FROM customer WHERE phone = '{phone}'")),
                            1,
                            "a row that was just written is not found"
                        );
                        written += 1;
                    }
                    written
                })
            })
            .collect();
        client.run(CONVERT);
        is_over.store(true, Ordering::Relaxed);
        writers
            .into_iter()
            .map(|writer| writer.join().expect("no error"))
            .sum::<i32>()
    });
    assert!(written > 30, "too little to prove anything: {written}");
    assert_eq!(wrong_rows(&mut client), 0);
    client.run(DROP);
}
