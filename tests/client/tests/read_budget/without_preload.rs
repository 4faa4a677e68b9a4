//! Without shared memory each session counts for itself.

use phone_crypt_client_tests::{Server, Setup, Sql};

use crate::shared::{CONF, World, is_used_up, read};

#[test]
fn each_session_has_the_budget_to_itself() {
    let server = Server::start(&Setup {
        conf: CONF,
        ..Setup::default()
    });
    let mut world = World::new(&server, 10);
    let ann = world.role("ann");
    world.budget(&ann, 3);
    for _ in 0..2 {
        let mut session = world.session(&ann);
        session.run("BEGIN");
        read(&mut session, 3).unwrap();
        session.run("ROLLBACK");
        is_used_up(read(&mut session, 1));
    }
    assert_eq!(world.used(&ann), ["||"]);
}
