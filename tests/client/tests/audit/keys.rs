//! Which key signs: the server's. Without one nothing is signed, and that is said.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{checkpoint, database, fields, verdict};

const K1: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const K2: &str = "correct-horse-battery-staple-0123456789abcdef";

#[test]
fn without_a_key_of_the_server_records_are_written_and_not_signed() {
    let server = Server::preloaded("phone_crypt.audit = 'all'");
    let (_, mut client) = database(&server);
    // A session's key is nobody else's.
    client.set("encryption_key", K1);
    client.run("SELECT phone_encrypt('0401148075')");
    let refusal = client.refusal("SELECT phone_crypt_audit_checkpoint()", &[]);
    assert_eq!(refusal.sqlstate, "55000");
    assert_eq!(fields(&mut client, "encrypt", "keys"), ["[\"a915ee2b\"]"]);
    let because = client.text("SELECT unsigned_because FROM phone_crypt.audit_status", &[]);
    assert!(because.contains("key"), "{because}");
    assert_eq!(verdict(&mut client, None), "intact");
}

#[test]
fn another_key_signs_together_with_the_one_before() {
    let server = Server::preloaded("phone_crypt.audit = 'all'");
    let file = server.write_file("keys", format!("{K1}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", file.display()));
    server.reload();
    let (_, mut client) = database(&server);
    client.run("SELECT phone_encrypt('0401148075')");
    let first = checkpoint(&mut client);
    assert_eq!(first.lines().count(), 5);
    server.write_file("keys", format!("{K2}\n{K1}\n"));
    server.reload();
    let mut client = server.connect_as(
        "postgres",
        &client.text("SELECT current_database()::text", &[]),
    );
    client.run("SELECT phone_encrypt('0401148075')");
    let second = checkpoint(&mut client);
    // Both keys have signed it.
    assert_eq!(second.lines().count(), 6);
    client.run("SELECT phone_encrypt('0401148075')");
    assert_eq!(checkpoint(&mut client).lines().count(), 5);
    assert_eq!(
        fields(&mut client, "signing_key", "key"),
        ["a915ee2b", "3a4e3936"]
    );
    assert_eq!(
        fields(&mut client, "keys_changed", "keys"),
        ["[\"3a4e3936\", \"a915ee2b\"]"]
    );
    assert_eq!(
        client.rows("SELECT key_id FROM phone_crypt.audit_keys ORDER BY first_used"),
        ["a915ee2b", "3a4e3936"]
    );
    for kept in [&first, &second] {
        assert_eq!(verdict(&mut client, Some(kept)), "intact");
    }
}
