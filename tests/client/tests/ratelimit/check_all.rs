//! Several policies at once: all or nothing, whatever the order of the names.

use phone_crypt_client_tests::{Hits, Server, Sql};
use postgres::Client;

use crate::shared::{MEMORY, engines};

const SESSIONS: usize = 16;
const PER_PHONE: i32 = 100;
const PER_ADDRESS: i32 = 60;

/// Checks both policies, in an order that is this session's, until denied. How many passed.
fn passed(number: usize, client: &mut Client) -> i32 {
    let (policies, keys) = match number % 2 {
        0 => (["per_phone", "per_address"], ["phone", "address"]),
        _ => (["per_address", "per_phone"], ["address", "phone"]),
    };
    let mut passed = 0;
    while client.check_all(&policies, &keys).allowed {
        passed += 1;
    }
    passed
}

fn remaining(client: &mut Client, policy: &str, key: &str) -> String {
    let sql =
        "SELECT value FROM ratelimit_headers($1, $2) WHERE lower(header) = 'x-ratelimit-remaining'";
    client.text(sql, &[&policy, &key])
}

#[track_caller]
fn the_least_passes_and_the_other_is_charged_no_more(server: &Server, durable: bool) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(&format!(
        "SELECT ratelimit_policy_set('per_phone', {PER_PHONE}, '100 days');
         SELECT ratelimit_policy_set('per_address', {PER_ADDRESS}, '100 days', durable => {durable})"
    ));
    let passes = server.at_once(&database, SESSIONS, passed);
    assert_eq!(passes.iter().sum::<i32>(), PER_ADDRESS);
    assert_eq!(remaining(&mut client, "per_address", "address"), "0");
    let left = (PER_PHONE - PER_ADDRESS).to_string();
    assert_eq!(remaining(&mut client, "per_phone", "phone"), left);
}

#[test]
fn opposite_orders_neither_deadlock_nor_pass_too_many() {
    for (_, server) in engines() {
        the_least_passes_and_the_other_is_charged_no_more(server, false);
    }
}

#[test]
fn so_it_is_when_one_policy_is_durable_and_the_other_in_memory() {
    the_least_passes_and_the_other_is_charged_no_more(&MEMORY, true);
}

#[test]
fn the_answer_names_the_policy_that_takes_longest_to_let_through() {
    for (engine, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('short', 1, '1 hour');
             SELECT ratelimit_policy_set('long', 1, '1 day');
             SELECT ratelimit_policy_set('wide', 9, '1 day')",
        );
        let check = "SELECT allowed, policy, remaining
                       FROM ratelimit_check_all('{short,wide,long}', '{k,k,k}')";
        let allowed = client.rows(check);
        assert!(
            allowed == ["t|short|0"] || allowed == ["t|long|0"],
            "{allowed:?}"
        );
        assert_eq!(client.rows(check), ["f|long|0"], "in {engine}");
        assert_eq!(remaining(&mut client, "wide", "k"), "8", "in {engine}");
    }
}
