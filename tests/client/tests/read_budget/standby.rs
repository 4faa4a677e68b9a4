//! A standby holds its readers to the budgets of its primary, and counts for itself.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{CONF, World, is_used_up, read};

#[test]
fn a_standby_counts_for_itself_and_goes_on_after_its_promotion() {
    let server = Server::preloaded(CONF);
    let mut world = World::new(&server, 10);
    let ann = world.role("ann");
    let standby = server.standby("");
    world.budget(&ann, 3);
    standby.wait_for_replay_of(&server);
    let mut there = standby.connect_as(&ann, &world.database);
    read(&mut there, 2).unwrap();
    is_used_up(read(&mut there, 2));
    // The primary knows nothing of it.
    assert_eq!(world.used(&ann), ["||"]);
    read(&mut world.session(&ann), 3).unwrap();
    // Another budget counts there as soon as it is replayed; what was read stays read.
    world.budget(&ann, 5);
    standby.wait_for_replay_of(&server);
    let mut there = standby.connect_as(&ann, &world.database);
    read(&mut there, 1).unwrap();
    standby.promote();
    let mut there = standby.connect_as(&ann, &world.database);
    is_used_up(read(&mut there, 2));
    let sql = "SELECT used, refused FROM phone_crypt.read_budgets";
    let mut admin = standby.connect_as("postgres", &world.database);
    assert_eq!(admin.rows(sql), ["5|2"]);
    // An orderly restart of what was a standby keeps it, too.
    standby.restart();
    let mut admin = standby.connect_as("postgres", &world.database);
    assert_eq!(admin.rows(sql), ["5|2"]);
}
