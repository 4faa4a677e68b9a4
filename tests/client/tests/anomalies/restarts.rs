//! What a restart leaves.

use phone_crypt_client_tests::Server;

use crate::shared::{CONF, USUAL, World, hit, unusual};

#[test]
fn what_is_usual_outlives_a_restart() {
    let server = Server::preloaded(CONF);
    let mut world = World::new(&server);
    world.watch("record");
    world.teach(|client| hit(client, "k", USUAL));
    server.restart();
    world.admin = server.connect_as("postgres", &world.database);
    let before = world.windows("k");
    assert!(before >= 13, "{before}");
    world.run_until(
        |client| hit(client, "k", 10 * USUAL),
        |admin| unusual(admin, "k") > 0,
    );
    let after = world.windows("k");
    assert!(after <= before + 1, "{before} {after}");
}
