//! A token that is revoked passes nowhere once that is committed.

use phone_crypt_client_tests::Sql;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::shared::{SERVER, create, reason};

#[test]
fn of_64_sessions_none_passes_after_the_commit() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let token = create(&mut client, "busy");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let verifying = scope.spawn(|| {
            SERVER.at_once(&database, 64, |_, client| {
                let mut last_accepted = None;
                let mut refused = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    match reason(client, &token.text).as_str() {
                        "ok" => last_accepted = Some(began),
                        "revoked" => refused += 1,
                        other => panic!("{other}"),
                    }
                }
                (last_accepted, refused)
            })
        });
        while client
            .number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%api_token_verify%'")
            < 64
        {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(200));
        let revoke = "SELECT api_token_revoke($1, 'it was stolen')::text";
        assert_eq!(client.text(revoke, &[&token.id]), "true");
        let committed = Instant::now();
        thread::sleep(Duration::from_millis(500));
        is_over.store(true, Ordering::Relaxed);
        for (last_accepted, refused) in verifying.join().unwrap() {
            assert!(last_accepted.is_some_and(|began| began <= committed));
            assert!(refused > 0);
        }
    });
}

#[test]
fn one_that_is_rolled_back_revokes_nothing() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    let token = create(&mut client, "spared");
    client.run("BEGIN");
    client.run(&format!("SELECT api_token_revoke('{}')", token.id));
    assert_eq!(reason(&mut client, &token.text), "revoked");
    assert_eq!(reason(&mut other, &token.text), "ok");
    client.run("ROLLBACK");
    assert_eq!(reason(&mut client, &token.text), "ok");
}
