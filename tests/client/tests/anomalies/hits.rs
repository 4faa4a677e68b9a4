//! What is found of hits.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, USUAL, World, hit, unusual};

#[test]
fn a_tenfold_rise_is_recorded_within_two_windows_and_usual_traffic_is_not() {
    let mut world = World::new(&SERVER);
    world.watch("record");
    let usual = |client: &mut _| {
        hit(client, "rises", USUAL);
        hit(client, "stays", USUAL);
    };
    world.teach(usual);
    assert_eq!(
        world
            .admin
            .number("SELECT count(*) FROM phone_crypt.anomalies"),
        0
    );
    let before = world.windows("rises");
    world.run_until(
        |client| {
            hit(client, "rises", 10 * USUAL);
            hit(client, "stays", USUAL);
        },
        |admin| unusual(admin, "rises") > 0,
    );
    // At most the window in which it began was not unusual yet.
    let after = world.windows("rises");
    assert!(after <= before + 1, "{before} {after}");
    assert_eq!(world.unusual("stays"), 0);
    let row = world.admin.rows(
        "SELECT kind, policy, role, actions, blocked_until, score >= 8 AND count > 5 * expected AND began_at <= last_at
           FROM phone_crypt.anomalies WHERE key = 'rises'",
    );
    assert_eq!(row, ["hits|p||{record}||t"]);
    // Windows in a row are one record.
    world.run_until(
        |client| hit(client, "rises", 10 * USUAL),
        |admin| unusual(admin, "rises") >= 3,
    );
    let records = "SELECT count(*) FROM phone_crypt.anomalies WHERE key = 'rises'";
    assert_eq!(world.admin.number(records), 1);
    // Once it is over, the next one is another.
    let before = world.windows("rises");
    world.run_until(usual, |admin| {
        admin.number("SELECT windows FROM phone_crypt.activity_baselines WHERE key = 'rises'")
            >= before + 2
    });
    world.run_until(
        |client| hit(client, "rises", 10 * USUAL),
        |admin| admin.number(records) == 2,
    );
}

#[test]
fn a_rollback_hides_no_hits() {
    let mut world = World::new(&SERVER);
    world.watch("record");
    let rolled_back = |client: &mut postgres::Client, times| {
        client.run("BEGIN");
        hit(client, "k", times);
        client.run("ROLLBACK");
    };
    world.teach(|client| rolled_back(client, USUAL));
    world.run_until(
        |client| rolled_back(client, 10 * USUAL),
        |admin| unusual(admin, "k") > 0,
    );
}

/// A flood of keys that are new is one of the policy.
#[test]
fn all_hits_together_are_watched_also_where_keys_are_not() {
    let mut world = World::new(&SERVER);
    world.admin.run(
        "SET client_min_messages = error;
         SELECT ratelimit_policy_set('p', 1000000, '1 hour', durable => true);
         SELECT ratelimit_watch('p', \"window\" => '1 second')",
    );
    // A durable hit writes a row, and on a busy machine many take longer than the time between two portions.
    let usual = USUAL / 5;
    world.teach(|client| hit(client, "k", usual));
    world.run_until(
        |client| hit(client, "k", 10 * usual),
        |admin| unusual(admin, "") > 0,
    );
    let keys = "SELECT key FROM phone_crypt.activity_baselines";
    assert_eq!(world.admin.rows(keys), [""]);
}

#[test]
fn what_is_not_watched_any_more_is_forgotten() {
    let mut world = World::new(&SERVER);
    world.watch("record");
    world.run_until(
        |client| hit(client, "k", USUAL),
        |admin| admin.number("SELECT count(*) FROM phone_crypt.activity_baselines") == 2,
    );
    world.admin.run("SELECT ratelimit_unwatch('p')");
    world.run_until(
        |client| hit(client, "k", USUAL),
        |admin| {
            admin.number(
                "SELECT count(*) FROM phone_crypt.activity_baselines, phone_crypt.activity_looks",
            ) == 0
        },
    );
}

/// Of too many keys those are kept that were seen most.
#[test]
fn a_flood_of_keys_takes_no_more_room_and_drives_nothing_out() {
    let mut world = World::new(&SERVER);
    world.watch("record");
    let known = "SELECT count(*) FROM phone_crypt.activity_baselines";
    world.run_until(
        |client| hit(client, "k", USUAL),
        |admin| admin.number("SELECT coalesce(max(windows), 0) FROM phone_crypt.activity_baselines WHERE key = 'k'") >= 3,
    );
    let mut from = 0;
    world.run_until(
        |client| {
            client.run(&format!(
                "SELECT count(c) FROM generate_series({from} + 1, {from} + 4000) AS i, ratelimit_check('p', 'flood ' || i) AS c"
            ));
            from += 4000;
        },
        |admin| {
            let count = admin.number(known);
            assert!(count <= 10_000, "{count}");
            count == 10_000
        },
    );
    assert!(world.windows("k") >= 3);
}

/// Sessions that watch the same at once: nobody is refused, and no message tells of a row.
#[test]
fn what_is_watched_by_many_at_once_is_watched_once() {
    let mut world = World::new(&SERVER);
    world
        .admin
        .run("SELECT ratelimit_policy_set('p', 10, '1 hour')");
    SERVER.at_once(&world.database, 16, |_, client| {
        for _ in 0..20 {
            client.run("SELECT ratelimit_watch('p'), phone_crypt_watch_reads()");
            client.run("SELECT ratelimit_unwatch('p'), phone_crypt_unwatch_reads()");
        }
        client.run("SELECT ratelimit_watch('p'), phone_crypt_watch_reads()");
    });
    let watches = "SELECT policy FROM phone_crypt.activity_watches ORDER BY policy";
    assert_eq!(world.admin.rows(watches), ["p", ""]);
    // Nor one whose snapshot is too old to see the other's row.
    let mut old = SERVER.connect_as("postgres", &world.database);
    world
        .admin
        .run("SELECT ratelimit_unwatch('p'), phone_crypt_unwatch_reads()");
    old.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT");
    world.admin.run("SELECT ratelimit_watch('p')");
    old.refusal("SELECT ratelimit_watch('p')", &[])
        .says("40001", "concurrent update");
}
