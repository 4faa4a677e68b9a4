//! Crashes under load: the log verifies, the loss is bounded, and the log says that there may be one.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use crate::shared::{ALL, checkpoint, database, fields, size_of, verdict};

/// What one session records in a transaction each, until it is cut off. How many transactions it saw committed.
fn record_until_cut_off(
    server: &Server,
    database: &str,
    session: usize,
    done: &[AtomicI64],
    stop: &AtomicBool,
) {
    let mut client = server.connect_as("postgres", database);
    let statement = client
        .prepare("SELECT phone_crypt.audit_event('policy_set', NULL, $1, $2)")
        .unwrap();
    let name = format!("session {session}");
    for number in 1.. {
        if stop.load(Ordering::Relaxed) || client.execute(&statement, &[&name, &number]).is_err() {
            return;
        }
        done[session].store(number, Ordering::Relaxed);
    }
}

#[test]
fn a_crash_under_load_leaves_a_log_that_verifies_and_says_so() {
    let server = Server::preloaded(&format!(
        "{ALL}phone_crypt.audit_checkpoint_interval = '200ms'"
    ));
    let (database, mut client) = database(&server);
    client.run("SELECT api_token_create('first')");
    let mut kept = vec![checkpoint(&mut client)];
    for round in 0..3 {
        let done: Vec<AtomicI64> = (0..4).map(|_| AtomicI64::new(0)).collect();
        let stop = AtomicBool::new(false);
        let before_crash = thread::scope(|scope| {
            for session in 0..4 {
                let (server, database, done, stop) = (&server, &database, &done, &stop);
                scope.spawn(move || record_until_cut_off(server, database, session, done, stop));
            }
            thread::sleep(Duration::from_millis(2500));
            // What was seen committed two seconds before the crash is on record after it.
            let seen: Vec<i64> = done
                .iter()
                .map(|done| done.load(Ordering::Relaxed))
                .collect();
            thread::sleep(Duration::from_millis(2500));
            match round {
                0 => server.crash(),
                _ => server.crash_whole(),
            }
            stop.store(true, Ordering::Relaxed);
            seen
        });
        client = server.connect_as("postgres", &database);
        client.run("SELECT api_token_create('after the crash')");
        kept.push(checkpoint(&mut client));
        let rounds = round + 1;
        assert_eq!(fields(&mut client, "gap", "cause"), vec!["crash"; rounds]);
        assert_eq!(
            fields(&mut client, "start", "clean").last().unwrap(),
            "false"
        );
        for checkpoint in &kept {
            assert_eq!(verdict(&mut client, Some(checkpoint)), "intact");
        }
        for (session, seen) in before_crash.iter().enumerate() {
            let sql = format!(
                "SELECT count(DISTINCT count) FROM phone_crypt.audit_log
                  WHERE fields->>'name' = 'session {session}' AND count <= {seen}
                    AND seq >= {}",
                size_of(&kept[round]) - 1
            );
            assert_eq!(
                client.number(&sql),
                *seen,
                "session {session} of round {round}"
            );
            // And none twice.
            let twice = format!(
                "SELECT count(*) FROM (SELECT FROM phone_crypt.audit_log WHERE fields->>'name' = 'session {session}'
                  AND seq >= {} GROUP BY count HAVING count(*) > 1) AS t", size_of(&kept[round]) - 1
            );
            assert_eq!(client.number(&twice), 0);
        }
    }
}

#[test]
fn a_stop_in_good_order_loses_nothing() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT api_token_create('first')");
    let kept = checkpoint(&mut client);
    for round in 1..=3 {
        let mut client = server.connect_as("postgres", &database);
        // More than the worker takes at once, at the last moment.
        client.run(&format!(
            "DO $$ BEGIN FOR i IN 1 .. 5000 LOOP PERFORM phone_crypt.audit_event('policy_set', NULL, 'round {round}', i); END LOOP; END $$"
        ));
        drop(client);
        match round {
            2 => {
                server.stop("fast");
                server.start_again();
            }
            _ => server.restart(),
        }
        let mut client = server.connect_as("postgres", &database);
        // What was left over is written without anybody's doing.
        wait_until("the rest is written", || {
            client.number(&format!(
                "SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'round {round}'"
            )) >= 5000
        });
        let distinct = format!(
            "SELECT count(DISTINCT count) FROM phone_crypt.audit_log WHERE fields->>'name' = 'round {round}'"
        );
        assert_eq!(client.number(&distinct), 5000);
        let all = format!(
            "SELECT count(*) FROM phone_crypt.audit_log WHERE fields->>'name' = 'round {round}'"
        );
        assert_eq!(client.number(&all), 5000);
    }
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT api_token_create('last')");
    checkpoint(&mut client);
    assert!(fields(&mut client, "gap", "cause").is_empty());
    assert!(
        fields(&mut client, "start", "clean")[1..]
            .iter()
            .all(|clean| clean == "true")
    );
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
}
