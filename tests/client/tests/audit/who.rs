//! Who did it is what is true at that time, however often the same is recorded.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{ALL, checkpoint, database};

#[test]
fn a_record_that_is_as_the_one_before_says_who_it_is_now() {
    let server = Server::preloaded(ALL);
    let (name, mut admin) = database(&server);
    admin.run("CREATE ROLE ann LOGIN; CREATE ROLE desk; GRANT desk TO ann");
    admin.run("SELECT phone_crypt_grant('ann', 'reader'), phone_crypt_grant('desk', 'reader')");
    let value = admin.text("SELECT phone_encrypt('0401 148 075')", &[]);
    let mut session = server.connect_as("ann", &name);
    let mut read = |before: &str| {
        session.run(before);
        session.text("SELECT phone_decrypt($1)", &[&value]);
    };
    read("SET application_name = 'one'");
    read("");
    read("SET application_name = 'other'");
    read("SET ROLE desk");
    read("RESET ROLE");
    admin.run("ALTER ROLE ann RENAME TO anna");
    read("SELECT 1");
    checkpoint(&mut admin);
    let log = "SELECT role, fields->>'session_user', application FROM phone_crypt.audit_log WHERE event = 'decrypt' ORDER BY seq";
    assert_eq!(
        admin.rows(log),
        [
            "ann||one",
            "ann||one",
            "ann||other",
            "desk|ann|other",
            "ann||other",
            "anna||other",
        ]
    );
}
