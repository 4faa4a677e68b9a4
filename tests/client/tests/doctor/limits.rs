//! Rate limits and sending policies.

use phone_crypt_client_tests::Sql;

use crate::shared::{CONF, findings, fires, is_quiet, pinned, pinned_in, well_set_up};

#[test]
fn a_memory_engine_that_is_nearly_full() {
    let server = well_set_up(&format!(
        "{CONF}phone_crypt.ratelimit_slots = 64\nphone_crypt.ratelimit_flush_interval = '1h'\n"
    ));
    let mut client = pinned_in(&server);
    client.run("SELECT ratelimit_hit('k' || i, 5, '1 hour') FROM generate_series(1, 20) AS i");
    is_quiet(&mut client, "memory_engine");
    client.run("SELECT ratelimit_hit('k' || i, 5, '1 hour') FROM generate_series(1, 47) AS i");
    fires(&mut client, "memory_engine", "warning", "of 64 slots");
    client.run("SELECT ratelimit_hit('m' || i, 5, '1 hour'), ratelimit_flush() FROM generate_series(1, 200) AS i");
    fires(
        &mut client,
        "memory_engine",
        "warning",
        "slots were taken over",
    );
}

#[test]
fn a_memory_engine_that_is_not_written() {
    let mut client = pinned();
    client.run("SELECT ratelimit_hit('k', 5, '1 hour')");
    is_quiet(&mut client, "memory_engine");
    client.run(
        "ALTER FUNCTION phone_crypt.ratelimit_counters() RENAME TO real_counters;
         CREATE FUNCTION phone_crypt.ratelimit_counters() RETURNS TABLE (engine text, slots bigint, slots_in_use bigint, dirty_slots bigint,
             evictions bigint, refusals bigint, flush_lag interval) LANGUAGE sql AS
             $$ SELECT 'memory', 64, 10, 3, 0, 7, interval '2 minutes' $$",
    );
    fires(
        &mut client,
        "memory_engine",
        "warning",
        "for more than a minute",
    );
    fires(
        &mut client,
        "memory_engine",
        "warning",
        "7 hits failed for want of a slot",
    );
}

#[test]
fn blocks_without_end() {
    let mut client = pinned();
    client.run(
        "SELECT ratelimit_block_phone('0401 148 075', '1 day'), ratelimit_list_key('deny', 'k')",
    );
    is_quiet(&mut client, "endless_blocks");
    client.run("SELECT ratelimit_block_phone('0401 148 076', '9 years')");
    fires(
        &mut client,
        "endless_blocks",
        "warning",
        "1 number is blocked for more than a year",
    );
    client.run("UPDATE phone_crypt.ratelimit_lists SET added_at = now() - interval '13 months'");
    fires(
        &mut client,
        "endless_blocks",
        "info",
        "1 entry is on the deny list",
    );
}

#[test]
fn policies_that_only_record() {
    let mut client = pinned();
    client.run("SELECT phone_send_policy_set('otp'), ratelimit_policy_set('login', 5, '1 hour')");
    is_quiet(&mut client, "trial_policies");
    client.run(
        "SELECT phone_send_policy_set('otp', record_only => true), ratelimit_policy_set('login', 5, '1 hour', shadow => true)",
    );
    assert_eq!(
        findings(&mut client, "trial_policies"),
        [
            "info|1 rate-limit policy is only watching, and refuses nothing: login",
            "info|1 sending policy is only recording, and refuses nothing: otp",
        ]
    );
    client.run(
        "INSERT INTO phone_crypt.send_records (at, last_at, policy, allowed, record_only, reason, warnings, decisions)
         VALUES (now() - interval '20 days', now() - interval '20 days', 'otp', true, true, 'ok', '{}', 1)",
    );
    fires(
        &mut client,
        "trial_policies",
        "warning",
        "otp (for more than two weeks)",
    );
}
