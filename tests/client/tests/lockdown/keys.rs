//! Keys are rotated while a database is locked down: with a key that has leaked, that is the order of things.

use phone_crypt_client_tests::samples::{K1, K2, K2_ID};
use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{customers, is_locked, lock};

#[test]
fn all_keys_are_rotated_in_a_lockdown() {
    let server = Server::preloaded("");
    let path = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", path.display()));
    server.reload();
    let (mut client, database) = customers(&server, 200);
    client.run(
        "ALTER TABLE customers ADD PRIMARY KEY (id);
         CREATE INDEX ON customers (phone);
         SELECT phone_crypt_pin_keys();
         SELECT ratelimit_list_phone('deny', '+61401000003'), ratelimit_block_phone('+61401000004', '1 day')",
    );
    lock(&mut client, "decrypt");
    server.write_file("keys", format!("{K2}\n{K1}\n"));
    let before = client.text("SELECT clock_timestamp()::text", &[]);
    assert!(is_locked(&mut client));

    // The new key is pinned under the old one, as docs/rotation.md has it.
    server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.reload();
    client.wait_for_reload(&before);
    let (pin, reload) = (
        format!("SELECT phone_crypt_pin_keys('{K2_ID}')"),
        format!("{K2}\n{K1}\n"),
    );
    client.run(&pin);
    server.write_file("keys", reload);
    let since = server.reload();
    client.wait_for_reload(&since);
    client.run("SET client_min_messages = warning");
    client.run("CALL phone_rotate_all()");
    client.run(&format!("CALL phone_rotate_hash_key('{K2_ID}')"));
    assert!(is_locked(&mut client));
    let keys = "SELECT DISTINCT phone_key_id(phone), phone_hash_key_id(phone) FROM customers";
    assert_eq!(client.rows(keys), [format!("{K2_ID}|{K2_ID}")]);

    client.run("SELECT phone_crypt_lockdown_release()");
    let mut client = server.connect_as("postgres", &database);
    assert_eq!(
        client.rows("SELECT count(*) FROM customers WHERE phone = number::encrypted_phone"),
        ["200"]
    );
    let hit =
        |number: &str| format!("SELECT reason FROM ratelimit_hit_phone('{number}', 100, '1 day')");
    assert_eq!(client.rows(&hit("+61401000003")), ["denylist"]);
    assert_eq!(client.rows(&hit("+61401000004")), ["blocked"]);
    assert_eq!(client.rows(&hit("+61401000005")), ["ok"]);
}
