//! MERGE, FULL JOIN, and materialized views that are refreshed while they are read.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::{K1, K1_ID, K2, K2_ID};

use crate::shared::{SERVER, by_index, customers, needs_the_right, plan, role};

const TYPED: &str = "CREATE TABLE typed (entered text, note int);
    INSERT INTO typed VALUES ('040 2000 042', 1), ('0401 148 075', 2), ('ask for Bob', 3); ANALYZE typed";

#[test]
fn merge_matches_typed_text() {
    if SERVER.major() < 15 {
        return;
    }
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    let merge = "MERGE INTO customer AS c USING typed AS t ON c.phone = t.entered
        WHEN MATCHED THEN UPDATE SET keeper = 'merged'
        WHEN NOT MATCHED THEN INSERT (id, phone) VALUES (9000 + t.note, t.entered)";
    let one = "MERGE INTO customer AS c USING (VALUES (1)) AS t ON c.phone = '0402 000 043'::text WHEN MATCHED THEN DELETE";
    needs_the_right(&mut nobody, &[merge, one]);
    writer.run("SET enable_hashjoin = off; SET enable_mergejoin = off");
    assert!(plan(&mut writer, merge).contains("Index Scan using customer_phone_key"));
    writer.run(merge);
    // A second time there is nothing that does not match, and nothing is there twice.
    writer.run(merge);
    assert_eq!(
        writer.rows(
            "SELECT id, keeper FROM customer WHERE id > 9000 OR keeper = 'merged' ORDER BY id"
        ),
        ["42|merged", "9002|merged", "9003|merged"]
    );
    by_index(&mut writer, "customer_phone_key", one);
    assert!(
        writer
            .rows("SELECT id FROM customer WHERE phone = '0402 000 043'")
            .is_empty()
    );
}

#[test]
fn a_full_join_pairs_every_number_once() {
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    superuser.run(
        "CREATE TABLE other (phone encrypted_phone); INSERT INTO other SELECT entered FROM typed",
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    let on_text = "SELECT count(*), count(c.id), count(t.note), count(*) FILTER (WHERE c.id IS NOT NULL AND t.note IS NOT NULL)
        FROM customer AS c FULL JOIN typed AS t ON c.phone = t.entered";
    let on_values = "SELECT count(*), count(c.id), count(o.phone), count(*) FILTER (WHERE c.id IS NOT NULL AND o.phone IS NOT NULL)
        FROM customer AS c FULL JOIN other AS o USING (phone)";
    for (hash, merge, kind) in [
        ("on", "off", "Hash Full Join"),
        ("off", "on", "Merge Full Join"),
    ] {
        writer.run(&format!(
            "SET enable_hashjoin = {hash}; SET enable_mergejoin = {merge}"
        ));
        for sql in [on_text, on_values] {
            assert!(
                plan(&mut writer, sql).contains(kind),
                "{sql}: {}",
                plan(&mut writer, sql)
            );
            assert_eq!(writer.rows(sql), ["3002|3000|3|1"], "{sql}");
        }
    }
    // Values that are there are compared without a right; text is not.
    assert_eq!(nobody.rows(on_values), ["3002|3000|3|1"]);
    needs_the_right(&mut nobody, &[on_text]);
}

#[test]
fn a_materialized_view_is_refreshed_while_it_is_read() {
    let (database, mut superuser) = customers();
    superuser.run(TYPED);
    superuser.run(
        "CREATE MATERIALIZED VIEW numbers AS SELECT phone, count(*) AS n FROM customer GROUP BY phone;
         CREATE UNIQUE INDEX numbers_phone ON numbers (phone); ANALYZE numbers;
         CREATE MATERIALIZED VIEW matched AS SELECT id FROM customer JOIN typed ON phone = entered;
         CREATE UNIQUE INDEX ON matched (id)",
    );
    let (name, mut owner) = role(&mut superuser, &database, "writer");
    let refresh = "REFRESH MATERIALIZED VIEW CONCURRENTLY numbers";
    superuser.run(refresh);
    superuser.run("UPDATE customer SET phone = '0401 148 075 ext 5' WHERE id = 42; DELETE FROM customer WHERE id = 43");
    let mut reader = SERVER.connect_as("postgres", &database);
    reader.run("BEGIN; SELECT count(*) FROM numbers");
    superuser.run(refresh);
    reader.run("COMMIT");
    let found = "SELECT phone_original(phone) FROM numbers WHERE phone = '0401 148 075'";
    assert_eq!(
        by_index(&mut superuser, "numbers_phone", found),
        ["0401 148 075 ext 5"]
    );
    for gone in ["0402 000 042", "0402 000 043"] {
        assert!(
            superuser
                .rows(&format!("SELECT n FROM numbers WHERE phone = '{gone}'"))
                .is_empty()
        );
    }
    // A value that equals the one before and has other bytes takes its place.
    superuser.set("encryption_key", K2);
    superuser.set("previous_keys", K1);
    superuser.set("hash_key_id", K1_ID);
    superuser.run("UPDATE customer SET phone = phone_reencrypt(phone)");
    superuser.run(refresh);
    assert_eq!(
        superuser.rows("SELECT * FROM phone_column_keys('numbers', 'phone')"),
        [format!("{K2_ID}|{K1_ID}|2999")]
    );
    // It runs as its owner, who needs the right where the query compares text.
    superuser.run(&format!("ALTER MATERIALIZED VIEW matched OWNER TO {name}"));
    let refresh = "REFRESH MATERIALIZED VIEW CONCURRENTLY matched";
    superuser.run(refresh);
    owner.run(refresh);
    superuser.run(&format!("SELECT phone_crypt_revoke('{name}', 'writer')"));
    for client in [&mut superuser, &mut owner] {
        client
            .refusal(refresh, &[])
            .says("42501", "plain phone numbers")
            .hides("402000");
    }
}
