//! kill -9 at random moments of each procedure: called again, it ends where an uninterrupted run ends.
//!
//! `PHONE_CRYPT_TEST_MOMENTS` says how many moments each (3), `PHONE_CRYPT_TEST_SEED` which.

use phone_crypt_client_tests::{Sequence, Server, Sql};
use std::time::{Instant, SystemTime};

use crate::cases::{self, Case};

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn seed() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let seed = from_environment("PHONE_CRYPT_TEST_SEED").unwrap_or(u64::from(now.subsec_micros()));
    println!("PHONE_CRYPT_TEST_SEED={seed}");
    seed
}

fn first_difference<'a>(one: &'a [String], other: &'a [String]) -> Option<(&'a str, &'a str)> {
    let longest = one.len().max(other.len());
    let at = |rows: &'a [String], index: usize| rows.get(index).map_or("(none)", String::as_str);
    (0..longest)
        .map(|index| (at(one, index), at(other, index)))
        .find(|(one, other)| one != other)
}

fn survives(case: &Case) {
    let mut sequence = Sequence::new(seed());
    let moments = from_environment("PHONE_CRYPT_TEST_MOMENTS").unwrap_or(3);
    let server = Server::preloaded("");
    let template = case.template(&server);

    let copy = case.copy(&server, &template);
    let mut client = server.connect_as("postgres", &copy);
    let start = Instant::now();
    client.run(case.call);
    let whole_run = start.elapsed();
    let expected = (case.state)(&mut client);
    drop(client);

    for moment in 0..moments {
        let mut after = whole_run.mul_f64(f64::from(sequence.below(950)) / 1000.0 + 0.02);
        let mut client = loop {
            let copy = case.copy(&server, &template);
            let was_killed = server.call_and_crash(&copy, case.call, after, moment % 2 == 0);
            let mut client = server.connect_as("postgres", &copy);
            if was_killed && (case.state)(&mut client) != expected {
                break client;
            }
            // It was faster than the first time.
            after = after.mul_f64(0.7);
        };
        client.run(case.call);
        let state = (case.state)(&mut client);
        let difference = first_difference(&state, &expected);
        assert_eq!(difference, None, "killed after {after:?} of {whole_run:?}");
    }
}

#[test]
fn encrypt_column() {
    survives(&cases::encrypt());
}

#[test]
fn encrypt_partitioned_column() {
    survives(&cases::encrypt_partitioned());
}

#[test]
fn decrypt_partitioned_column() {
    survives(&cases::decrypt_partitioned());
}

#[test]
fn drop_plaintext() {
    survives(&cases::drop_plaintext());
}

#[test]
fn decrypt_column() {
    survives(&cases::decrypt());
}

#[test]
fn rotate_column() {
    survives(&cases::rotate());
}

#[test]
fn encrypt_column_of_values() {
    survives(&cases::encrypt_values());
}

#[test]
fn import_legacy_column() {
    survives(&cases::import());
}

#[test]
fn purge_expired() {
    survives(&cases::purge());
}

#[test]
fn migrate_rate_limits() {
    survives(&cases::migrate());
}

#[test]
fn migrate_rate_limits_into_the_engine() {
    survives(&cases::migrate_into_engine());
}
