//! What becomes of a count when the caller's transaction does not commit, in both engines.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, TABLE_SERVER, policy, reason};

const NUMBER: &str = "+61401148075";

#[test]
fn a_rollback_gives_nothing_back_where_the_memory_engine_runs() {
    let mut client = SERVER.session();
    policy(&mut client, "p", "per_number => '{2/hour}'");
    client.run("BEGIN");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    client.run("SAVEPOINT s");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    client.run("ROLLBACK TO s; ROLLBACK");
    assert_eq!(reason(&mut client, NUMBER, "p"), "number_limit");
}

#[test]
fn with_the_table_engine_a_count_is_part_of_the_transaction() {
    let mut client = TABLE_SERVER.session();
    policy(&mut client, "p", "per_number => '{1/hour}'");
    client.run("BEGIN");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(reason(&mut client, NUMBER, "p"), "number_limit");
    client.run("ROLLBACK");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(reason(&mut client, NUMBER, "p"), "number_limit");
}

#[test]
fn a_read_only_transaction_checks_in_memory_and_not_in_a_table() {
    let mut client = SERVER.session();
    policy(&mut client, "p", "per_number => '{1/hour}'");
    client.run("BEGIN READ ONLY");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    client.run("COMMIT");
    assert_eq!(reason(&mut client, NUMBER, "p"), "number_limit");

    let mut client = TABLE_SERVER.session();
    policy(&mut client, "p", "per_number => '{1/hour}'");
    client.run("BEGIN READ ONLY");
    let refusal = client.refusal("SELECT phone_send_check($1, 'p')::text", &[&NUMBER]);
    assert_eq!(refusal.sqlstate, "25006");
    refusal.hides(NUMBER);
}
