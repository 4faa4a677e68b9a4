//! Any number of sessions hit one key at once, and never more requests than the limit pass, and no fewer.

use phone_crypt_client_tests::{ALGORITHMS, Hits, LONG, Limit, Server, Sql};
use postgres::Client;

use crate::shared::engines;

const SESSIONS: usize = 16;
const LIMIT: i64 = 100;

/// Hits until the first denial, and a few times more. How many passed.
fn passed(client: &mut Client, limit: &Limit<'_>) -> i64 {
    let mut passed = 0;
    let mut denied = 0;
    while denied < 5 {
        match client.hit("hot", limit).allowed {
            true => passed += 1,
            false => denied += 1,
        }
    }
    passed
}

#[test]
fn exactly_the_limit_passes() {
    for (engine, server) in engines() {
        let database = server.database();
        for algorithm in ALGORITHMS {
            let limit = Limit::of(algorithm, LIMIT);
            server
                .connect_as("postgres", &database)
                .run("SELECT ratelimit_reset('hot')");
            let passes = server.at_once(&database, SESSIONS, |_, client| passed(client, &limit));
            let total: i64 = passes.iter().sum();
            assert_eq!(total, LIMIT, "{algorithm} in {engine}: {passes:?}");
        }
    }
}

/// How many hits passed, when the sessions take different limits of the same window.
fn passed_by_limit(server: &Server, algorithm: &str, limits: [i64; 2]) -> [i64; 2] {
    let passes = server.at_once(&server.database(), SESSIONS, |number, client| {
        let limit = Limit::of(algorithm, limits[number % 2]);
        passed(client, &limit)
    });
    [0, 1].map(|of| passes.iter().skip(of).step_by(2).sum())
}

#[test]
fn with_a_limit_that_differs_from_call_to_call_the_largest_is_what_passes() {
    for (engine, server) in engines() {
        for algorithm in ALGORITHMS {
            let [small, large] = passed_by_limit(server, algorithm, [LIMIT / 2, LIMIT]);
            assert_eq!(small + large, LIMIT, "{algorithm} in {engine}");
            assert!(small <= LIMIT / 2, "{algorithm} in {engine}");
        }
    }
}

#[test]
fn hits_of_many_keys_do_not_get_in_each_others_way() {
    const KEYS: usize = 40;
    let limit = Limit::fixed(6).each(LONG);
    for (engine, server) in engines() {
        let passes = server.at_once(&server.database(), SESSIONS, |number, client| {
            let hit = |i: usize| client.hit(&format!("key {}", (i + number) % KEYS), &limit);
            (0..KEYS).map(hit).filter(|answer| answer.allowed).count()
        });
        assert_eq!(passes.iter().sum::<usize>(), 6 * KEYS, "in {engine}");
    }
}
