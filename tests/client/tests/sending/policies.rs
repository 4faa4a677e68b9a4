//! Policies that are changed while others send under them.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, policy, reason};

const NUMBER: &str = "+61401148075";

#[test]
fn a_change_is_seen_by_every_session_from_its_commit_on() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    policy(&mut client, "p", "per_number => '{3/hour}'");
    assert_eq!(reason(&mut other, NUMBER, "p"), "ok");
    client.run("BEGIN; SELECT phone_send_policy_set('p', regions => '{NZ}')");
    assert_eq!(reason(&mut client, NUMBER, "p"), "region");
    assert_eq!(reason(&mut other, NUMBER, "p"), "ok");
    client.run("COMMIT");
    assert_eq!(reason(&mut other, NUMBER, "p"), "region");
    client.run("SELECT phone_send_policy_set('p', regions => '{AU}', per_number => '{2/hour}')");
    // What was sent before counts under the new limit.
    assert_eq!(reason(&mut other, NUMBER, "p"), "number_limit");
    client.run("BEGIN; SELECT phone_send_policy_drop('p'); ROLLBACK");
    assert_eq!(reason(&mut other, NUMBER, "p"), "number_limit");
    client.run("SELECT phone_send_policy_drop('p')");
    let refusal = other.refusal("SELECT phone_send_check($1, 'p')::text", &[&NUMBER]);
    refusal.says("22023", "there is no sending policy of this name");
    refusal.hides(NUMBER);
}

#[test]
fn prices_are_seen_by_every_session_too() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    let mut other = SERVER.connect_as("postgres", &database);
    policy(&mut client, "p", "budget_day => 1");
    assert_eq!(reason(&mut other, NUMBER, "p"), "no_price");
    client.run("SELECT phone_send_price_set('+61', 2)");
    assert_eq!(reason(&mut other, NUMBER, "p"), "budget_day");
    client.run("SELECT phone_send_price_set('+614', 0.5)");
    assert_eq!(reason(&mut other, NUMBER, "p"), "ok");
}

#[test]
fn of_64_sessions_that_hit_one_number_as_many_pass_as_may() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    policy(&mut client, "p", "per_number => '{5/hour,6/day}'");
    let passed = SERVER.at_once(&database, 64, |_, client| {
        u32::from(reason(client, NUMBER, "p") == "ok")
    });
    assert_eq!(passed.iter().sum::<u32>(), 5);
}
