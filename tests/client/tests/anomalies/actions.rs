//! What is done about a rise.

use phone_crypt_client_tests::Sql;

use crate::shared::{SERVER, USUAL, World, hit, unusual};

const REASON: &str = "SELECT reason FROM ratelimit_peek_policy('p', 'k')";
const BLOCK: &str = "SELECT extract(epoch FROM blocked_until - last_at)::bigint FROM phone_crypt.anomalies WHERE key = 'k'";

#[test]
fn a_key_is_blocked_and_can_be_unblocked() {
    let mut world = World::new(&SERVER);
    world.watch("block");
    world.teach(|client| {
        hit(client, "k", USUAL);
        hit(client, "other", USUAL);
    });
    assert_eq!(world.admin.rows(REASON), ["ok"]);
    world.run_until(
        |client| hit(client, "k", 10 * USUAL),
        |admin| unusual(admin, "k") > 0,
    );
    assert_eq!(world.admin.rows(REASON), ["blocked"]);
    assert!((3500..=3600).contains(&world.admin.number(BLOCK)));
    assert_eq!(
        world
            .admin
            .rows("SELECT reason FROM ratelimit_peek_policy('p', 'other')"),
        ["ok"]
    );
    assert_eq!(
        world.admin.rows("SELECT ratelimit_unblock('k', 'p')"),
        ["t"]
    );
    assert_eq!(world.admin.rows(REASON), ["ok"]);
}

#[test]
fn a_throttled_key_waits_longer_each_time() {
    let mut world = World::new(&SERVER);
    world.watch("throttle");
    world.teach(|client| hit(client, "k", USUAL));
    let mut waits = Vec::new();
    for nth in 1..=3 {
        world.run_until(
            |client| hit(client, "k", 10 * USUAL),
            |admin| unusual(admin, "k") >= nth,
        );
        waits.push(world.admin.number(BLOCK));
    }
    // A 32nd of an hour, and twice that each time; a window more may have passed meanwhile.
    assert!((105..=230).contains(&waits[0]), "{waits:?}");
    assert!(
        (200..=460).contains(&waits[1]) && waits[1] > waits[0],
        "{waits:?}"
    );
    assert!(waits[2] > waits[1], "{waits:?}");
    assert_eq!(world.admin.rows(REASON), ["blocked"]);
}
