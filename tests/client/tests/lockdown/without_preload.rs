//! Without shared memory a lockdown is in force as well.

use phone_crypt_client_tests::{Server, Setup, Sql, refused, wait_until};
use postgres::fallible_iterator::FallibleIterator;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::shared::{CONF, LOCKED, customers, is_locked, lock};

fn server() -> Server {
    Server::start(&Setup {
        conf: CONF,
        ..Setup::default()
    })
}

#[test]
fn a_session_in_the_middle_of_a_statement_hears_of_it() {
    let server = server();
    let (mut client, database) = customers(&server, 10);
    let rows_seen = AtomicUsize::new(0);
    thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let mut busy = server.connect_as("postgres", &database);
            busy.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
            let sql = "SELECT phone_decrypt(value) FROM customers, generate_series(1, 20000000) WHERE id = 7";
            let mut rows = busy.query_raw(sql, &[] as &[&str]).unwrap();
            loop {
                match rows.next() {
                    Ok(row) => assert!(row.is_some()),
                    Err(error) => break refused::<()>(Err(error)),
                }
                rows_seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait_until("rows arrive", || rows_seen.load(Ordering::Relaxed) > 1000);
        lock(&mut client, "all");
        busy.join().unwrap().says("55000", LOCKED);
    });
    assert!(is_locked(&mut client));
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    assert!(is_locked(&mut client));
    client.run("SELECT phone_crypt_lockdown_release()");
    assert!(!is_locked(&mut client));
}

#[test]
fn the_file_of_the_server_is_looked_for_in_every_statement() {
    let server = server();
    let (mut client, database) = customers(&server, 10);
    let mut other = server.connect_as("postgres", &database);
    assert!(!is_locked(&mut other));
    client.run("SELECT phone_crypt_lockdown_cluster('stop')");
    assert!(is_locked(&mut client));
    assert!(is_locked(&mut other));
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    assert!(is_locked(&mut client));
    assert_eq!(
        client.rows("SELECT phone_crypt_lockdown_cluster_release()"),
        ["t"]
    );
    assert_eq!(
        client.rows("SELECT phone_crypt_lockdown_cluster_release()"),
        ["f"]
    );
    assert!(!is_locked(&mut client));

    // A file that nobody can write, and no lockdown: that is an error.
    std::fs::create_dir(server.path("data/phone_crypt.lockdown.unfinished")).unwrap();
    client
        .refusal("SELECT phone_crypt_lockdown_cluster('stop')", &[])
        .says("58030", "the server is not locked down");
    assert!(!is_locked(&mut client));
}
