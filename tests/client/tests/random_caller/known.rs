//! Calls that once ended in an internal error, each with what it is to end in.

use phone_crypt_client_tests::Sql;

use crate::caller::{SERVER, database};
use crate::values::Encoding;

#[test]
fn a_relation_that_does_not_exist_is_said_not_to() {
    let mut client = SERVER.session();
    for call in [
        "phone_crypt.check_owner(4294967295)",
        "phone_crypt.job_lock(4294967295)",
        "phone_crypt.run_as_owner(4294967295, 'SELECT 1')",
        "phone_crypt.conversion_differing(4294967295, 'phone', 'e', 'text', 'all')",
        "phone_crypt.make_immediate(4294967295, 4294967295, true)",
        "phone_crypt.purge_count(4294967295, 'phone', now())",
        "phone_crypt.take_back_counts(4294967295, 4294967295)",
    ] {
        let refusal = client.refusal(&format!("SELECT {call}"), &[]);
        assert_eq!(refusal.sqlstate, "42P01", "{call}: {refusal:?}");
    }
    for call in [
        "phone_crypt.page_batch('fill', 4294967295, 'phone', 'p', 'text', 'true', 0, 1, false, '')",
        "phone_crypt.page_batch('reencrypt', 4294967295, 'phone', 'p', 'text', 'true', 0, 1, false, '')",
        "phone_crypt.purge_batch(4294967295, 'phone', 4294967295, now(), 0, 1)",
        "phone_crypt.migrate_batch(4294967295, '(0,0)', '(1,0)', 1, now(), '1 hour', true, true, true, true)",
    ] {
        let refusal = client.refusal(&format!("SELECT * FROM {call}"), &[]);
        assert_eq!(refusal.sqlstate, "42P01", "{call}: {refusal:?}");
    }
}

#[test]
fn a_trigger_function_that_is_called_directly_says_what_it_is() {
    let mut client = SERVER.session();
    for function in [
        "announce_change",
        "announce_lockdown",
        "announce_read_budget",
        "announce_watch",
        "convert_row",
        "rehash_row",
        "refuse_write",
        "check_row_owner",
    ] {
        let refusal = client.refusal(&format!("SELECT phone_crypt.{function}()"), &[]);
        assert!(
            ["0A000", "39P01"].contains(&refusal.sqlstate.as_str()),
            "{function}: {refusal:?}"
        );
    }
}

#[test]
fn regions_of_other_bytes_than_utf_8_are_refused() {
    let mut client = SERVER.connect_as("postgres", &database(Encoding::SqlAscii));
    for call in [
        "phone_crypt.check_source(E'legacy cbc - AU\\xff')",
        "phone_crypt.read_source('x', E'value \\xff')",
        "phone_normalize('0401148075', E'AU\\xff')",
        "phone_crypt.conversion_differing('pg_class', 'phone', 'e', E'legacy cbc\\xff - -', 'all')",
    ] {
        let refusal = client.refusal(&format!("SELECT {call}"), &[]);
        assert_eq!(refusal.sqlstate, "22021", "{call}: {refusal:?}");
    }
}
