//! Which of several keys encrypts, which one hashes, and under which scheme.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::*;

use crate::shared::{with_conf, with_key_file};

const HASH: &str = "SELECT phone_hash($1)";
const HASHES: &str = "SELECT array_to_string(phone_hashes($1), ' ')";

#[test]
fn a_previous_key_decrypts_and_hashes_but_never_encrypts() {
    let turn = with_key_file(format!("{K1}\n{K2}\n"));
    let mut client = turn.session();
    assert_eq!(client.encrypts_under(), K1_ID);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K2]), AU);
    assert_eq!(
        client.text(HASHES, &[&AU]),
        format!("{AU_HASH_K1} {AU_HASH_K2}")
    );
    let again = client.text("SELECT phone_reencrypt($1)", &[&AU_UNDER_K2]);
    assert_eq!(client.text("SELECT phone_key_id($1)", &[&again]), K1_ID);
    assert_eq!(
        client.text("SELECT phone_reencrypt($1)", &[&AU_UNDER_K1]),
        AU_UNDER_K1
    );
}

#[test]
fn a_value_under_a_key_that_is_not_configured_names_that_key() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    for function in [
        "phone_decrypt",
        "phone_try_decrypt",
        "phone_reveal",
        "phone_reencrypt",
    ] {
        let refusal = client.refusal(&format!("SELECT {function}($1)"), &[&AU_UNDER_K2]);
        refusal
            .says("55000", K2_ID)
            .hints("previous_keys")
            .hides(&AU_UNDER_K2[..32]);
    }
}

#[test]
fn a_previous_key_equal_to_the_primary_is_ignored() {
    let turn = with_conf("");
    let mut client = turn.session();
    client.set("encryption_key", K1);
    client.set("previous_keys", &format!("{},{K2}", K1.to_uppercase()));
    assert_eq!(
        client.rows("SELECT key_id FROM phone_crypt.key_status"),
        [K1_ID, K2_ID]
    );
    assert_eq!(
        client.text(HASHES, &[&AU]),
        format!("{AU_HASH_K1} {AU_HASH_K2}")
    );
}

#[test]
fn a_key_twice_among_the_previous_ones_of_a_file_is_refused() {
    let turn = with_key_file(format!("{K1}\n{K2}\n{K2}\n"));
    turn.first_refusal()
        .says("22023", "given twice")
        .hints("docs/keys.md")
        .hides(K2);
}

#[test]
fn hash_key_id_keeps_hashes_while_the_encryption_key_changes() {
    let turn = with_key_file(format!("{K1}\n{K2}\n"));
    let mut client = turn.session();
    client.set("hash_key_id", K2_ID);
    assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K2);
    assert_eq!(
        client.text("SELECT phone_ratelimit_key($1)", &[&AU]),
        format!("phone_hash:{AU_HASH_K2}")
    );
    assert_eq!(
        client.text(HASHES, &[&AU]),
        format!("{AU_HASH_K2} {AU_HASH_K1}")
    );
    assert_eq!(client.encrypts_under(), K1_ID);
    let roles = client.rows("SELECT key_id, roles FROM phone_crypt.key_status");
    assert_eq!(
        roles,
        [
            format!("{K1_ID}|{{primary,legacy}}"),
            format!("{K2_ID}|{{previous,hash}}")
        ]
    );
}

#[test]
fn a_hash_or_legacy_key_that_is_not_configured_is_refused() {
    let turn = with_key_file(K1);
    for setting in ["hash_key_id", "legacy_key_id"] {
        let mut client = turn.session();
        client.set(setting, K2_ID);
        client
            .refusal(HASH, &[&AU])
            .says("55000", setting)
            .hints("docs/keys.md");
        client.run(&format!("RESET phone_crypt.{setting}"));
        assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K1);
    }
}

#[test]
fn the_first_hash_scheme_is_written_and_all_are_looked_up() {
    let turn = with_key_file(format!("{K1}\n{K2}\n"));
    let mut client = turn.session();
    client.set("hash_scheme", "raw");
    assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K1_RAW);
    assert_eq!(
        client.text(HASHES, &[&AU]),
        format!("{AU_HASH_K1_RAW} {AU_HASH_K2_RAW}")
    );
    for (scheme, first) in [("derived,raw", AU_HASH_K1), ("raw,derived", AU_HASH_K1_RAW)] {
        client.set("hash_scheme", scheme);
        assert_eq!(client.text(HASH, &[&AU]), first);
        let hashes = client.text(HASHES, &[&AU]);
        assert!(hashes.starts_with(first), "{scheme}");
        let mut sorted: Vec<_> = hashes.split(' ').collect();
        sorted.sort_unstable();
        let mut all = [AU_HASH_K1, AU_HASH_K1_RAW, AU_HASH_K2, AU_HASH_K2_RAW];
        all.sort_unstable();
        assert_eq!(sorted, all);
    }
}

#[test]
fn hash_scheme_raw_knows_no_context() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    client.set("hash_scheme", "raw");
    client
        .refusal("SELECT phone_hash($1, 'users.phone')", &[&AU])
        .says("22023", "context")
        .hides(AU);
    client.set("hash_scheme", "derived,raw");
    let hash = "SELECT phone_hash($1, 'users.phone')";
    assert_eq!(client.text(hash, &[&AU]), AU_HASH_K1_IN_USERS);
}

#[test]
fn a_file_sets_hash_key_and_scheme_for_every_session() {
    let turn = with_key_file(format!("{K1}\n{K2}\n"));
    let conf = std::fs::read_to_string(turn.path("data/test.conf")).unwrap();
    turn.write_conf(&format!(
        "{conf}\nphone_crypt.hash_key_id = '{K2_ID}'\nphone_crypt.hash_scheme = 'raw'"
    ));
    turn.reload();
    assert_eq!(turn.session().text(HASH, &[&AU]), AU_HASH_K2_RAW);
}
