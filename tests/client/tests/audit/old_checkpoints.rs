//! Old checkpoints go, but for the last of each day; whoever has kept one that went can verify all the same.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{checkpoint, database, size_of, verdict};

const K1: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const K2: &str = "correct-horse-battery-staple-0123456789abcdef";

/// A record more, and a checkpoint.
fn another(client: &mut Client) -> String {
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'another')");
    checkpoint(client)
}

/// Says that a checkpoint was signed at that time of that many days ago.
fn date_back(client: &mut Client, checkpoint: &str, days: u32, time: &str) {
    client.run(&format!(
        "UPDATE phone_crypt.audit_checkpoints
            SET signed_at = (date_trunc('day', now() AT TIME ZONE 'UTC') - interval '{days} days' + time '{time}') AT TIME ZONE 'UTC'
          WHERE size = {}",
        size_of(checkpoint)
    ));
}

fn stored(client: &mut Client) -> Vec<i64> {
    let rows = client.rows("SELECT size FROM phone_crypt.audit_checkpoints ORDER BY size");
    rows.iter().map(|size| size.parse().unwrap()).collect()
}

#[test]
fn of_a_day_that_is_long_past_the_last_checkpoint_stays() {
    let server = Server::preloaded("phone_crypt.audit = 'all'");
    let file = server.write_file("keys", format!("{K1}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", file.display()));
    server.reload();
    let (_, mut client) = database(&server);
    let mut kept: Vec<String> = (0..4).map(|_| another(&mut client)).collect();
    server.write_file("keys", format!("{K2}\n{K1}\n"));
    server.reload();
    kept.extend((0..5).map(|_| another(&mut client)));
    let sizes: Vec<i64> = kept.iter().map(|it| size_of(it)).collect();
    // Two days that are long past, one of which has the change of keys; a day of late.
    for (index, days, time) in [
        (0, 50, "00:00"),
        (1, 50, "12:00"),
        (2, 50, "23:59:59"),
        (3, 40, "10:00"),
        (4, 40, "11:00"),
        (5, 40, "12:00"),
        (6, 40, "13:00"),
        (7, 29, "10:00"),
        (8, 29, "11:00"),
    ] {
        date_back(&mut client, &kept[index], days, time);
    }
    // The same day as the last one: nothing is looked at.
    kept.push(another(&mut client));
    assert_eq!(stored(&mut client).len(), 10);
    client.run("UPDATE phone_crypt.audit_logs SET signed_at = signed_at - interval '1 day'");
    kept.push(another(&mut client));
    let left = stored(&mut client);
    assert_eq!(
        left[..5],
        [sizes[2], sizes[4], sizes[6], sizes[7], sizes[8]]
    );
    assert_eq!(left.len(), 7);
    // Each verifies as before, and leads to the newest.
    for checkpoint in &kept {
        assert_eq!(verdict(&mut client, Some(checkpoint)), "intact");
        let size = size_of(checkpoint);
        client.run(&format!("SELECT audit_consistency_proof({size})"));
    }
}
