//! What was done is on record, however its transaction ended.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{ALL, checkpoint, database, fields, verdict};

#[test]
fn neither_a_rollback_nor_a_savepoint_takes_a_record_back() {
    let server = Server::preloaded(&format!("max_prepared_transactions = 5\n{ALL}"));
    let (_, mut client) = database(&server);
    let value = client.text("SELECT phone_encrypt('0401 148 075')", &[]);
    let read = |times: i64| {
        format!("SELECT count(phone_decrypt('{value}')) FROM generate_series(1, {times})")
    };
    // Rolled back.
    client.run(&format!("BEGIN; {}; ROLLBACK", read(10)));
    // Within a savepoint that is rolled back, in a transaction that commits.
    client.run(&format!(
        "BEGIN; {}; SAVEPOINT a; {}; ROLLBACK TO a; COMMIT",
        read(1),
        read(20)
    ));
    // Ended by an error.
    client.run("BEGIN");
    client.run(&read(300));
    client.refusal("SELECT 1 / 0", &[]);
    client.run("ROLLBACK");
    // Prepared, and rolled back later.
    client.run(&format!("BEGIN; {}; PREPARE TRANSACTION 'a'", read(4000)));
    // Ended with its session.
    let mut other = server.connect_as(
        "postgres",
        &client.text("SELECT current_database()::text", &[]),
    );
    other.run("BEGIN");
    other.run(&read(50_000));
    drop(other);
    // What is announced and taken back, too.
    client.run("BEGIN; SELECT api_token_create('taken back'); ROLLBACK");
    phone_crypt_client_tests::wait_until("the session that was dropped has ended", || {
        checkpoint(&mut client);
        fields(&mut client, "decrypt", "count").len() == 5
    });
    let counts = fields(&mut client, "decrypt", "count");
    assert_eq!(counts, ["10", "21", "300", "4000", "50000"]);
    assert_eq!(fields(&mut client, "token_created", "role"), ["postgres"]);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.api_tokens"),
        0
    );
    client.run("ROLLBACK PREPARED 'a'");
    assert_eq!(verdict(&mut client, None), "intact");
}

#[test]
fn parallel_workers_count_too() {
    let server = Server::preloaded(ALL);
    let (_, mut client) = database(&server);
    client.run(
        "CREATE TABLE numbers AS SELECT '+6140114' || lpad(n::text, 4, '0') AS phone FROM generate_series(1, 2000) AS n;
         ALTER TABLE numbers SET (parallel_workers = 2);
         SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0",
    );
    let plan = client
        .rows("EXPLAIN SELECT count(phone_hash(phone)) FROM numbers")
        .join("\n");
    assert!(plan.contains("Gather"), "{plan}");
    client.run("SELECT count(phone_hash(phone)) FROM numbers");
    checkpoint(&mut client);
    let counts = fields(&mut client, "hash", "count");
    let total: i64 = counts
        .iter()
        .map(|count| count.parse::<i64>().unwrap())
        .sum();
    assert_eq!(total, 2000, "{counts:?}");
    let roles = fields(&mut client, "hash", "role");
    assert!(roles.iter().all(|role| role == "postgres"), "{roles:?}");
}
