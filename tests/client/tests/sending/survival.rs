//! Crashes, restarts, standbys and dumps.

use phone_crypt_client_tests::{Server, Sql, finish};
use postgres::Client;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::shared::{CONF, check, policy, reason};

const NUMBER: &str = "+61401148075";

fn spent(client: &mut Client) -> f64 {
    let spent =
        "SELECT coalesce(max(spent), 0)::text FROM phone_crypt.send_budgets WHERE budget = 'day'";
    client.text(spent, &[]).parse().unwrap()
}

fn spend(client: &mut Client, times: u32) {
    for _ in 0..times {
        assert!(check(client, NUMBER, "p").allowed);
    }
}

fn start() -> (Server, String, Client) {
    let server = Server::preloaded(&format!(
        "{CONF}phone_crypt.ratelimit_flush_interval = '100ms'\n"
    ));
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    policy(&mut client, "p", "budget_day => 1000");
    client.run("SELECT phone_send_price_set('+', 1)");
    (server, database, client)
}

#[test]
fn a_crash_loses_no_more_than_what_was_spent_since_the_last_flush() {
    let (server, database, mut client) = start();
    spend(&mut client, 200);
    // Ten times the flush interval.
    sleep(Duration::from_secs(1));
    spend(&mut client, 3);
    server.crash_whole();
    let mut client = server.connect_as("postgres", &database);
    let kept = spent(&mut client);
    assert!((200.0..=203.0).contains(&kept), "{kept}");
    assert!(check(&mut client, NUMBER, "p").allowed);
}

#[test]
fn a_restart_loses_nothing_that_counts() {
    let (server, database, mut client) = start();
    spend(&mut client, 7);
    drop(client);
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(spent(&mut client), 7.0);
}

#[test]
fn a_standby_checks_and_counts_by_itself_and_records_nothing() {
    let (server, database, mut client) = start();
    client.run("SELECT phone_send_policy_set('p', per_number => '{2/day}')");
    let standby = server.standby("");
    standby.wait_for_replay_of(&server);
    let mut there = standby.connect_as("postgres", &database);
    for wanted in ["ok", "ok", "number_limit"] {
        assert_eq!(reason(&mut there, NUMBER, "p"), wanted);
    }
    assert_eq!(
        there.number("SELECT count(*) FROM phone_crypt.send_decisions"),
        0
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    client.run("SELECT phone_send_policy_set('p', regions => '{NZ}')");
    standby.wait_for_replay_of(&server);
    assert_eq!(reason(&mut there, NUMBER, "p"), "region");
}

#[test]
fn a_standby_with_the_table_engine_says_that_it_cannot() {
    let server = Server::preloaded(&format!("{CONF}phone_crypt.ratelimit_engine = table\n"));
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    policy(&mut client, "p", "per_number => '{2/day}'");
    let standby = server.standby("");
    standby.wait_for_replay_of(&server);
    let mut there = standby.connect_as("postgres", &database);
    let refusal = there.refusal("SELECT phone_send_check($1, 'p')::text", &[&NUMBER]);
    assert_eq!(refusal.sqlstate, "25006");
}

#[test]
fn policies_prices_and_lists_go_into_a_dump() {
    let (server, database, mut client) = start();
    client
        .run("SELECT phone_send_exempt('+61401148076'), phone_send_exempt_network('192.0.2.0/24')");
    spend(&mut client, 2);
    client.run("SELECT phone_send_policy_set('p', record_only => true), phone_crypt.flush_send_decisions()");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(server.program(program));
        command.arg("--host").arg(server.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let dump = server.path("sending.dump");
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &database]);
    let restored = server.empty_database();
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, dump],
    );
    let mut client = server.connect_as("postgres", &restored);
    assert_eq!(reason(&mut client, "+61401148076", "p"), "exempt");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(reason(&mut client, "+870773111632", "p"), "record_only");
    assert!(client.number("SELECT count(*) FROM phone_crypt.send_records") >= 1);
}
