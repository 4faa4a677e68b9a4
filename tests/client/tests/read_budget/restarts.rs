//! What a restart leaves.

use phone_crypt_client_tests::{Server, Sql, finish, wait_until};
use std::process::Command;

use crate::shared::{CONF, SERVER, World, is_used_up, read};

#[test]
fn what_was_read_stays_read_over_a_restart() {
    let server = Server::preloaded(CONF);
    let mut world = World::new(&server, 10);
    let (ann, bob) = (world.role("ann"), world.role("bob"));
    world.budget(&ann, 3);
    world.budget(&bob, 5);
    is_used_up(read(&mut world.session(&ann), 4));
    read(&mut world.session(&bob), 2).unwrap();
    server.restart();
    world.admin = server.connect_as("postgres", &world.database);
    assert_eq!(world.used(&ann), [format!("{ann}|3|1")]);
    is_used_up(read(&mut world.session(&ann), 1));
    let mut session = world.session(&bob);
    read(&mut session, 3).unwrap();
    is_used_up(read(&mut session, 1));
}

const FILE: &str = "data/pg_stat/phone_crypt_read_budgets.saved";

/// Waits until the file has the counts as they are now.
fn wait_for_the_file(server: &Server) {
    let changed_at = || std::fs::metadata(server.path(FILE)).and_then(|file| file.modified());
    let now = std::time::SystemTime::now();
    wait_until("the counts are saved", || {
        changed_at().is_ok_and(|at| at > now)
    });
}

/// All processes are killed, then one of them only, which makes the server begin anew.
#[test]
fn what_was_read_stays_read_after_a_crash() {
    let server = Server::preloaded(CONF);
    let mut world = World::new(&server, 10);
    let (ann, bob) = (world.role("ann"), world.role("bob"));
    world.budget(&ann, 3);
    world.budget(&bob, 5);
    is_used_up(read(&mut world.session(&ann), 4));
    read(&mut world.session(&bob), 2).unwrap();
    wait_for_the_file(&server);
    server.crash_whole();
    world.admin = server.connect_as("postgres", &world.database);
    assert_eq!(world.used(&ann), [format!("{ann}|3|1")]);
    is_used_up(read(&mut world.session(&ann), 1));
    let mut session = world.session(&bob);
    read(&mut session, 2).unwrap();
    wait_for_the_file(&server);
    server.crash_by(session.number("pg_backend_pid()"));
    world.admin = server.connect_as("postgres", &world.database);
    let mut session = world.session(&bob);
    read(&mut session, 1).unwrap();
    is_used_up(read(&mut session, 1));
    is_used_up(read(&mut world.session(&ann), 1));
}

/// A file that was changed is not believed.
#[test]
fn a_file_that_is_not_whole_begins_new_windows() {
    let server = Server::preloaded(CONF);
    let mut world = World::new(&server, 10);
    let ann = world.role("ann");
    world.budget(&ann, 3);
    read(&mut world.session(&ann), 3).unwrap();
    wait_for_the_file(&server);
    server.stop("fast");
    let mut bytes = std::fs::read(server.path(FILE)).unwrap();
    bytes[20] ^= 1;
    std::fs::write(server.path(FILE), bytes).unwrap();
    server.start_again();
    world.admin = server.connect_as("postgres", &world.database);
    assert_eq!(world.used(&ann), ["||"]);
    assert!(
        server
            .log()
            .contains("the counts of read budgets could not be read")
    );
    read(&mut world.session(&ann), 3).unwrap();
}

#[test]
fn a_dump_has_the_budgets() {
    let mut world = World::new(&SERVER, 1);
    let ann = world.role("ann");
    world.budget(&ann, 3);
    let restored = SERVER.empty_database();
    let file = SERVER.path("budgets.dump");
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(SERVER.program(program));
        command.arg("--host").arg(SERVER.path(""));
        finish(command.args(["--username", "postgres"]).args(arguments)).output();
    };
    let file = file.to_str().unwrap();
    run(
        "pg_dump",
        &["--format=custom", "--file", file, &world.database],
    );
    run(
        "pg_restore",
        &["--exit-on-error", "--dbname", &restored, file],
    );
    let mut admin = SERVER.connect_as("postgres", &restored);
    let rows = admin.rows("SELECT role, count, \"window\" FROM phone_crypt.role_read_budgets");
    assert_eq!(rows, [format!("{ann}|3|01:00:00")]);
    let mut session = SERVER.connect_as(&ann, &restored);
    read(&mut session, 1).unwrap();
}
