//! Databases and extensions that come and go while others hit and flushes run: no error, and no count that is
//! another's.

use phone_crypt_client_tests::{Hits, Limit, LogMark, Server, Sql};

use crate::load::under_load;

const CONF: &str = "phone_crypt.ratelimit_flush_interval = '100ms'\n";
const HIT: &str = "SELECT ratelimit_allow($1, 1000000000, '100 days')";
const ROUNDS: usize = 4;

/// Panics if a process without a client complained: the launcher, or a worker that flushes.
#[track_caller]
fn no_worker_complained(server: &Server, since: LogMark) {
    let log = server.log_since(since);
    let complaints: Vec<_> = log
        .lines()
        .filter(|line| line.contains("] @ "))
        .filter(|line| {
            ["WARNING:", "ERROR:", "FATAL:", "PANIC:"]
                .iter()
                .any(|level| line.contains(level))
        })
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Hits on a few keys, so that there is something to flush.
fn make_dirty(server: &Server, database: &str, left: i64) {
    let mut client = server.connect_as("postgres", database);
    for key in 0..20 {
        let answer = client.hit(&format!("key {key}"), &Limit::fixed(10));
        assert_eq!(answer.remaining, left, "{database}");
    }
}

#[test]
fn a_database_that_is_dropped_and_made_again_starts_afresh() {
    let server = Server::preloaded(CONF);
    let busy = server.database();
    let mark = server.log_mark();
    under_load(&server, &busy, HIT, || {
        let mut admin = server.connect();
        for _ in 0..ROUNDS {
            admin.run("CREATE DATABASE shortlived");
            server
                .connect_as("postgres", "shortlived")
                .run("CREATE EXTENSION phone_crypt");
            make_dirty(&server, "shortlived", 9);
            make_dirty(&server, "shortlived", 8);
            admin.run("DROP DATABASE shortlived");
        }
    });
    no_worker_complained(&server, mark);
}

#[test]
fn a_copy_of_a_database_has_the_rows_of_its_template_and_goes_its_own_way() {
    let server = Server::preloaded(CONF);
    let (busy, template) = (server.database(), server.database());
    let mark = server.log_mark();
    under_load(&server, &busy, HIT, || {
        let mut admin = server.connect();
        for round in 0..ROUNDS {
            make_dirty(&server, &template, 9 - round as i64);
            server
                .connect_as("postgres", &template)
                .run("SELECT ratelimit_flush()");
            admin.run(&format!("CREATE DATABASE copy{round} TEMPLATE {template}"));
            for left in [8, 7] {
                make_dirty(&server, &format!("copy{round}"), left - round as i64);
            }
        }
        for round in 0..ROUNDS {
            admin.run(&format!("DROP DATABASE copy{round}"));
        }
    });
    no_worker_complained(&server, mark);
}

#[test]
fn an_extension_that_is_dropped_and_created_again_starts_afresh() {
    let server = Server::preloaded(CONF);
    let (busy, changing) = (server.database(), server.database());
    let mark = server.log_mark();
    let mut admin = server.connect_as("postgres", &changing);
    under_load(&server, &busy, HIT, || {
        let is_over = &std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..4)
                .map(|_| server.connect_as("postgres", &changing))
                .map(|client| scope.spawn(move || hit_whatever_comes(client, is_over)))
                .collect();
            for _ in 0..ROUNDS {
                make_dirty(&server, &changing, 9);
                admin.run("DROP EXTENSION phone_crypt CASCADE");
                admin.run("CREATE EXTENSION phone_crypt");
                make_dirty(&server, &changing, 9);
                admin.run("SELECT ratelimit_flush()");
                admin.run("DROP EXTENSION phone_crypt CASCADE; CREATE EXTENSION phone_crypt");
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            let hits: usize = others
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum();
            assert!(hits > 0, "nobody hit meanwhile");
        });
    });
    no_worker_complained(&server, mark);
}

/// Hits a key while its function comes and goes. How many hits were made.
fn hit_whatever_comes(
    mut client: postgres::Client,
    is_over: &std::sync::atomic::AtomicBool,
) -> usize {
    let mut hits = 0;
    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
        match client.try_rows("SELECT ratelimit_allow('another', 1000000000, '100 days')") {
            Ok(_) => hits += 1,
            Err(refusal) => {
                refusal.says("42883", "ratelimit_allow");
            }
        }
    }
    hits
}

#[test]
fn the_first_thing_that_a_new_database_waits_for_is_done() {
    let server = Server::preloaded("phone_crypt.environment = development\n");
    for _ in 0..20 {
        let database = server.database();
        let mut client = server.connect_as("postgres", &database);
        client.run("SELECT phone_crypt_audit_checkpoint()");
    }
}

#[test]
fn a_launcher_that_is_started_again_is_waited_for() {
    let server = Server::preloaded("");
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.hit("key", &Limit::fixed(10));
    client.run(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE backend_type = 'phone_crypt launcher'",
    );
    client.run("SELECT ratelimit_flush()");
    assert_eq!(
        client.rows("SELECT count FROM phone_crypt.rate_limits"),
        ["1"]
    );
}
