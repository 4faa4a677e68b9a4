//! Far more keys than slots: nobody gets more than his limit, and nobody is let through for want of a slot.

use phone_crypt_client_tests::{ALGORITHMS, Hits, Limit, Sequence, Server, Sql};
use std::collections::HashMap;
use std::thread::sleep;
use std::time::Duration;

const SLOTS: usize = 64;
const KEYS: usize = 10 * SLOTS;

fn server(flush_interval: &str) -> Server {
    Server::preloaded(&format!(
        "phone_crypt.ratelimit_slots = {SLOTS}\nphone_crypt.ratelimit_flush_interval = {flush_interval}\n"
    ))
}

#[test]
fn a_key_that_was_evicted_and_comes_back_gets_no_more() {
    const SESSIONS: usize = 5;
    const LIMIT: i64 = 3;
    let server = server("'50ms'");
    for algorithm in ALGORITHMS {
        let database = server.database();
        let limit = Limit::of(algorithm, LIMIT);
        let passes = server.at_once(&database, SESSIONS, |number, client| {
            let mut sequence = Sequence::new(number as u64);
            let mut passed = HashMap::new();
            // Each session hits every key, in an order of its own.
            let mut keys: Vec<_> = (0..KEYS).collect();
            for last in (1..KEYS).rev() {
                keys.swap(last, sequence.below(last as i32 + 1) as usize);
            }
            for key in keys {
                *passed.entry(key).or_insert(0) += hit(client, key, &limit);
            }
            passed
        });
        for key in 0..KEYS {
            let total: i64 = passes.iter().map(|passed| passed[&key]).sum();
            assert_eq!(total, LIMIT, "{algorithm}, key {key}");
        }
        let mut client = server.connect_as("postgres", &database);
        let evictions = client.number("SELECT evictions FROM phone_crypt.ratelimit_stats");
        assert!(evictions >= (KEYS - SLOTS) as i64, "{evictions}");
    }
}

/// 1 if a hit passed. One that finds no slot counts nothing, so it is made again.
fn hit(client: &mut postgres::Client, key: usize, limit: &Limit<'_>) -> i64 {
    loop {
        match client.try_hit(&format!("key {key}"), limit, 1) {
            Ok(answer) => return i64::from(answer.allowed),
            Err(refusal) => refusal.says("53400", ""),
        };
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn with_every_slot_dirty_a_new_key_is_refused_and_after_a_flush_it_goes_on() {
    let server = server("0");
    let mut client = server.session();
    let limit = Limit::fixed(10);
    let mut refused = 0;
    for key in 0..KEYS {
        let key = format!("key {key}");
        // Two hits: the second one has its slot.
        match client.try_hit(&key, &limit, 1) {
            Ok(answer) => assert_eq!(answer.remaining, 9),
            Err(refusal) => {
                refusal.says("53400", "").hides(&key);
                refused += 1;
                client.run("SELECT ratelimit_flush()");
                let answer = client.hit(&key, &limit);
                assert_eq!(answer.remaining, 9, "the refused hit counted");
            }
        }
        assert_eq!(client.hit(&key, &limit).remaining, 8);
    }
    assert!(refused > 1, "{refused}");
    let refusals = "SELECT refusals FROM phone_crypt.ratelimit_stats";
    assert_eq!(client.number(refusals), refused);
    for key in 0..KEYS {
        let refusal = client.try_rows(&format!(
            "SELECT remaining FROM ratelimit_peek('key {key}', 10, '100 days')"
        ));
        assert_eq!(refusal.unwrap(), ["8"], "key {key}");
    }
}

/// A block is the last thing that may be forgotten.
#[test]
fn a_flood_of_keys_does_not_drive_out_a_block() {
    let server = server("'20ms'");
    let mut client = server.session();
    let limit = Limit::fixed(10);
    client.run("SELECT ratelimit_block('villain', '1 hour')");
    for key in 0..KEYS {
        hit(&mut client, key, &limit);
        if key % 50 == 0 {
            assert_eq!(client.peek("villain", &limit).reason, "blocked");
        }
    }
    assert_eq!(client.hit("villain", &limit).reason, "blocked");
}

/// A window that is over makes room without a flush.
#[test]
fn a_slot_whose_window_is_over_goes_to_the_next_key() {
    let server = server("0");
    let mut client = server.session();
    let limit = Limit::fixed(10).each(Duration::from_millis(1));
    for key in 0..KEYS {
        client.hit(&format!("key {key}"), &limit);
        sleep(Duration::from_micros(50));
    }
    sleep(Duration::from_millis(2));
    client.hit("one more", &Limit::fixed(10));
    let rows = "SELECT count(*) FROM phone_crypt.rate_limits";
    assert_eq!(client.number(rows), 0, "nothing was flushed");
}
