//! What became of messages: in both engines, through rollbacks, restarts and crashes, under other keys; and what nobody sees.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use std::time::{Duration, Instant};

use crate::shared::{CONF, SERVER, TABLE_SERVER, check, policy, reason};

const NUMBER: &str = "+61401148075";

fn send_from(client: &mut Client, phone: &str, address: &str) -> String {
    let sql = "SELECT reason FROM phone_send_check($1, 'p', $2::text::inet)";
    client.text(sql, &[&phone, &address])
}

fn outcome(client: &mut Client, phone: &str, outcome: &str) -> bool {
    let sql = "SELECT phone_send_outcome_phone($1, $2)::text";
    client.text(sql, &[&phone, &outcome]) == "true"
}

/// Sends to so many Australian numbers, whose codes are unverified a moment later.
fn send_many(client: &mut Client, first: u32, count: u32) {
    for number in first..first + count {
        let _ = check(client, &format!("+614021{number:05}"), "p");
    }
}

fn verified(client: &mut Client) -> String {
    let sql = "SELECT coalesce(sum(verified_day), 0)::text || ' ' || coalesce(sum(unverified_day), 0)::text
                 FROM phone_crypt.send_regions WHERE region = 'AU'";
    client.text(sql, &[])
}

#[test]
fn an_outcome_stays_after_a_rollback_where_the_memory_engine_runs_and_is_taken_back_with_a_table() {
    for (server, after) in [(&SERVER, "1 0"), (&TABLE_SERVER, "0 0")] {
        let mut client = server.session();
        policy(&mut client, "p", "conversion => true");
        client.run("BEGIN");
        let sent = check(&mut client, NUMBER, "p");
        assert_eq!(sent.reason, "ok");
        let sql = "SELECT phone_send_outcome($1, 'verified')::text";
        assert_eq!(client.text(sql, &[&sent.send_id.unwrap()]), "true");
        client.run("ROLLBACK");
        assert_eq!(verified(&mut client), after);
    }
}

/// What a course of sends and outcomes is answered with, all of which come before the first code is late. A machine that is too
/// slow for that is given more time.
fn course(server: &Server) -> Vec<String> {
    let within = [300, 3_000, 30_000].map(Duration::from_millis);
    within
        .into_iter()
        .find_map(|within| course_within(server, within))
        .expect("all is sent within half a minute")
}

/// None where that took longer than codes are valid.
fn course_within(server: &Server, within: Duration) -> Option<Vec<String>> {
    let client = &mut server.session();
    policy(
        client,
        "p",
        &format!(
            "conversion => true, verify_within => '{} milliseconds'",
            within.as_millis()
        ),
    );
    let start = Instant::now();
    let mut answers = Vec::new();
    for (phone, address) in [
        ("+61401148075", "192.0.2.1"),
        ("+6421345678", "192.0.2.1"),
        ("+447400123456", "192.0.2.1"),
        ("+37251234567", "192.0.2.1"),
        ("+61401148076", "192.0.2.2"),
    ] {
        answers.push(send_from(client, phone, address));
    }
    answers.push(outcome(client, "+6421345678", "verified").to_string());
    answers.push(outcome(client, "+61401148076", "failed").to_string());
    answers.push(outcome(client, "+61401148076", "failed").to_string());
    answers.push(send_from(client, "+37251234567", "192.0.2.1"));
    send_many(client, 1000, 25);
    answers.push(verified(client));
    if start.elapsed() >= within {
        return None;
    }
    // A code is late at the next whole second.
    std::thread::sleep(within + Duration::from_millis(1700));
    answers.push(reason(client, "+61401148077", "p"));
    answers.push(reason(client, "+6421345678", "p"));
    answers.push(send_from(client, "+37251234568", "192.0.2.9"));
    answers.push(verified(client));
    Some(answers)
}

#[test]
fn both_engines_decide_alike() {
    let in_memory = course(&SERVER);
    assert_eq!(in_memory, course(&TABLE_SERVER));
    let expected = [
        "ok",
        "ok",
        "ok",
        "client_regions",
        "ok",
        "true",
        "true",
        "false",
        "ok",
        "0 0",
        "conversion_region",
        "ok",
        "ok",
        "0 26",
    ];
    assert_eq!(in_memory, expected);
}

#[test]
fn a_burst_ends_before_the_first_code_is_late() {
    for server in [&SERVER, &TABLE_SERVER] {
        let mut client = server.session();
        policy(&mut client, "p", "conversion => true");
        assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
        send_many(&mut client, 5000, 98);
        assert_eq!(reason(&mut client, "+61402199999", "p"), "ok");
        assert_eq!(reason(&mut client, "+61402199998", "p"), "burst_region");
        assert_eq!(reason(&mut client, "+6421345678", "p"), "ok");
        // Nobody waits for as long as the codes are valid.
        let retry = "SELECT retry_after_seconds::text FROM phone_send_check('+61402199998', 'p')";
        assert_eq!(client.text(retry, &[]), "60");
        assert!(outcome(&mut client, "+61402199999", "verified"));
        assert_eq!(reason(&mut client, "+61402199998", "p"), "ok");
        assert_eq!(reason(&mut client, "+61402199997", "p"), "burst_region");
        // Who has verified before asks when they like.
        assert_eq!(reason(&mut client, "+61402199999", "p"), "ok");
    }
}

#[test]
fn of_64_sessions_of_one_client_no_more_regions_pass_than_may() {
    const REGIONS: [&str; 8] = [
        "+6140114800",
        "+642134500",
        "+4474001234",
        "+372512345",
        "+65812345",
        "+336123456",
        "+491512345",
        "+817012345",
    ];
    for server in [&SERVER, &TABLE_SERVER] {
        let database = server.database();
        let mut client = server.connect_as("postgres", &database);
        policy(&mut client, "p", "refuse_invalid => false");
        let passed = server.at_once(&database, 64, |number, client| {
            let region = REGIONS[number % REGIONS.len()];
            let phone = format!("{region}{:02}", number);
            (send_from(client, &phone, "192.0.2.1") == "ok").then_some(number % REGIONS.len())
        });
        let mut regions: Vec<usize> = passed.into_iter().flatten().collect();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!(regions.len(), 3, "{regions:?}");
    }
}

#[test]
fn what_was_verified_outlives_a_restart_and_a_crash() {
    let server = Server::preloaded(CONF);
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    policy(
        &mut client,
        "p",
        "conversion => true, verify_within => '0.3 seconds'",
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert!(outcome(&mut client, NUMBER, "verified"));
    send_many(&mut client, 2000, 25);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(
        reason(&mut client, "+61402999999", "p"),
        "conversion_region"
    );
    wait_until("all is written", || {
        let sql = "SELECT count(*) FROM phone_crypt.send_verified, phone_crypt.send_traffic AS t
                    WHERE t.updated_at > clock_timestamp() - interval '20 seconds' AND t.name = 'AU'";
        client.text(&sql.replace("count(*)", "count(*)::text"), &[]) == "1"
    });
    let before = verified(&mut client);
    drop(client);
    for crash in [false, true] {
        match crash {
            false => server.restart(),
            true => server.crash_whole(),
        }
        let mut client = server.connect_as("postgres", &database);
        assert_eq!(verified(&mut client), before, "crash: {crash}");
        // It is asked for in memory, too, where it has been read again.
        assert_eq!(
            reason(&mut client, "+61402999999", "p"),
            "conversion_region"
        );
        assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
        assert_eq!(reason(&mut client, "+6421345678", "p"), "ok");
    }
}

#[test]
fn an_orderly_restart_loses_nothing_that_no_worker_has_written() {
    let server = Server::preloaded(CONF);
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    policy(
        &mut client,
        "p",
        "conversion => true, verify_within => '0.3 seconds'",
    );
    let forbid =
        "ALTER TABLE phone_crypt.send_traffic ADD CONSTRAINT never CHECK (false) NOT VALID";
    client.run(forbid);
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert!(outcome(&mut client, NUMBER, "verified"));
    send_many(&mut client, 2000, 25);
    std::thread::sleep(Duration::from_millis(1500));
    for _ in 0..2 {
        assert_eq!(verified(&mut client), "1 25");
        let written = "SELECT ((SELECT count(*) FROM phone_crypt.send_verified)
                             + (SELECT count(*) FROM phone_crypt.send_traffic))::text";
        assert_eq!(client.text(written, &[]), "0");
        drop(client);
        server.restart();
        client = server.connect_as("postgres", &database);
    }
    assert_eq!(verified(&mut client), "1 25");
    // It is written without another send.
    client.run("ALTER TABLE phone_crypt.send_traffic DROP CONSTRAINT never");
    wait_until("all is written", || {
        let sql = "SELECT (SELECT count(*) FROM phone_crypt.send_verified)::text
                       || (SELECT count(*) FROM phone_crypt.send_traffic)";
        client.text(sql, &[]) == "11"
    });
    assert_eq!(
        reason(&mut client, "+61402999999", "p"),
        "conversion_region"
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
}

#[test]
fn a_number_that_has_verified_is_known_while_that_is_written_down() {
    let mut client = SERVER.session();
    policy(
        &mut client,
        "p",
        "conversion => true, verify_within => '2 seconds'",
    );
    // Who writes it down takes his time.
    client.run(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_sleep(8); RETURN NEW; END';
         CREATE TRIGGER slowly BEFORE INSERT ON phone_crypt.send_verified FOR EACH ROW EXECUTE FUNCTION slowly()",
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert!(outcome(&mut client, NUMBER, "verified"));
    send_many(&mut client, 2000, 25);
    std::thread::sleep(Duration::from_millis(3200));
    let is_being_written = "SELECT count(*)::text FROM pg_stat_activity
                             WHERE wait_event = 'PgSleep' AND datname = current_database()";
    wait_until("it is being written down", || {
        client.text(is_being_written, &[]) == "1"
    });
    assert_eq!(
        reason(&mut client, "+61402999999", "p"),
        "conversion_region"
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(client.text(is_being_written, &[]), "1", "still");
    wait_until("it is written down", || {
        client.text("SELECT count(*)::text FROM phone_crypt.send_verified", &[]) == "1"
    });
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
}

#[test]
fn a_number_that_has_verified_is_known_under_a_previous_key() {
    for server in [&SERVER, &TABLE_SERVER] {
        let mut client = server.session();
        let keys = ["11", "22"].map(|byte| byte.repeat(32));
        client.set("encryption_key", &keys[0]);
        policy(
            &mut client,
            "p",
            "conversion => true, verify_within => '2 seconds'",
        );
        assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
        assert!(outcome(&mut client, NUMBER, "verified"));
        send_many(&mut client, 3000, 25);
        std::thread::sleep(Duration::from_millis(3200));
        client.set("previous_keys", &keys[0]);
        client.set("encryption_key", &keys[1]);
        assert_eq!(
            reason(&mut client, "+61402999999", "p"),
            "conversion_region"
        );
        assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
        client.set("previous_keys", "");
        assert_eq!(reason(&mut client, NUMBER, "p"), "conversion_region");
    }
}

#[test]
fn forgetting_a_number_leaves_no_row_of_it() {
    let mut client = TABLE_SERVER.session();
    policy(&mut client, "p", "regions_per_client => 0");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert!(outcome(&mut client, NUMBER, "verified"));
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    let rows = "SELECT (SELECT count(*) FROM phone_crypt.send_pending)::text || (SELECT count(*) FROM phone_crypt.send_verified)";
    assert_eq!(client.text(rows, &[]), "11");
    client.run(&format!("SELECT phone_forget('{NUMBER}')"));
    assert_eq!(client.text(rows, &[]), "00");
    assert!(!outcome(&mut client, NUMBER, "sent"));
}

#[test]
fn a_pumped_range_is_announced_without_its_digits_and_masked() {
    let mut client = SERVER.session();
    policy(
        &mut client,
        "p",
        "verify_within => '0.1 seconds', suspects => 'notify'",
    );
    client.run("LISTEN phone_crypt_send_suspects");
    for number in 0..60 {
        let _ = check(&mut client, &format!("+251911234{number:03}"), "p");
    }
    std::thread::sleep(Duration::from_millis(1300));
    let listed = "SELECT range FROM phone_crypt.send_suspects";
    assert_eq!(client.text(listed, &[]), "+251911234");
    assert_eq!(told(&mut client), "p");
    client.run(
        "CREATE ROLE watcher; GRANT USAGE ON SCHEMA phone_crypt TO watcher;
         GRANT SELECT ON phone_crypt.send_suspects TO watcher;
         GRANT EXECUTE ON FUNCTION phone_crypt.send_suspect_ranges() TO watcher; SET ROLE watcher",
    );
    assert_eq!(client.text(listed, &[]), "+25*******");
    client.run("RESET ROLE; DROP OWNED BY watcher; DROP ROLE watcher");
    SERVER.log_hides("251911234");
}

/// What whoever listens is told next.
fn told(client: &mut Client) -> String {
    let mut notifications = client.notifications();
    let mut next = notifications.timeout_iter(Duration::from_secs(60));
    let told = next.next().unwrap().expect("somebody is told");
    told.payload().to_owned()
}

#[test]
fn a_pumped_range_is_announced_though_a_worker_could_not_commit() {
    let mut client = SERVER.session();
    policy(
        &mut client,
        "p",
        "verify_within => '0.1 seconds', suspects => 'notify'",
    );
    // It fails when all is written and told. A sequence counts in transactions that fail, too.
    client.run(
        "LISTEN phone_crypt_send_suspects;
         CREATE SEQUENCE failed;
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN PERFORM nextval(''public.failed''); RAISE EXCEPTION ''no''; END';
         CREATE CONSTRAINT TRIGGER fail AFTER INSERT OR UPDATE ON phone_crypt.send_traffic
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()",
    );
    for number in 0..60 {
        let _ = check(&mut client, &format!("+251911235{number:03}"), "p");
    }
    std::thread::sleep(Duration::from_millis(1300));
    let listed = "SELECT range FROM phone_crypt.send_suspects";
    assert_eq!(client.text(listed, &[]), "+251911235");
    let failed = "SELECT (SELECT last_value FROM failed WHERE is_called)::text";
    let before: Option<String> = client.query_one(failed, &[]).unwrap().get(0);
    wait_until("a worker that knows of the range has failed", || {
        let now: Option<String> = client.query_one(failed, &[]).unwrap().get(0);
        now != before
    });
    client.run("DROP TRIGGER fail ON phone_crypt.send_traffic");
    assert_eq!(told(&mut client), "p");
}

#[test]
fn a_standby_judges_by_what_it_sees() {
    let primary = Server::preloaded(CONF);
    let database = primary.database();
    let mut client = primary.connect_as("postgres", &database);
    policy(
        &mut client,
        "p",
        "conversion => true, verify_within => '0.3 seconds'",
    );
    let standby = primary.standby("");
    standby.wait_for_replay_of(&primary);
    let mut client = standby.connect_as("postgres", &database);
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert!(outcome(&mut client, NUMBER, "verified"));
    send_many(&mut client, 4000, 25);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(
        reason(&mut client, "+61402999999", "p"),
        "conversion_region"
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
}
