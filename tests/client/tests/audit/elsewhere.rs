//! The log goes on somewhere else: a promoted standby, a second primary, an older backup, a copy of the database.

use phone_crypt_client_tests::{Server, Sql, wait_until};

use crate::shared::{ALL, checkpoint, database, fields, size_of, verdict};

#[test]
fn a_promoted_standby_and_a_second_primary_are_seen_as_what_they_are() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'before', i) FROM generate_series(1, 10) AS i");
    let kept = checkpoint(&mut client);
    let standby = server.standby("");
    standby.wait_for_replay_of(&server);
    // The standby verifies what it has, and gives its checkpoint.
    let mut other = standby.connect_as("postgres", &database);
    assert_eq!(checkpoint(&mut other), kept);
    assert_eq!(verdict(&mut other, Some(&kept)), "intact");
    // What comes later is in the old primary only: nothing reaches the standby any more.
    other.run("ALTER SYSTEM SET primary_conninfo = ''");
    standby.reload();
    wait_until("the primary has no standby", || {
        client.number("SELECT count(*) FROM pg_stat_replication") == 0
    });
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'lost', i) FROM generate_series(1, 10) AS i");
    let lost = checkpoint(&mut client);
    standby.promote();
    let mut other = standby.connect_as("postgres", &database);
    other.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'after')");
    let new = checkpoint(&mut other);
    assert_eq!(
        fields(&mut other, "start", "cause").last().unwrap(),
        "promotion or restore"
    );
    let timelines = fields(&mut other, "start", "timeline");
    assert_eq!(timelines, ["1", "2"]);
    assert_eq!(verdict(&mut other, Some(&kept)), "intact");
    // The checkpoint of the old primary does not fit: it was larger, then another.
    let start = size_of(&kept) + 1;
    assert_eq!(
        verdict(&mut other, Some(&lost)),
        format!("restored at {start}")
    );
    other.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'after', i) FROM generate_series(1, 30) AS i");
    checkpoint(&mut other);
    assert_eq!(
        verdict(&mut other, Some(&lost)),
        format!("forked at {}", size_of(&lost))
    );
    // Nor does that of the new one in the old one, which goes on by itself.
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'goes on', i) FROM generate_series(1, 30) AS i");
    checkpoint(&mut client);
    assert_eq!(
        verdict(&mut client, Some(&new)),
        format!("forked at {}", size_of(&new))
    );
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
}

#[test]
fn a_copy_of_the_database_says_that_it_is_one() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'before')");
    let kept = checkpoint(&mut client);
    drop(client);
    server
        .connect()
        .run(&format!("CREATE DATABASE copy TEMPLATE {database}"));
    let mut copy = server.connect_as("postgres", "copy");
    copy.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'in the copy')");
    checkpoint(&mut copy);
    assert_eq!(
        fields(&mut copy, "start", "cause").last().unwrap(),
        "copy of the database"
    );
    assert_eq!(verdict(&mut copy, Some(&kept)), "intact");
}

/// Nobody knows what the write-ahead log had, so it is as after a crash: a gap.
#[test]
fn a_server_whose_write_ahead_log_was_reset_says_that_something_may_be_missing() {
    let server = Server::preloaded(ALL);
    let (database, mut client) = database(&server);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'before')");
    let kept = checkpoint(&mut client);
    drop(client);
    server.reset_wal();
    let mut client = server.connect_as("postgres", &database);
    client.run("SELECT phone_crypt.audit_event('policy_set', NULL, 'after')");
    let new = checkpoint(&mut client);
    assert_eq!(fields(&mut client, "start", "cause"), ["first", "crash"]);
    assert_eq!(fields(&mut client, "gap", "cause"), ["crash"]);
    let names = fields(&mut client, "policy_set", "name");
    assert_eq!(names, ["before", "after"]);
    for kept in [kept, new] {
        assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    }
}
