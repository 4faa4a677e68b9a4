//! Tables that are partitioned by the column: rows go where their number says, however it is spelt, and a look-up reads one
//! partition, by its index.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{by_index, customers, needs_the_right, plan, role};

/// The rows of `customer` in four partitions of `by_hash`.
fn by_hash(superuser: &mut Client, rows: &str) {
    superuser.run(
        "CREATE TABLE by_hash (id int, phone encrypted_phone UNIQUE) PARTITION BY HASH (phone)",
    );
    for number in 0..4 {
        superuser.run(&format!(
            "CREATE TABLE by_hash_{number} PARTITION OF by_hash FOR VALUES WITH (MODULUS 4, REMAINDER {number})"
        ));
    }
    superuser.run(&format!(
        "INSERT INTO by_hash SELECT id, {rows} FROM customer; ANALYZE by_hash"
    ));
}

/// How many of the partitions a statement reads.
fn partitions_read(client: &mut Client, sql: &str) -> usize {
    let plan = plan(client, sql);
    (0..4)
        .filter(|number| plan.contains(&format!(" on by_hash_{number}")))
        .count()
}

#[test]
fn a_look_up_reads_one_hash_partition() {
    let (database, mut superuser) = customers();
    by_hash(&mut superuser, "phone_decrypt(phone)");
    let counts = "SELECT count(*) FROM by_hash GROUP BY tableoid";
    let counts = superuser.rows(counts);
    assert!(
        counts.len() == 4
            && counts
                .iter()
                .all(|count| count.parse::<u32>().unwrap() > 500),
        "{counts:?}"
    );
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    for sql in [
        "SELECT id FROM by_hash WHERE phone = '040 2000 042'",
        "SELECT id FROM by_hash WHERE phone = '040 2000 042'::varchar",
        "SELECT id FROM by_hash WHERE phone IN ('0402 000 042 ext 7', '+61402000042')",
    ] {
        assert_eq!(by_index(&mut writer, "_phone_key", sql), ["42"], "{sql}");
        assert_eq!(partitions_read(&mut writer, sql), 1, "{sql}");
    }
    // PostgreSQL takes an array of texts to be of ten, which in partitions as small as these is as good as all.
    writer.run("SET enable_seqscan = off");
    let any = "SELECT id FROM by_hash WHERE phone = ANY('{+61402000042}'::text[])";
    assert_eq!(by_index(&mut writer, "_phone_key", any), ["42"]);
    writer.run("RESET enable_seqscan");
    writer.run(
        "PREPARE by_phone (text) AS SELECT id FROM by_hash WHERE phone = $1;
         SET plan_cache_mode = force_generic_plan",
    );
    let execute = "EXECUTE by_phone ('040 2000 042')";
    assert_eq!(by_index(&mut writer, "_phone_key", execute), ["42"]);
    assert_eq!(partitions_read(&mut writer, execute), 1);
    // A number is once in the whole table, whatever partition it would be in.
    writer
        .refusal("INSERT INTO by_hash VALUES (1, '(0402) 000 042')", &[])
        .says("23505", "duplicate key");
    let upsert = "INSERT INTO by_hash VALUES (1, '(0402) 000 042') ON CONFLICT (phone) DO UPDATE SET id = -42 RETURNING id";
    assert_eq!(writer.rows(upsert), ["-42"]);
    // A row moves to the partition of its new number.
    writer.run("UPDATE by_hash SET phone = '0401 148 075'::text WHERE phone = '040 2000 042'");
    assert_eq!(
        writer.rows("SELECT id FROM by_hash WHERE phone = '0401148075'"),
        ["-42"]
    );
    assert!(writer.rows(execute).is_empty());
}

#[test]
fn partitions_of_two_tables_are_joined_in_pairs() {
    let (_, mut superuser) = customers();
    by_hash(&mut superuser, "phone");
    superuser.run("CREATE TABLE call (phone encrypted_phone) PARTITION BY HASH (phone)");
    for number in 0..4 {
        superuser.run(&format!(
            "CREATE TABLE call_{number} PARTITION OF call FOR VALUES WITH (MODULUS 4, REMAINDER {number})"
        ));
    }
    superuser.run("INSERT INTO call SELECT phone_decrypt(phone) FROM customer; ANALYZE call; SET enable_partitionwise_join = on");
    let join = "SELECT count(*) FROM by_hash JOIN call USING (phone)";
    assert_eq!(plan(&mut superuser, join).matches(" Join").count(), 4);
    assert_eq!(superuser.number(join), 3000);
    superuser.run("SET enable_partitionwise_aggregate = on");
    let groups = "SELECT count(*) FROM (SELECT phone FROM call GROUP BY phone) AS g";
    assert_eq!(superuser.number(groups), 3000);
}

#[test]
fn list_partitions_are_of_numbers_not_of_spellings() {
    let (database, mut superuser) = customers();
    superuser.run(
        "CREATE TABLE by_list (id int, phone encrypted_phone) PARTITION BY LIST (phone);
         CREATE TABLE shared_lines PARTITION OF by_list FOR VALUES IN ('0401 000 001', '0401 000 002');
         CREATE TABLE no_number PARTITION OF by_list FOR VALUES IN (NULL, 'ask for Bob');
         CREATE TABLE rest PARTITION OF by_list DEFAULT;
         CREATE INDEX ON by_list (phone)",
    );
    let again = "CREATE TABLE again PARTITION OF by_list FOR VALUES IN ('+61 401-000-001')";
    superuser.refusal(again, &[]).says("42P17", "would overlap");
    let (_, mut writer) = role(&mut superuser, &database, "writer");
    let (_, mut nobody) = role(&mut superuser, &database, "");
    writer.run(
        "INSERT INTO by_list VALUES (1, '+61 401 000 001'), (2, '0401000002 ext 5'), (3, 'ask for Bob'), (4, NULL), (5, '0401000003');
         INSERT INTO by_list SELECT 6, '(0401) 000 001'::text",
    );
    let placed = "SELECT id, tableoid::regclass FROM by_list ORDER BY id";
    assert_eq!(
        writer.rows(placed),
        [
            "1|shared_lines",
            "2|shared_lines",
            "3|no_number",
            "4|no_number",
            "5|rest",
            "6|shared_lines"
        ]
    );
    for sql in [
        "SELECT id FROM by_list WHERE phone = '0401 000 001' ORDER BY id",
        "SELECT id FROM by_list WHERE phone = '0401 000 001'::text ORDER BY id",
    ] {
        let plan = plan(&mut writer, sql);
        assert!(
            !plan.contains(" on rest") && !plan.contains(" on no_number"),
            "{plan}"
        );
        assert_eq!(writer.rows(sql), ["1", "6"]);
    }
    // Bounds show ciphertexts only.
    let bounds = "SELECT count(*) FROM pg_class WHERE pg_get_expr(relpartbound, oid) ~ '401|Bob'";
    assert_eq!(superuser.number(bounds), 0);
    let taken = "CREATE TABLE more PARTITION OF by_list FOR VALUES IN ('0401 000 003')";
    superuser
        .refusal(taken, &[])
        .says("23514", "default partition")
        .hides("401")
        .hides("ep:");
    needs_the_right(
        &mut nobody,
        &[
            "SELECT id FROM by_list WHERE phone = '0401 000 001'",
            "INSERT INTO by_list VALUES (7, '0401 000 001')",
        ],
    );
    // What is in the database already is copied without a right: nothing of it is told.
    superuser.run("GRANT ALL ON customer TO PUBLIC");
    nobody.run("INSERT INTO by_list SELECT id, phone FROM customer WHERE id = 42");
    assert_eq!(
        writer.rows("SELECT id FROM by_list WHERE phone = '0402 000 042'"),
        ["42"]
    );
}
