//! Every decision leaves a record, without the number.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use postgres::Client;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::shared::{CONF, SERVER, TABLE_SERVER, policy, reason};

const NUMBER: &str = "+61401148075";

/// What is recorded: how often each reason.
fn recorded(client: &mut Client) -> Vec<String> {
    client.rows(
        "SELECT reason, sum(decisions) FROM phone_crypt.send_decisions GROUP BY reason ORDER BY reason",
    )
}

#[test]
fn the_background_writes_them_down_whatever_becomes_of_the_transaction() {
    let mut client = SERVER.session();
    policy(&mut client, "p", "per_number => '{1/day}'");
    client.run("BEGIN");
    for reason_wanted in ["ok", "number_limit", "number_limit"] {
        assert_eq!(reason(&mut client, NUMBER, "p"), reason_wanted);
    }
    client.run("ROLLBACK");
    assert_eq!(recorded(&mut client), ["number_limit|2", "ok|1"]);
    wait_until("they are written down", || {
        client.number("SELECT count(*) FROM phone_crypt.unwritten_send_decisions()") == 0
            && client
                .number("SELECT coalesce(sum(decisions), 0)::bigint FROM phone_crypt.send_records")
                == 3
    });
    assert_eq!(recorded(&mut client), ["number_limit|2", "ok|1"]);
    let same = "SELECT count(*) FROM phone_crypt.send_records WHERE phone_hash = phone_hash('+61401148075')
                   AND policy = 'p' AND region = 'AU' AND type = 'mobile'";
    assert!(client.number(same) >= 2);
}

#[test]
fn whoever_writes_them_down_cannot_prepare_that() {
    let server = Server::preloaded(&format!("{CONF}max_prepared_transactions = 2"));
    let mut client = server.session();
    policy(&mut client, "p", "per_number => '{}'");
    let mut sent = 0;
    // Until it is not the background task that takes them.
    wait_until("some are taken", || {
        client.run("ROLLBACK; BEGIN");
        sent += 1;
        assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
        client.number("SELECT phone_crypt.flush_send_decisions()") > 0
    });
    // Whoever rolls it back later would not know where they belong.
    client
        .refusal("PREPARE TRANSACTION 'later'", &[])
        .says("0A000", "shared memory counted");
    client.run("ROLLBACK");
    assert_eq!(recorded(&mut client), [format!("ok|{sent}")]);
}

#[test]
fn with_the_table_engine_they_are_part_of_the_transaction() {
    let mut client = TABLE_SERVER.session();
    policy(&mut client, "p", "per_number => '{1/day}'");
    client.run("BEGIN");
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(recorded(&mut client), ["ok|1"]);
    client.run("ROLLBACK");
    assert!(recorded(&mut client).is_empty());
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    assert_eq!(reason(&mut client, "none", "p"), "not_a_number");
    assert_eq!(recorded(&mut client), ["not_a_number|1", "ok|1"]);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.send_records"),
        2
    );
}

#[test]
fn they_are_kept_for_a_time() {
    let server = Server::preloaded(&format!("{CONF}phone_crypt.send_records_keep = '2d'\n"));
    let mut client = server.session();
    policy(&mut client, "p", "per_number => '{1/day}'");
    client.run(
        "INSERT INTO phone_crypt.send_records (at, last_at, allowed, record_only, reason, warnings, decisions)
         SELECT now() - i * interval '1 hour', now() - i * interval '1 hour', false, false, 'region', '{}', 1
           FROM generate_series(1, 100) AS i",
    );
    assert_eq!(reason(&mut client, NUMBER, "p"), "ok");
    // The clean-up has an interval of a minute.
    let count = "SELECT count(*) FROM phone_crypt.send_records";
    let deadline = Instant::now() + Duration::from_secs(150);
    while ![47, 48, 49].contains(&client.number(count)) && Instant::now() < deadline {
        sleep(Duration::from_millis(200));
    }
    assert!([47, 48, 49].contains(&client.number(count)));
    server.write_conf("phone_crypt.send_records_keep = 0");
    let since = server.reload();
    client.wait_for_reload(&since);
    client.run("TRUNCATE phone_crypt.send_records");
    assert_eq!(reason(&mut client, NUMBER, "p"), "number_limit");
    assert!(recorded(&mut client).is_empty());
}

#[test]
fn more_than_memory_has_room_for_are_counted_as_lost() {
    let server = Server::preloaded(CONF);
    let mut client = server.session();
    policy(&mut client, "p", "record_only => false");
    // The task waits for the lock, and memory fills up.
    client.run("BEGIN; LOCK TABLE phone_crypt.send_records IN SHARE MODE");
    let sent =
        "SELECT count(*) FROM generate_series(1, 10000) AS i, phone_send_check('none' || i, 'p')";
    assert_eq!(client.number(sent), 10_000);
    let lost = client.number("SELECT phone_crypt.lost_send_decisions()");
    client.run("COMMIT");
    assert!((1..=10_000 - 8_000).contains(&lost), "{lost}");
    wait_until("the others are written down", || {
        client.number("SELECT coalesce(sum(decisions), 0)::bigint FROM phone_crypt.send_decisions")
            == 10_000 - lost
    });
}

#[test]
fn a_number_is_forgotten_while_others_are_written() {
    let database = SERVER.database();
    let mut client = SERVER.connect_as("postgres", &database);
    policy(&mut client, "p", "per_number => '{5/day}'");
    let others = SERVER.at_once(&database, 4, |session, client| {
        for round in 0..40 {
            reason(client, &format!("+6140120{session}{round:03}"), "p");
            reason(client, NUMBER, "p");
            if session == 0 && round % 10 == 0 {
                let forget =
                    "SELECT count(*) FROM phone_forget('+61401148075') WHERE sqlstate IS NOT NULL";
                assert_eq!(client.number(forget), 0);
            }
        }
        1
    });
    assert_eq!(others.len(), 4);
    let forget = "SELECT count(*) FROM phone_forget('+61401148075') WHERE sqlstate IS NOT NULL";
    assert_eq!(client.number(forget), 0);
    client.run("SELECT phone_crypt.flush_send_decisions(), ratelimit_flush()");
    for trace in [
        "SELECT count(*) FROM phone_crypt.send_decisions WHERE phone_hash = phone_hash('+61401148075')",
        "SELECT count(*) FROM phone_crypt.rate_limits WHERE id LIKE '%' || phone_hash('+61401148075')",
    ] {
        assert_eq!(client.number(trace), 0, "{trace}");
    }
    assert!(client.number("SELECT count(*) FROM phone_crypt.send_decisions") > 100);
}
