//! How many reads a window has, and when it ends.

use phone_crypt_client_tests::{Sql, wait_until};

use crate::shared::{SERVER, World, is_used_up, read};

#[test]
fn exactly_so_many_reads_pass() {
    let mut world = World::new(&SERVER, 100);
    let ann = world.role("ann");
    world.budget(&ann, 5);
    let mut session = world.session(&ann);
    for _ in 0..5 {
        read(&mut session, 1).unwrap();
    }
    is_used_up(read(&mut session, 1));
    is_used_up(read(&mut session, 1));
    assert_eq!(world.used(&ann), [format!("{ann}|5|2")]);
    // Others read on.
    read(&mut world.admin, 100).unwrap();
}

#[test]
fn a_statement_that_reads_too_much_is_stopped_at_the_edge() {
    let mut world = World::new(&SERVER, 5000);
    let ann = world.role("ann");
    world.budget(&ann, 2000);
    let mut session = world.session(&ann);
    read(&mut session, 1999).unwrap();
    assert_eq!(world.used(&ann), [format!("{ann}|1999|0")]);
    is_used_up(read(&mut session, 2));
    assert_eq!(world.used(&ann), [format!("{ann}|2000|1")]);
}

#[test]
fn none_at_all() {
    let mut world = World::new(&SERVER, 1);
    let ann = world.role("ann");
    world.budget(&ann, 0);
    is_used_up(read(&mut world.session(&ann), 1));
}

#[test]
fn what_cannot_be_decrypted_is_no_read() {
    let mut world = World::new(&SERVER, 3);
    let ann = world.role("ann");
    world.budget(&ann, 3);
    let mut session = world.session(&ann);
    let junk = "SELECT count(phone_try_decrypt('junk ' || i)) FROM generate_series(1, 100) AS i";
    assert_eq!(session.rows(junk), ["0"]);
    session
        .refusal("SELECT phone_decrypt('junk')", &[])
        .says("22P02", "");
    read(&mut session, 3).unwrap();
    // What is refused is no fault of the value.
    session
        .refusal("SELECT phone_try_decrypt(value) FROM customers", &[])
        .says("42501", "the read budget is used up");
}

#[test]
fn a_window_ends() {
    let mut world = World::new(&SERVER, 10);
    let ann = world.role("ann");
    let set = format!("SELECT phone_crypt_read_budget('{ann}', 3, '2 seconds')");
    world.admin.run(&set);
    let mut session = world.session(&ann);
    read(&mut session, 3).unwrap();
    is_used_up(read(&mut session, 1));
    wait_until("the window is over", || read(&mut session, 1).is_ok());
    let used = world.used(&ann);
    assert_eq!(used, [format!("{ann}|1|0")]);
}

/// In a session that is at work, too.
#[test]
fn a_budget_that_changes_counts_what_was_read() {
    let mut world = World::new(&SERVER, 10);
    let ann = world.role("ann");
    let mut session = world.session(&ann);
    read(&mut session, 10).unwrap();
    world.budget(&ann, 3);
    session.run("BEGIN");
    read(&mut session, 3).unwrap();
    world.budget(&ann, 4);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
    session.run("ROLLBACK");
    let drop = format!("SELECT phone_crypt_read_budget_drop('{ann}')");
    assert_eq!(world.admin.rows(&drop), ["t"]);
    assert_eq!(world.admin.rows(&drop), ["f"]);
    read(&mut session, 10).unwrap();
    world.budget(&ann, 5);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
}

/// What gives plain text by any other name is read; what gives a part of it, or compares, is not.
#[test]
fn every_function_that_decrypts_counts() {
    let mut world = World::new(&SERVER, 1);
    let ann = world.role("ann");
    world.budget(&ann, 0);
    let mut session = world.session(&ann);
    for call in [
        "phone_decrypt(value)",
        "phone_decrypt(phone)",
        "phone_reveal(value)",
        "phone_reveal(phone)",
        "phone_show(phone)",
        "phone_original(phone)",
        "phone_extension(phone)",
        "phone_decrypt_raw(phone_encrypt_raw('x'))",
        "email_decrypt(email_encrypt('ann@example.com'))",
        "phone_decrypt_legacy('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc')",
    ] {
        let sql = format!("SELECT {call} FROM customers");
        is_used_up(session.try_rows(&sql).map(|_| ()));
    }
    for call in [
        "phone_mask(phone)",
        "phone_region(phone)",
        "phone_hash('0401 000 000')",
        "phone = '0401 000 000'",
        "phone_reencrypt(value)",
    ] {
        assert_eq!(
            session.rows(&format!("SELECT {call} IS NULL FROM customers")),
            ["f"],
            "{call}"
        );
    }
}
