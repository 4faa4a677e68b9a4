//! Unique keys of partitioned tables, of the column and of what the table is partitioned by.

use phone_crypt_client_tests::Sql;
use postgres::Client;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::shared::{CONVERT, DROP, SERVER, is_encrypted, state_of_conversion, table_state};

/// 3,000 rows in four partitions of two levels, in one of which the columns stand otherwise, and unique keys of each kind.
const TABLE: &str = "
    CREATE TABLE customer (id int, region text NOT NULL, phone text, note text, PRIMARY KEY (id, region),
                           CONSTRAINT \"Phone once\" UNIQUE (phone, region) WITH (fillfactor = 70),
                           CONSTRAINT with_more UNIQUE (region, phone) INCLUDE (note)) PARTITION BY LIST (region);
    CREATE TABLE au PARTITION OF customer FOR VALUES IN ('AU');
    CREATE TABLE us (note text, gone int, phone text, region text NOT NULL, id int NOT NULL);
    ALTER TABLE us DROP gone;
    ALTER TABLE customer ATTACH PARTITION us FOR VALUES IN ('US');
    CREATE TABLE nz PARTITION OF customer FOR VALUES IN ('NZ', 'FJ') PARTITION BY LIST (region);
    CREATE TABLE nz_itself PARTITION OF nz FOR VALUES IN ('NZ');
    CREATE TABLE fj PARTITION OF nz FOR VALUES IN ('FJ');
    CREATE UNIQUE INDEX again ON customer (phone, region) WITH (fillfactor = 70);
    CREATE UNIQUE INDEX of_three ON customer (phone, id, region);
    COMMENT ON CONSTRAINT \"Phone once\" ON customer IS 'a comment'; COMMENT ON INDEX again IS 'another';
    INSERT INTO customer SELECT i, ('{AU,US,NZ,FJ}'::text[])[1 + i % 4], concat('0401 ', to_char(i / 4, 'FM000000')), 'note'
      FROM generate_series(1, 3000) AS i";

const UPSERT: &str = "ON CONFLICT (phone, region) DO UPDATE SET note = 'again'";

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
          WHERE phone_show(phone) NOT IN (concat('+61401', to_char(id / 4, 'FM000000')), concat('0401 ', to_char(id / 4, 'FM000000')))",
    )
}

/// What the table has, and what each partition has for it, but for the names there.
fn state(client: &mut Client) -> Vec<String> {
    let mut state: Vec<String> = table_state(client, "customer")
        .into_iter()
        .map(|line| line.replace("|encrypted_phone|", "|text|"))
        .collect();
    let parts =
        "(SELECT relid FROM pg_partition_tree('customer') WHERE relid <> 'customer'::regclass)";
    for sql in [
        "SELECT 'index', i.indrelid::regclass, regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX (\"[^\"]*\"|\\S+)', ''), i.indisvalid,
                i.indimmediate, i.indisunique, c.relispartition, h.inhparent::regclass
           FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid LEFT JOIN pg_inherits AS h ON h.inhrelid = c.oid
          WHERE i.indrelid IN $parts AND i.indrelid NOT IN ('nz_itself'::regclass, 'fj'::regclass) ORDER BY 2, 3, 8",
        "SELECT 'constraint', c.conrelid::regclass, c.contype, pg_get_constraintdef(c.oid), c.condeferrable, c.condeferred,
                c.convalidated, c.conislocal, c.coninhcount, c.conparentid = 0, p.contype
           FROM pg_constraint AS c LEFT JOIN pg_constraint AS p ON p.oid = c.conparentid
          WHERE c.conrelid IN $parts ORDER BY 2, 3, 4",
        "SELECT 'trigger', t.tgrelid::regclass, t.tgname FROM pg_trigger AS t WHERE t.tgrelid IN $parts ORDER BY 2, 3",
        "SELECT 'depends', d.classid::regclass, d.refclassid::regclass, d.deptype, count(*) FROM pg_depend AS d
          WHERE (d.objid IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid IN $parts OR i.indrelid = 'customer'::regclass)
             OR d.objid IN (SELECT c.oid FROM pg_constraint AS c WHERE c.conrelid IN $parts OR c.conrelid = 'customer'::regclass))
            AND d.refclassid <> 'pg_opclass'::regclass
          GROUP BY 2, 3, 4 ORDER BY 2, 3, 4",
    ] {
        state.extend(client.rows(&sql.replace("$parts", parts)));
    }
    state
}

#[test]
fn the_catalogue_is_the_same_and_so_it_is_on_the_way_back() {
    let (_, mut client) = new_table();
    let before = state(&mut client);
    assert!(
        before.iter().filter(|line| line.contains("UNIQUE")).count() > 16,
        "{before:#?}"
    );
    client.run("CALL phone_encrypt_column('customer', 'phone', dry_run => true)");
    assert_eq!(state(&mut client), before);
    client.run(CONVERT);
    client.run(DROP);
    assert_eq!(state(&mut client), before);
    assert!(is_encrypted(&mut client, "fj", "phone"));
    assert_eq!(wrong_rows(&mut client), 0);
    client.run("CALL phone_rotate_column('customer', 'phone')");
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    assert_eq!(state(&mut client), before);
    assert_eq!(wrong_rows(&mut client), 0);
    client.run("DROP INDEX again; ALTER TABLE customer DROP CONSTRAINT \"Phone once\"");
}

#[test]
fn a_number_is_unique_in_its_region() {
    let (_, mut client) = new_table();
    client.run("CREATE EXTENSION amcheck");
    client.run(CONVERT);
    let sound = "SELECT bt_index_check(i.indexrelid, true) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
                  WHERE i.indrelid IN (SELECT relid FROM pg_partition_tree('customer')) AND c.relkind = 'i'";
    for sql in ["", DROP, "CALL phone_decrypt_column('customer', 'phone')"] {
        client.run(sql);
        assert_eq!(client.rows(sound).len(), 20);
        let spelling = match is_encrypted(&mut client, "customer", "phone") {
            true => "+61 401 (000) 007",
            false => "+61401000007",
        };
        for region in ["AU", "US", "NZ", "FJ"] {
            let row = format!(
                "INSERT INTO customer (id, region, phone) VALUES (9000, '{region}', '{spelling}')"
            );
            client.refusal(&row, &[]).says("23505", "");
            for upsert in [
                UPSERT,
                "ON CONFLICT ON CONSTRAINT \"Phone once\" DO UPDATE SET note = 'again'",
            ] {
                let upserted = client.rows(&format!("{row} {upsert} RETURNING id"));
                assert_ne!(upserted, ["9000"]);
            }
        }
        client.run("INSERT INTO customer (id, region, phone) VALUES (9001, 'AU', '0402 000 001'), (9001, 'FJ', '0402 000 001')");
        client
            .refusal(
                "UPDATE customer SET region = 'AU' WHERE id = 9001 AND region = 'FJ'",
                &[],
            )
            .says("23505", "");
        client.run("DELETE FROM customer WHERE id = 9001");
    }
}

#[test]
fn spellings_of_one_number_are_refused_or_kept_as_text() {
    let (_, mut client) = new_table();
    // In another region it is no repetition.
    client.run(
        "INSERT INTO customer VALUES (4000, 'AU', '0401-000-007'), (4001, 'US', '0401 999 999')",
    );
    client
        .refusal(CONVERT, &[])
        .says("23505", "1 rows of table public.customer repeat a number");
    client.run("CALL phone_encrypt_column('customer', 'phone', duplicates => 'text')");
    let texts = "SELECT id, phone_decrypt(phone) FROM customer WHERE NOT phone_is_number(phone)";
    let kept = client.rows(texts);
    assert!(
        kept == ["4000|0401-000-007"] || kept == ["28|0401 000007"],
        "{kept:?}"
    );
    client.run(DROP);
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    assert_eq!(wrong_rows(&mut client), 2);
}

/// A text that is a number's is refused on the way back only where the two rows are in one partition.
#[test]
fn the_same_text_may_be_in_two_partitions() {
    let (_, mut client) = new_table();
    client.run("INSERT INTO customer VALUES (5000, 'US', '0402 000 001'); INSERT INTO customer VALUES (5001, 'US', '+61402000001')");
    client.run("CALL phone_encrypt_column('customer', 'phone', duplicates => 'text')");
    client.run(DROP);
    let back = "CALL phone_decrypt_column('customer', 'phone')";
    client
        .refusal(back, &[])
        .says("23505", "1 rows of table public.customer have as text");
    client.run("UPDATE customer SET region = 'AU' WHERE id = 5000");
    client.run(back);
    let both = "SELECT count(*) FROM customer WHERE phone = '+61402000001'";
    assert_eq!(client.number(both), 2);
}

/// A conversion that stopped on the way, since a row of `us` could not be written.
fn stopped(call: &str) -> Client {
    let (_, mut client) = new_table();
    client.run(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF NEW.id = 2001 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON us FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    client.refusal(call, &[]).says("P0001", "stopped");
    assert_eq!(state_of_conversion(&mut client), "filling");
    client.run("DROP TRIGGER refuse ON us");
    client
}

#[test]
fn partitions_may_come_and_go_meanwhile() {
    let mut client = stopped(CONVERT);
    client.run(
        "CREATE TABLE gb PARTITION OF customer FOR VALUES IN ('GB');
         CREATE TABLE ie (LIKE customer INCLUDING ALL); INSERT INTO ie (id, region, phone) VALUES (28, 'IE', '0401 000 007');
         ALTER TABLE customer ATTACH PARTITION ie FOR VALUES IN ('IE');
         ALTER TABLE customer DETACH PARTITION au",
    );
    for _ in 0..2 {
        for (region, id) in [("GB", "28"), ("IE", "28")] {
            let upsert = format!(
                "INSERT INTO customer (id, region, phone) VALUES ({id}, '{region}', '0401 000 007') {UPSERT}"
            );
            client.run(&upsert);
            client.run(&upsert);
        }
    }
    client.run(CONVERT);
    assert_eq!(wrong_rows(&mut client), 0);
    let deferrable = "SELECT count(*) FROM pg_constraint AS c JOIN pg_partition_tree('customer') AS t ON t.relid = c.conrelid
                       WHERE c.condeferrable";
    assert_eq!(client.number(deferrable), 0);
    for region in ["GB", "IE", "US"] {
        client
            .refusal(&format!("INSERT INTO customer (id, region, phone) VALUES (9000, '{region}', '0401-000-007')"), &[])
            .says("23505", "");
    }
    client.run(DROP);
    assert_eq!(client.number("SELECT count(phone) FROM au"), 750);
}

/// PostgreSQL does not check a deferrable constraint for such a session, unless it is told to.
#[test]
fn a_subscription_writes_no_number_twice() {
    let mut client = stopped(CONVERT);
    client.run("CREATE TABLE gb PARTITION OF customer FOR VALUES IN ('GB')");
    let twice = |region: &str| {
        format!(
            "INSERT INTO customer (id, region, phone) VALUES (7000, '{region}', '0405 000 001'), (7001, '{region}', '0405-000-001')"
        )
    };
    client.run("SET session_replication_role = replica");
    for region in ["AU", "US", "FJ"] {
        client.refusal(&twice(region), &[]).says("23505", "");
    }
    client.run(&twice("GB"));
    client.run("RESET session_replication_role");
    client
        .refusal(CONVERT, &[])
        .says("23505", "2 rows of table public.gb have what is unique");
    client.run("DELETE FROM customer WHERE id = 7001");
    // It is checked from now on, also before the swap.
    client.run("SET session_replication_role = replica");
    let again = twice("GB").replace("700", "800");
    client.refusal(&again, &[]).says("23505", "");
    client.run("RESET session_replication_role");
    client.run(CONVERT);
    client.refusal(&again, &[]).says("23505", "");
}

#[test]
fn values_are_read() {
    let (_, mut client) = new_table();
    let before = state(&mut client);
    client.run("UPDATE customer SET phone = phone_encrypt(phone, 'customer.phone')");
    client.run("CALL phone_encrypt_column('customer', 'phone', context => 'customer.phone')");
    client.run(DROP);
    assert_eq!(state(&mut client), before);
    assert_eq!(wrong_rows(&mut client), 0);
}

#[test]
fn a_large_table_waits_for_its_indexes() {
    let (_, mut client) = new_table();
    client.run("ALTER TABLE customer DROP CONSTRAINT with_more");
    let before = state(&mut client);
    client.run("ALTER TABLE customer ALTER note SET STORAGE plain; UPDATE customer SET note = repeat('x', 6000)");
    let statements =
        |client: &mut Client| client.rows("SELECT phone_column_statements('customer', 'phone')");
    client.run(CONVERT);
    assert_eq!(state_of_conversion(&mut client), "prepared");
    assert_eq!(statements(&mut client).len(), 12);
    for statement in &statements(&mut client)[..5] {
        assert!(
            statement.starts_with("CREATE UNIQUE INDEX CONCURRENTLY "),
            "{statement}"
        );
        client.run(statement);
    }
    // What a failed one leaves, and a partition that comes meanwhile.
    let invalid = client
        .rows("SELECT c.oid::regclass FROM pg_class AS c WHERE c.relname LIKE 'au%enc'")
        .remove(0);
    client.run(&format!(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{invalid}'::regclass;
         CREATE TABLE gb PARTITION OF customer FOR VALUES IN ('GB'); INSERT INTO gb VALUES (28, 'GB', '0401 000 007')"
    ));
    client.run(CONVERT);
    assert_eq!(state_of_conversion(&mut client), "prepared");
    for statement in statements(&mut client) {
        client.run(&statement);
    }
    assert_eq!(statements(&mut client), Vec::<String>::new());
    client.run(CONVERT);
    assert_eq!(wrong_rows(&mut client), 0);
    client.run(DROP);
    client.run("DROP TABLE gb");
    // And back.
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    assert!(is_encrypted(&mut client, "customer", "phone"));
    let found = statements(&mut client);
    assert_eq!(found.len(), 12 + 6 + 5, "{found:#?}");
    for statement in found {
        client.run(&statement);
    }
    client.run("CALL phone_decrypt_column('customer', 'phone')");
    assert_eq!(wrong_rows(&mut client), 0);
    assert_eq!(state(&mut client), before);
}

/// In each region every number is upserted by several sessions, all the time.
#[test]
fn upserts_go_on() {
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
                        let (id, region) = (8_000 + written % 97, ["AU", "US", "NZ", "FJ"][written % 4]);
                        let phone = format!("+61401{:06}", id / 4);
                        session.run(&format!(
                            "INSERT INTO customer (id, region, phone) VALUES ({} + {number}, '{region}', '{phone}') {UPSERT}",
                            id / 4 * 4
                        ));
                        let count = format!("SELECT count(*) FROM customer WHERE phone = '{phone}' AND region = '{region}'");
                        assert_eq!(session.number(&count), 1, "{phone} {region}");
                        written += 1;
                    }
                    written
                })
            })
            .collect();
        for call in [
            CONVERT,
            DROP,
            "CALL phone_decrypt_column('customer', 'phone')",
            CONVERT,
        ] {
            client.run(call);
        }
        is_over.store(true, Ordering::Relaxed);
        writers
            .into_iter()
            .map(|writer| writer.join().expect("no error"))
            .sum::<usize>()
    });
    assert!(written > 100, "too little to prove anything: {written}");
    assert_eq!(wrong_rows(&mut client), 0);
    client.run(DROP);
}
