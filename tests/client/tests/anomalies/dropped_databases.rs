//! Reads are counted for pairs of a database and a role, of which there is room for 1,024.

use phone_crypt_client_tests::{Server, Sql, wait_until};
use std::thread::sleep;
use std::time::Duration;

/// More than there is room for.
const ROLES: u32 = 1100;

/// The launcher's list holds a database for as long as it has work there: longer than that.
const UNTIL_OFF_THE_LIST: Duration = Duration::from_secs(5);

/// Nothing is watched or recorded in the database that is dropped, so that nobody looks after it.
#[test]
fn a_database_that_is_dropped_leaves_its_places_to_others() {
    let server =
        Server::preloaded("phone_crypt.environment = development\nphone_crypt.audit = none\n");
    let (dropped, database) = (server.database(), server.database());
    let mut client = server.connect_as("postgres", &dropped);
    client.run(&format!(
        "CREATE ROLE readers; SELECT phone_crypt_grant('readers', 'reader');
         DO $$ BEGIN FOR i IN 1 .. {ROLES} LOOP EXECUTE 'CREATE ROLE reader_' || i || ' IN ROLE readers'; END LOOP; END $$"
    ));
    let value = client.text("SELECT phone_encrypt('+61401148075')", &[]);
    let roles = 1..=ROLES;
    let reads =
        roles.map(|role| format!("SET ROLE reader_{role}; SELECT phone_decrypt('{value}');"));
    client.run(&reads.collect::<String>());
    drop(client);
    sleep(UNTIL_OFF_THE_LIST);
    let mut client = server.connect_as("postgres", &database);
    wait_until("the database is dropped", || {
        client
            .try_rows(&format!("DROP DATABASE IF EXISTS \"{dropped}\""))
            .is_ok()
    });
    client.run("SELECT phone_crypt_watch_reads(\"window\" => '1 second')");
    wait_until("a reader of the other database is counted", || {
        client.run(&format!("SELECT phone_decrypt('{value}')"));
        let known = "SELECT count(*) FROM phone_crypt.activity_baselines WHERE key = 'postgres'";
        client.number(known) == 1
    });
}
