//! The same sequence of calls gets the same answers from the table and from memory.

use phone_crypt_client_tests::{ALGORITHMS, Sequence, Server, Sql};
use postgres::Client;

use crate::shared::{MEMORY, TABLE};

/// What a call answers, as the two can be compared: the exact part, and times that pass between the two calls.
const ANSWER: &str = "allowed, \"limit\", remaining, reason, \
    extract(epoch FROM reset_after), extract(epoch FROM retry_after), \
    reset_after_seconds, retry_after_seconds";

/// So long that nothing in it changes while the test runs.
const WINDOWS: [&str; 2] = ["100 days", "210 days"];

const CALLS: i32 = 1500;

/// Seconds that may lie between the same call on one server and on the other.
const TOLERANCE: f64 = 10.0;

const POLICIES: &str = "
    SELECT ratelimit_policy_set('plain', 9, '100 days');
    SELECT ratelimit_policy_set('strict', 4, '100 days', penalties => '{20 days,60 days}');
    SELECT ratelimit_policy_set('counting', 6, '100 days', 'sliding_window', count_denied => true);
    SELECT ratelimit_policy_set('watching', 3, '100 days', 'token_bucket', shadow => true);
    SELECT ratelimit_policy_set('bucket', 8, '100 days', 'token_bucket', 3)";

/// The next call.
fn call(sequence: &mut Sequence, algorithm: &str, keys: i32) -> String {
    let key = format!("key {}", sequence.below(keys));
    let cost = 1 + sequence.below(3);
    let policy = sequence.one_of(&["plain", "strict", "counting", "watching", "bucket"]);
    let function = match sequence.below(20) {
        0..8 => hit("ratelimit_hit", sequence, algorithm, &key, cost),
        8 | 9 => hit("ratelimit_peek", sequence, algorithm, &key, cost),
        10..13 => format!("ratelimit_check('{policy}', '{key}', {cost})"),
        13 => format!("ratelimit_peek_policy('{policy}', '{key}', {cost})"),
        14 | 15 => format!("ratelimit_check_all('{{{policy},wide}}', '{{{key},{key}}}', {cost})")
            .replace("wide", if policy == "plain" { "bucket" } else { "plain" }),
        16 => return format!("SELECT ratelimit_refund('{key}', {cost})"),
        17 => return format!("SELECT ratelimit_refund('{key}', {cost}, '{policy}')"),
        18 if sequence.below(2) == 0 => {
            return format!("SELECT ratelimit_refund_hit('{key}', clock_timestamp(), {cost})");
        }
        18 => return administration(sequence, &key, policy),
        _ => return format!("SELECT header, value FROM ratelimit_headers('{policy}', '{key}')"),
    };
    format!("SELECT {ANSWER} FROM {function}")
}

fn hit(function: &str, sequence: &mut Sequence, algorithm: &str, key: &str, cost: i32) -> String {
    // Mostly the same, so that there is something to use up.
    let (algorithm, window) = match sequence.below(12) {
        0 => (sequence.one_of(&ALGORITHMS), sequence.one_of(&WINDOWS)),
        _ => (algorithm, WINDOWS[0]),
    };
    let limit = [7, 7, 7, 5, 0][sequence.below(5) as usize];
    let burst = sequence.one_of(&["NULL", "NULL", "4"]);
    format!("{function}('{key}', {limit}, '{window}', {cost}, '{algorithm}', {burst})")
}

fn administration(sequence: &mut Sequence, key: &str, policy: &str) -> String {
    sequence
        .one_of(&[
            "SELECT ratelimit_reset('KEY')",
            "SELECT ratelimit_reset('KEY', 'POLICY')",
            "SELECT ratelimit_unblock('KEY')",
            "SELECT ratelimit_unblock('KEY', 'POLICY')",
            "SELECT '', extract(epoch FROM ratelimit_block('KEY', '30 days') - clock_timestamp())",
            "SELECT '', extract(epoch FROM ratelimit_block('KEY', '50 days', 'POLICY') - clock_timestamp())",
            "SELECT ratelimit_merge('KEY', 2, (extract(epoch FROM now()) * 1000)::bigint - 1, '100 days')",
        ])
        .replace("KEY", key)
        .replace("POLICY", policy)
}

/// The same cells, but for numbers with a fraction, which are times, and header values that hold one.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.split('|').collect(), other.split('|').collect());
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| is_same_cell(one, other))
}

fn is_same_cell(one: &str, other: &str) -> bool {
    let seconds = |cell: &str| cell.parse::<f64>().ok();
    let after_t = |cell: &str| {
        cell.split_once(";t=")
            .map(|(front, t)| (front.to_owned(), seconds(t)))
    };
    let is_near = |one: f64, other: f64| {
        one == other || (one.max(other) > 1e5 && (one - other).abs() < TOLERANCE)
    };
    match (seconds(one), seconds(other), after_t(one), after_t(other)) {
        (Some(one), Some(other), ..) => is_near(one, other),
        (_, _, Some((front, Some(one))), Some((other_front, Some(other)))) => {
            front == other_front && is_near(one, other)
        }
        _ => one == other,
    }
}

/// A call that finds no slot counts nothing: after a flush it is made again.
fn rows(client: &mut Client, sql: &str) -> Vec<String> {
    loop {
        match client.try_rows(sql) {
            Ok(rows) => return rows,
            Err(refusal) => refusal.says("53400", ""),
        };
        client.run("SELECT ratelimit_flush()");
    }
}

/// Makes the same calls in a new database of each; returns how often memory gave up a slot.
fn compare(memory: &Server, table: &Server, algorithm: &str, keys: i32) -> i64 {
    let mut sequence = Sequence::new(keys.unsigned_abs().into());
    let (mut memory, mut table) = (memory.session(), table.session());
    memory.run(POLICIES);
    table.run(POLICIES);
    let mut denied = 0;
    let mut calls: Vec<String> = Vec::new();
    for _ in 0..CALLS {
        let sql = call(&mut sequence, algorithm, keys);
        let (one, other) = (rows(&mut memory, &sql), rows(&mut table, &sql));
        let same = one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| is_same(a, b));
        calls.push(format!("{sql}: {other:?}"));
        assert!(same, "{}\nbut memory {one:?}", of_its_key(&calls));
        denied += i32::from(one[0].starts_with("f|"));
    }
    assert!(denied > CALLS / 20, "they must also be denied: {denied}");
    assert_eq!(memory.rows(LIVE), table.rows(LIVE), "{algorithm}");
    memory.number("SELECT evictions FROM phone_crypt.ratelimit_stats")
}

/// The last call and those before it that named its key.
fn of_its_key(calls: &[String]) -> String {
    let last = calls.last().unwrap();
    let key = last.split('\'').find(|part| part.starts_with("key "));
    let named = |call: &&String| key.is_none_or(|key| call.contains(&format!("'{key}'")));
    let calls: Vec<_> = calls.iter().filter(named).map(String::as_str).collect();
    calls.join("\n")
}

/// Everything that is live.
const LIVE: &str = "SELECT key, algorithm, used, violations, blocked_until > now() FROM phone_crypt.ratelimit_status
     WHERE used > 0 OR violations > 0 OR blocked_until > now() ORDER BY key COLLATE \"C\"";

#[test]
fn table_and_memory_answer_alike() {
    for algorithm in ALGORITHMS {
        assert_eq!(compare(&MEMORY, &TABLE, algorithm, 12), 0);
    }
}

/// Far more keys than slots: each is evicted and comes back, again and again.
#[test]
fn so_they_do_when_keys_are_evicted_and_come_back() {
    let conf = "phone_crypt.ratelimit_slots = 64\nphone_crypt.ratelimit_flush_interval = '20ms'\n";
    let memory = Server::preloaded(conf);
    for algorithm in ALGORITHMS {
        assert!(compare(&memory, &TABLE, algorithm, 160) > 100);
    }
}
