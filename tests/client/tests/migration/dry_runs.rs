//! A dry run of `phone_migrate_rate_limits` says what the run then does, whatever the rows are.

use phone_crypt_client_tests::{Sequence, Sql};

use crate::shared::SERVER;

/// Where the rows go, and which of them.
const WAYS: [&str; 3] = [
    "'l', existing_hashes => 'keep'",
    "'l', 'phone_crypt.rate_limits', existing_hashes => 'keep'",
    "'l', 'phone_crypt.rate_limits', existing_hashes => 'keep', other_keys => 'move'",
];

/// Spellings of two numbers, a hash of one, what is no number, and keys that are short, long, and too long.
const IDS: [&str; 18] = [
    "'phone:0401148075'",
    "'phone:+61401148075'",
    "'phone:0401 148 075'",
    "'phone:+10401148075'",
    "'phone:6502530000'",
    "'phone:(650) 253-0000'",
    "phone_ratelimit_key('0401148075')",
    "phone_ratelimit_key('6502530000')",
    "'phone_hash:' || repeat('0', 64)",
    "'phone:+10991234567'",
    "'phone:somebody'",
    "'phone:'",
    "''",
    "'somebody@example.com'",
    "repeat('k', 512)",
    "repeat('k', 513)",
    "repeat('k', 583)",
    "repeat('k', 584)",
];

#[test]
fn it_says_what_the_run_does() {
    let database = SERVER.database();
    let (mut client, notices) = SERVER.connect_noting("postgres", &database);
    client.run(
        "CREATE TABLE l (id text PRIMARY KEY, count integer NOT NULL, window_start bigint NOT NULL,
             created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now())",
    );
    let mut sequence = Sequence::new(1);
    let mut different = std::collections::HashSet::new();
    for round in 0..12 {
        for way in WAYS {
            client.run("TRUNCATE l; DELETE FROM phone_crypt.jobs");
            for id in IDS {
                if sequence.below(2) == 0 {
                    let hours = sequence.one_of(&[0, 2]);
                    let count = sequence.below(9);
                    client.run(&format!(
                        "INSERT INTO l SELECT {id}, {count}, extract(epoch FROM now())::bigint * 1000 - {hours} * 3600000"
                    ));
                }
            }
            let before = client.rows("SELECT ctid, * FROM l ORDER BY id");
            let said = notices.with("would do: ").len();
            client.run(&format!(
                "CALL phone_migrate_rate_limits({way}, dry_run => true)"
            ));
            assert_eq!(client.rows("SELECT ctid, * FROM l ORDER BY id"), before);
            let said = notices.with("would do: ").swap_remove(said).message;
            let (_, would) = said.split_once("would do: ").unwrap();
            let batch = 1 + sequence.below(4);
            client.run(&format!(
                "CALL phone_migrate_rate_limits({way}, batch_size => {batch})"
            ));
            let did = client.rows("SELECT phone_crypt.counts_text(details) FROM phone_crypt.jobs");
            assert_eq!(did, [would], "round {round}: {way}, of {before:?}");
            different.insert(would.to_owned());
        }
    }
    assert!(different.len() > 15, "{different:?}");
}
