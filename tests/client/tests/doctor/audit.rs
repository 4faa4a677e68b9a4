//! The audit log.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{CONF, fires, is_quiet, pinned, pinned_in, well_set_up};

#[test]
fn a_log_that_records_nothing() {
    let mut client = pinned();
    is_quiet(&mut client, "audit_log");
    client.run("SET phone_crypt.audit = 'none'");
    fires(
        &mut client,
        "audit_log",
        "warning",
        "phone_crypt.audit is none",
    );
}

/// What the status would say, in place of an hour's wait: size, signed size and when, why not, waiting, lag, lost.
fn with_status(columns: &str) -> Client {
    let mut client = pinned();
    client.run(&format!(
        "ALTER VIEW phone_crypt.audit_status RENAME TO real_status;
         CREATE VIEW phone_crypt.audit_status (size, signed_size, signed_at, unsigned_because, waiting, lag, lost, background) AS
             SELECT {columns}, true"
    ));
    client
}

#[test]
fn a_log_that_is_not_signed_written_or_whole() {
    let mut client =
        with_status("10, 10, now() - interval '2 days', NULL, 3, interval '1 second', 0");
    is_quiet(&mut client, "audit_log");
    for (status, text) in [
        (
            "12, 10, now() - interval '2 hours', 'no key', 0, NULL::interval, 0",
            "more than an hour old, and 2 records came since: no key",
        ),
        (
            "10, 10, now(), NULL, 0, NULL::interval, 5",
            "5 records of the audit log were lost",
        ),
        (
            "10, 10, now(), NULL, 1, interval '6 minutes', 0",
            "1 audit record has not been written for five minutes",
        ),
    ] {
        fires(&mut with_status(status), "audit_log", "warning", text);
    }
}

#[test]
fn a_log_whose_end_is_missing() {
    let mut client = pinned();
    client.run("SELECT phone_crypt_audit_checkpoint()");
    is_quiet(&mut client, "audit_tables");
    let last = "SELECT log, month, size - 1 FROM phone_crypt.audit_logs WHERE is_current";
    client.run(&format!(
        "DELETE FROM phone_crypt.audit_records AS r WHERE (r.log, r.month, r.seq) IN ({last})"
    ));
    fires(
        &mut client,
        "audit_tables",
        "critical",
        "more records than there are",
    );

    let mut client = pinned();
    client.run("SELECT phone_crypt_audit_checkpoint()");
    client.run("UPDATE phone_crypt.audit_checkpoints SET size = size + 1");
    fires(
        &mut client,
        "audit_tables",
        "critical",
        "a checkpoint covers more records",
    );
    client.run("UPDATE phone_crypt.audit_checkpoints SET size = size - 1; DELETE FROM phone_crypt.audit_tiles");
    fires(
        &mut client,
        "audit_tables",
        "critical",
        "more records than there are",
    );
}

#[test]
fn a_gap_after_a_crash() {
    let server = well_set_up(CONF);
    let mut client = pinned_in(&server);
    client.run("SELECT phone_crypt_audit_checkpoint()");
    is_quiet(&mut client, "audit_gaps");
    let database = client.text("SELECT current_database()::text", &[]);
    server.crash();
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_crypt_audit_checkpoint()");
    fires(
        &mut client,
        "audit_gaps",
        "warning",
        "the audit log has 1 gap",
    );
}
