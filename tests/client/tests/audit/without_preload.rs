//! Without shared_preload_libraries records are part of the transaction, and get their numbers when somebody asks for a
//! checkpoint.

use phone_crypt_client_tests::{Server, Setup, Sql};

use crate::shared::{ALL, checkpoint, database, fields, verdict};

#[test]
fn records_are_written_by_the_transaction() {
    let server = Server::start(&Setup {
        conf: ALL,
        ..Setup::default()
    });
    let (_, mut client) = database(&server);
    client.run("SELECT phone_encrypt('0401 148 075'), phone_hash('0401148075')");
    client.run("BEGIN; SELECT api_token_create('rolled back'); ROLLBACK");
    let mark = server.log_mark();
    client.run("BEGIN READ ONLY; SELECT phone_hash('0401148075'); COMMIT");
    server.wait_for_log(mark, "\"event\":\"hash\"");
    assert!(client.number("SELECT waiting FROM phone_crypt.audit_status") > 0);
    let kept = checkpoint(&mut client);
    assert_eq!(fields(&mut client, "hash", "count"), ["1"]);
    assert_eq!(fields(&mut client, "encrypt", "count"), ["1"]);
    assert!(fields(&mut client, "token_created", "name").is_empty());
    assert_eq!(fields(&mut client, "start", "cause"), ["first"]);
    assert_eq!(
        client.text("SELECT background::text FROM phone_crypt.audit_status", &[]),
        "false"
    );
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
    // Many at once wait for nobody.
    let database = client.text("SELECT current_database()::text", &[]);
    server.at_once(&database, 8, |_, client| {
        for _ in 0..20 {
            client.run("SELECT phone_encrypt('0401 148 075')");
        }
    });
    let later = checkpoint(&mut client);
    assert_eq!(fields(&mut client, "encrypt", "count").len(), 161);
    for kept in [&kept, &later] {
        assert_eq!(verdict(&mut client, Some(kept)), "intact");
    }
    // The extension can be dropped in the transaction that used it.
    client.run("BEGIN; SELECT phone_encrypt('0401148075'); DROP EXTENSION phone_crypt; COMMIT");
}
