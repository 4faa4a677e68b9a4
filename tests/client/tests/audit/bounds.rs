//! A queue that is full blocks nobody, and what it had no room for is on record as a number. Reads that wait; retention.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use std::time::Instant;

use crate::shared::{ALL, ONE_A_ROW, checkpoint, database, fields, verdict};

#[test]
fn a_full_queue_makes_a_gap_and_keeps_room_for_administration() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    checkpoint(&mut client);
    // Nobody writes: the log's row is locked.
    let mut holder = server.connect_as("postgres", &database);
    holder.run("BEGIN; SELECT FROM phone_crypt.audit_logs FOR UPDATE");
    let began = Instant::now();
    client.run(
        "DO $$ BEGIN FOR i IN 1 .. 20000 LOOP PERFORM phone_crypt.audit_event('policy_set', NULL, 'flood', i); END LOOP; END $$",
    );
    let took = began.elapsed();
    let capacity = client.number("SELECT capacity FROM phone_crypt.audit_status");
    let lost = client.number("SELECT lost FROM phone_crypt.audit_status");
    assert!(
        lost > 0 && lost >= 20000 - capacity,
        "{lost} of 20000, room for {capacity}; {took:?}"
    );
    client.run("SELECT phone_crypt.audit_event('profile_granted', NULL, 'during the flood')");
    assert_eq!(
        client.number("SELECT lost FROM phone_crypt.audit_status"),
        lost
    );
    holder.run("ROLLBACK");
    wait_until("the queue is written", || {
        client.number("SELECT waiting FROM phone_crypt.audit_status") == 0
    });
    checkpoint(&mut client);
    assert_eq!(fields(&mut client, "gap", "cause"), ["queue full"]);
    assert_eq!(fields(&mut client, "gap", "count"), [lost.to_string()]);
    let flood = "SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'flood'";
    assert_eq!(client.number(flood), 20000 - lost);
    assert_eq!(
        fields(&mut client, "profile_granted", "name"),
        ["during the flood"]
    );
    assert_eq!(
        client.number("SELECT lost FROM phone_crypt.audit_status"),
        0
    );
    assert_eq!(verdict(&mut client, None), "intact");
}

#[test]
fn a_read_waits_for_its_record_if_that_is_asked_for() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    let value = client.text("SELECT phone_encrypt('0401 148 075')", &[]);
    client.run("SET phone_crypt.audit_sync = on");
    assert_eq!(
        client.text("SELECT phone_decrypt($1)", &[&value]),
        "+61401148075"
    );
    // It is in the table by now, before anybody waited for anything.
    assert_eq!(fields(&mut client, "read_announced", "role"), ["postgres"]);
    // Once a transaction.
    client.run(&format!(
        "BEGIN; SELECT phone_decrypt('{value}'); SELECT phone_decrypt('{value}'); COMMIT"
    ));
    assert_eq!(fields(&mut client, "read_announced", "role").len(), 2);
    let mut holder = server.connect_as("postgres", &database);
    holder.run("BEGIN; SELECT FROM phone_crypt.audit_logs FOR UPDATE");
    client.run("SET phone_crypt.audit_sync_timeout = '300ms'");
    let refusal = client.refusal("SELECT phone_decrypt($1)", &[&value]);
    assert_eq!(refusal.sqlstate, "55000");
    refusal.hides("401148075");
    holder.run("ROLLBACK");
    client.run("SET phone_crypt.audit_sync_timeout = '20s'");
    assert_eq!(
        client.text("SELECT phone_decrypt($1)", &[&value]),
        "+61401148075"
    );
    // Masks do not wait, nor does who reads nothing.
    client.run("SET phone_crypt.audit_sync_timeout = '10ms'");
    client.run("SELECT phone_hash('0401148075')");

    let standby = server.standby("hot_standby = on\n");
    standby.wait_for_replay_of(&server);
    let mut reader = standby.connect_as("postgres", &database);
    let mark = standby.log_mark();
    assert_eq!(
        reader.text("SELECT phone_decrypt($1)", &[&value]),
        "+61401148075"
    );
    standby.wait_for_log(mark, "\"event\":\"decrypt\"");
    reader.run("SET phone_crypt.audit_sync = on");
    assert_eq!(
        reader
            .refusal("SELECT phone_decrypt($1)", &[&value])
            .sqlstate,
        "55000"
    );
    standby.log_hides("401148075");
}

#[test]
fn months_that_are_over_go_and_their_hashes_stay() {
    let server = Server::preloaded(ALL);
    let (_, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'old', i) FROM generate_series(1, 300) AS i");
    let kept = checkpoint(&mut client);
    // They are said to be a year older than they are: the partition's bounds, and the rows.
    client.run(
        "DO $$
         DECLARE p regclass; l text;
         BEGIN
             SELECT inhrelid::regclass INTO p FROM pg_inherits WHERE inhparent = 'phone_crypt.audit_records'::regclass;
             SELECT log INTO l FROM phone_crypt.audit_logs;
             EXECUTE format('ALTER TABLE phone_crypt.audit_records DETACH PARTITION %s', p);
             EXECUTE format('ALTER TABLE %s DROP CONSTRAINT of_month', p);
             EXECUTE format('ALTER TABLE %s RENAME TO audit_old', p);
             UPDATE phone_crypt.audit_old SET month = month - interval '1 year';
             EXECUTE format('ALTER TABLE phone_crypt.audit_records ATTACH PARTITION phone_crypt.audit_old FOR VALUES FROM (%L, %L) TO (%L, %L)',
                            l, date '2000-01-01', l, date_trunc('month', now())::date);
             UPDATE phone_crypt.audit_logs SET month = month - interval '1 year';
         END $$",
    );
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'new')");
    let later = checkpoint(&mut client);
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    client.run("ALTER SYSTEM SET phone_crypt.audit_retention = '400d'");
    server.reload();
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'newer')");
    checkpoint(&mut client);
    assert!(fields(&mut client, "dropped", "up_to").is_empty());
    client.run("ALTER SYSTEM SET phone_crypt.audit_retention = '200d'");
    server.reload();
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'newest')");
    checkpoint(&mut client);
    let dropped = fields(&mut client, "dropped", "up_to");
    assert_eq!(dropped.len(), 1);
    let old = "SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'old'";
    assert_eq!(client.number(old), 0);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'new'"),
        1
    );
    for checkpoint in [&kept, &later] {
        assert_eq!(verdict(&mut client, Some(checkpoint)), "intact");
    }
    let gone = client.number("SELECT dropped FROM phone_crypt_audit_verify()");
    assert_eq!(gone.to_string(), dropped[0]);
    // An old proof is still possible.
    client.run("SELECT audit_inclusion_proof(3), audit_consistency_proof(200)");
    // Who deletes more than the log says has deleted it.
    client.run(ONE_A_ROW);
    client.run(&format!(
        "DELETE FROM phone_crypt.audit_records WHERE seq = {gone}"
    ));
    assert_eq!(
        verdict(&mut client, None),
        format!("record missing at {gone}")
    );
}
