//! What a transaction has read stays read, and what it has only reserved does not.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, World, is_used_up, read, wait_for_the_end};

#[test]
fn neither_a_rollback_nor_an_error_gives_a_read_back() {
    let mut world = World::new(&SERVER, 100);
    let ann = world.role("ann");
    world.budget(&ann, 1000);
    let mut session = world.session(&ann);
    session.run("BEGIN");
    read(&mut session, 10).unwrap();
    session.run("SAVEPOINT a");
    read(&mut session, 20).unwrap();
    session.run("ROLLBACK TO a");
    session.run("ROLLBACK");
    assert_eq!(world.used(&ann), [format!("{ann}|30|0")]);
    let failing = "SELECT 1 / (count(phone_decrypt(value)) - 100) FROM customers";
    session.refusal(failing, &[]).says("22012", "");
    wait_for_the_end(&mut session);
    assert_eq!(world.used(&ann), [format!("{ann}|130|0")]);
    // A session that ends in the middle.
    session.run("BEGIN");
    read(&mut session, 5).unwrap();
    drop(session);
    phone_crypt_client_tests::wait_until("the session has ended", || {
        world.used(&ann) == [format!("{ann}|135|0")]
    });
}

#[test]
fn what_is_reserved_is_given_back() {
    let mut world = World::new(&SERVER, 1000);
    let ann = world.role("ann");
    world.budget(&ann, 1_000_000);
    let mut session = world.session(&ann);
    session.run("BEGIN");
    read(&mut session, 1000).unwrap();
    let held: i64 = world
        .admin
        .number("SELECT sum(used) FROM phone_crypt.read_budgets");
    assert!((1001..=1256).contains(&held), "{held}");
    session.run("COMMIT");
    assert_eq!(world.used(&ann), [format!("{ann}|1000|0")]);
}

#[test]
fn a_refusal_and_a_change_are_on_record() {
    let mut world = World::new(&SERVER, 10);
    let ann = world.role("ann");
    world.budget(&ann, 1);
    let mut session = world.session(&ann);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
    let drop = format!("SELECT phone_crypt_read_budget_drop('{ann}')");
    world.admin.run(&drop);
    world.admin.run("SELECT phone_crypt_audit_checkpoint()");
    let log =
        "SELECT class, event, role, fields->>'reason', fields->>'name' FROM phone_crypt.audit_log
                WHERE event = 'refused' OR event LIKE 'read_budget%' ORDER BY seq";
    assert_eq!(
        world.admin.rows(log),
        [
            format!("admin|read_budget_set|postgres||{ann}"),
            format!("auth|refused|{ann}|read_budget|"),
            format!("admin|read_budget_dropped|postgres||{ann}"),
        ]
    );
}

/// Who commits it later would not know what to tell the others.
#[test]
fn a_change_cannot_be_prepared() {
    let conf = format!("{}max_prepared_transactions = 2", crate::shared::CONF);
    let server = phone_crypt_client_tests::Server::preloaded(&conf);
    let mut world = World::new(&server, 1);
    let ann = world.role("ann");
    world.admin.run("BEGIN");
    world.budget(&ann, 1);
    world
        .admin
        .refusal("PREPARE TRANSACTION 'later'", &[])
        .says("0A000", "read budgets");
}
