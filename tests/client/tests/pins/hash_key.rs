//! The pin says which key hashes.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::*;

use crate::{SERVER, another};

/// Where each session finds the hash key.
const HASHES_UNDER: &str = "SELECT key_id FROM phone_crypt.key_status WHERE 'hash' = ANY (roles)";

#[test]
fn the_pinned_key_hashes_whichever_key_is_the_primary() {
    let mut admin = SERVER.session();
    admin.set("encryption_key", K1);
    admin.set("previous_keys", K2);
    admin.run("SELECT phone_crypt_pin_keys('3a4e3936')");
    let mut client = another(&mut admin);
    client.set("encryption_key", K2);
    client.set("previous_keys", K1);
    assert_eq!(client.encrypts_under(), K2_ID);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(
        client.text("SELECT phone_ratelimit_key($1)", &[&AU]),
        format!("phone_hash:{AU_HASH_K1}")
    );
    assert_eq!(
        client.text("SELECT (phone_hashes($1))[1]", &[&AU]),
        AU_HASH_K1
    );
    let typed = "SELECT phone_hash_key_id('0401 148 075'::encrypted_phone)";
    assert_eq!(client.rows(typed), [K1_ID]);
    assert_eq!(client.rows(HASHES_UNDER), [K1_ID]);
    // A named one wins, and is refused where it is not the pinned one.
    client.set("hash_key_id", K2_ID);
    assert_eq!(client.rows(HASHES_UNDER), [K2_ID]);
    client
        .refusal("SELECT phone_hash($1)", &[&AU])
        .says("55000", "pinned to hash key");
    client.set("hash_key_id", K1_ID);
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    client.set("hash_key_id", "");
    // Without the pin it is the primary.
    admin.run("DELETE FROM phone_crypt.pinned_keys");
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K2);
    assert_eq!(client.rows(HASHES_UNDER), [K2_ID]);
}

/// What was made of a literal under the key that hashed before is made anew, also in a transaction that is open.
#[test]
fn plans_follow_the_pinned_hash_key() {
    let mut admin = SERVER.session();
    admin.set("encryption_key", K1);
    admin.set("previous_keys", K2);
    admin.run("SELECT phone_crypt_pin_keys()");
    let mut client = another(&mut admin);
    client.set("encryption_key", K1);
    client.set("previous_keys", K2);
    client.run(
        "CREATE TABLE one AS SELECT 1;
         PREPARE literal AS SELECT phone_hash_key_id('0401 148 075') FROM one;
         PREPARE cast_of (text) AS SELECT phone_hash_key_id($1::encrypted_phone);
         CREATE FUNCTION in_plpgsql() RETURNS text LANGUAGE plpgsql AS $$
         DECLARE phone encrypted_phone := '0401 148 075'; BEGIN RETURN phone_hash_key_id(phone); END $$",
    );
    let to = |key: &str| {
        format!(
            "UPDATE phone_crypt.pinned_keys SET key_id = k.key_id, fingerprint = k.fingerprint
               FROM phone_crypt.configured_keys() AS k WHERE k.key_id = '{key}' AND role = 'hash'"
        )
    };
    for is_open in [false, true] {
        for key in [K1_ID, K2_ID, K1_ID] {
            if is_open {
                client.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT in_plpgsql()");
            }
            admin.run(&to(key));
            for sql in [
                "EXECUTE literal",
                "EXECUTE cast_of ('0401 148 075')",
                "SELECT in_plpgsql()",
            ] {
                for _ in 0..7 {
                    assert_eq!(client.rows(sql), [key], "{sql}, open: {is_open}");
                }
            }
            if is_open {
                client.run("COMMIT");
            }
        }
    }
}
