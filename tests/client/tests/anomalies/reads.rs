//! Decryptions by role.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, World, unusual};

fn read(client: &mut Client, count: u32) {
    client.run(&format!(
        "SELECT count(phone_decrypt(value)) FROM (SELECT value FROM customers LIMIT {count}) AS c"
    ));
}

#[test]
fn a_reader_who_suddenly_reads_a_hundred_times_as_much_is_recorded() {
    let mut world = World::new(&SERVER);
    let role = format!("reader_{}", world.database);
    world.admin.run(&format!(
        "CREATE ROLE {role} LOGIN; SELECT phone_crypt_grant('{role}', 'reader');
         CREATE TABLE customers AS SELECT phone_encrypt('+61401148075') AS value FROM generate_series(1, 1000);
         GRANT SELECT ON customers TO PUBLIC;
         SELECT phone_crypt_watch_reads(\"window\" => '1 second')"
    ));
    let mut reader = SERVER.connect_as(&role, &world.database);
    let mut other = SERVER.connect_as("postgres", &world.database);
    world.teach(|_| {
        read(&mut reader, 10);
        read(&mut other, 10);
    });
    assert_eq!(
        world
            .admin
            .number("SELECT count(*) FROM phone_crypt.anomalies"),
        0
    );
    let before = world.windows(&role);
    // Also what is rolled back, and as another role.
    let rolled_back = |reader: &mut Client| {
        reader.run("BEGIN");
        read(reader, 1000);
        reader.run("ROLLBACK");
    };
    world.run_until(
        |_| {
            rolled_back(&mut reader);
            read(&mut other, 10);
        },
        |admin| unusual(admin, &role) > 0,
    );
    let after = world.windows(&role);
    assert!(after <= before + 1, "{before} {after}");
    assert_eq!(
        world
            .admin
            .rows("SELECT kind, policy, key, role FROM phone_crypt.anomalies"),
        [format!("reads|||{role}")]
    );
}
