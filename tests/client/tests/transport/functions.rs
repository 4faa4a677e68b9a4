//! Which functions `require_tls` is about, and who may change it.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Sql, refused};

use crate::shared::SERVER;

#[test]
fn every_function_that_gives_plain_text_is_refused() {
    let mut client = SERVER.connect();
    client.run("SET phone_crypt.require_tls = 'on'");
    let legacy = AU_LEGACY_CBC_UNDER_K1;
    for call in [
        format!("phone_decrypt('{AU_UNDER_K1}')"),
        format!("phone_try_decrypt('{AU_UNDER_K1}')"),
        format!("phone_reveal('{AU_UNDER_K1}')"),
        format!("phone_decrypt_raw('{BOB_UNDER_K1}')"),
        format!("phone_decrypt_legacy('{legacy}', 'cbc')"),
        format!("phone_decrypt_legacy('{legacy}', 'cbc', '{K1_ID}')"),
        format!("phone_decrypt_legacy_with_key('{legacy}', 'cbc', '{K1}')"),
    ] {
        let refusal = client.refusal(&format!("SELECT {call}"), &[]);
        refusal
            .says("42501", "only over TLS 1.2 or later")
            .hints("sslmode=require")
            .hides(AU);
    }
    // No value at all is no plain text.
    let null = client.query_one("SELECT phone_decrypt(NULL)", &[]).unwrap();
    assert_eq!(null.get::<_, Option<String>>(0), None);
}

#[test]
fn what_gives_no_plain_text_is_not_refused() {
    let mut client = SERVER.connect();
    client.run("SET phone_crypt.require_tls = 'on'");
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
    assert_eq!(
        client.text("SELECT phone_key_id(phone_encrypt($1))", &[&AU]),
        K1_ID
    );
    assert_eq!(
        client.text("SELECT phone_reencrypt($1)", &[&AU_UNDER_K1]),
        AU_UNDER_K1
    );
}

#[test]
fn a_mask_leaves_over_any_connection() {
    let mut client = SERVER.session();
    client.run("CREATE ROLE masked_reader; SELECT phone_crypt_grant('masked_reader', 'masked')");
    client.run("SET phone_crypt.require_tls = 'on'; SET ROLE masked_reader");
    assert_eq!(
        client.text("SELECT phone_reveal($1)", &[&AU_UNDER_K1]),
        "+61******075"
    );
}

#[test]
fn an_ordinary_role_cannot_turn_it_off() {
    SERVER.connect().run("CREATE ROLE ordinary LOGIN");
    let mut client = SERVER.connect_as("ordinary", "postgres");
    client
        .set_refusal("require_tls", "off")
        .says("42501", "phone_crypt.require_tls");
    refused(client.batch_execute("ALTER ROLE ordinary SET phone_crypt.require_tls = 'off'"))
        .says("42501", "phone_crypt.require_tls");
}
