//! A lockdown goes where the database goes: to standbys and into dumps.

use phone_crypt_client_tests::{Server, Sql, finish, refused, wait_until};
use postgres::fallible_iterator::FallibleIterator;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::shared::{CONF, LOCKED, SERVER, customers, is_locked, lock};

/// Its sessions hear of it as the commit is replayed, in the middle of a statement and in an older snapshot.
#[test]
fn a_standby_is_locked_down_with_its_primary() {
    let primary = Server::preloaded(CONF);
    let (mut client, database) = customers(&primary, 10);
    let standby = primary.standby("");
    standby.wait_for_replay_of(&primary);
    let mut at_rest = standby.connect_as("postgres", &database);
    at_rest.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM customers");
    assert!(!is_locked(&mut at_rest));
    let rows_seen = AtomicUsize::new(0);
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let mut busy = standby.connect_as("postgres", &database);
            let sql = "SELECT phone_decrypt(value) FROM customers, generate_series(1, 20000000) WHERE id = 7";
            let mut rows = busy.query_raw(sql, &[] as &[&str]).unwrap();
            loop {
                match rows.next() {
                    Ok(row) => assert_eq!(row.unwrap().get::<_, &str>(0), "+61401000007"),
                    Err(error) => break refused::<()>(Err(error)),
                }
                rows_seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait_until("rows arrive", || rows_seen.load(Ordering::Relaxed) > 1000);
        lock(&mut client, "all");
        standby.wait_for_replay_of(&primary);
        busy.join().unwrap().says("55000", LOCKED);
    });
    assert!(is_locked(&mut at_rest));
    let mut new = standby.connect_as("postgres", &database);
    assert!(is_locked(&mut new));
    // Its own, which the primary has no say in.
    new.refusal("SELECT phone_crypt_lockdown_release()", &[])
        .says("25006", "");
    client.run("SELECT phone_crypt_lockdown_release()");
    standby.wait_for_replay_of(&primary);
    assert!(!is_locked(&mut new));
    new.run("SELECT phone_crypt_lockdown_cluster('this one only')");
    assert!(is_locked(&mut new));
    assert!(!is_locked(&mut client));
    new.run("SELECT phone_crypt_lockdown_cluster_release()");

    lock(&mut client, "all");
    standby.wait_for_replay_of(&primary);
    standby.promote();
    assert!(is_locked(&mut new));
    wait_until("it takes writes", || {
        new.try_rows("SELECT phone_crypt_lockdown_release()")
            .is_ok()
    });
    assert!(!is_locked(&mut new));
    lock(&mut new, "decrypt");
    assert!(is_locked(&mut standby.connect_as("postgres", &database)));
}

#[test]
fn a_dump_is_locked_down_where_it_is_restored() {
    let (mut client, database) = customers(&SERVER, 10);
    lock(&mut client, "decrypt");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(SERVER.program(program));
        command.arg("--host").arg(SERVER.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = SERVER.path("lockdown.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = SERVER.empty_database();
    let mut before = SERVER.connect_as("postgres", &restored);
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    assert!(is_locked(&mut before));
    before.run(
        "CALL phone_verify_column('customers', 'phone'); SELECT phone_crypt_lockdown_release()",
    );
    assert!(!is_locked(&mut before));
    assert_eq!(
        before.rows("SELECT count(*) FROM customers WHERE phone_decrypt(phone) = number"),
        ["10"]
    );
    lock(&mut before, "decrypt");
}
