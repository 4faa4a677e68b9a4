//! `phone_crypt.environment`: what a server without a key does, and which keys it lets through.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::*;

use crate::shared::{with_conf, with_key_file};

const DEVELOPMENT: &str = "phone_crypt.environment = 'development'";

#[test]
fn development_has_a_public_key_and_warns_once_a_session() {
    let turn = with_conf(DEVELOPMENT);
    for _ in 0..2 {
        let (mut client, notices) = turn.connect_noting("postgres", "shared");
        assert_eq!(
            client.text("SELECT phone_hash($1)", &[&AU]),
            AU_HASH_DEVELOPMENT
        );
        assert_eq!(client.encrypts_under(), DEVELOPMENT_KEY_ID);
        assert_eq!(client.key_source(), "development");
        // A reload builds the ring anew, without a second warning.
        let since = turn.reload();
        client.wait_for_reload(&since);
        assert_eq!(client.encrypts_under(), DEVELOPMENT_KEY_ID);
        assert_eq!(
            notices.with("public development key").len(),
            1,
            "{:?}",
            notices.all()
        );
    }
}

#[test]
fn production_without_a_key_is_an_error_whose_hint_can_be_pasted() {
    let turn = with_conf("");
    let mut client = turn.session();
    for sql in [
        "SELECT phone_encrypt($1)",
        "SELECT phone_hash($1)",
        "SELECT phone_hashes($1)",
        "SELECT phone_ratelimit_key($1)",
        "SELECT phone_encrypt_raw($1)",
    ] {
        client
            .refusal(sql, &[&AU])
            .says("55000", "no encryption key")
            .hints("docs/keys.md")
            .hides(AU);
    }
    let value_takers = [
        "phone_decrypt",
        "phone_try_decrypt",
        "phone_reveal",
        "phone_reencrypt",
        "phone_decrypt_raw",
    ];
    for function in value_takers {
        let sql = format!("SELECT {function}($1)");
        client
            .refusal(&sql, &[&AU_UNDER_K1])
            .says("55000", "no encryption key");
    }
    let hint = client.refusal("SELECT phone_encrypt($1)", &[&AU]).hint;
    let (from, to) = (hint.find("SELECT").unwrap(), hint.find(", false)").unwrap());
    client.run(&hint[from..to + ", false)".len()]);
    assert_eq!(
        client.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU]),
        AU
    );
}

/// Whoever made a new key now would lose what is stored under the old one.
#[test]
fn a_pinned_database_without_a_key_asks_for_its_own() {
    let turn = with_key_file(K1);
    let database = turn.database();
    turn.connect_as("postgres", &database)
        .run("SELECT phone_crypt_pin_keys()");
    turn.write_conf("");
    turn.reload();
    let mut client = turn.connect_as("postgres", &database);
    for sql in ["SELECT phone_encrypt($1)", "SELECT phone_hash($1)"] {
        let refusal = client.refusal(sql, &[&AU]);
        refusal
            .says("55000", &format!("this database is pinned to key {K1_ID}"))
            .says("55000", "no encryption key is configured")
            .hints(K1_ID)
            .hints("docs/keys.md#pinned-keys");
        assert!(!refusal.everything.contains("generate"), "{refusal:?}");
    }
    let refusal = client.refusal("SELECT * FROM phone_crypt.key_status", &[]);
    refusal.says("55000", K1_ID);
}

#[test]
fn what_needs_no_key_works_without_one() {
    let turn = with_conf("");
    let mut client = turn.session();
    assert_eq!(
        client.text("SELECT phone_normalize($1)", &[&AU_NATIONAL]),
        AU
    );
    assert_eq!(
        client.text("SELECT phone_mask($1)", &[&AU_NATIONAL]),
        "+61******075"
    );
    assert_eq!(
        client.text("SELECT phone_key_id($1)", &[&AU_UNDER_K1]),
        K1_ID
    );
    assert_eq!(
        client.text("SELECT phone_crypt_generate_key()", &[]).len(),
        64
    );
}

#[test]
fn production_refuses_weak_and_public_keys_from_every_source() {
    let weak = "ababababababababababababababababababab";
    for (key, reason) in [
        (weak, "10 distinct characters"),
        (SAMPLE_KEY, "example from the manual"),
        (DEVELOPMENT_KEY, "development key"),
    ] {
        let turn = with_key_file(key);
        turn.first_refusal()
            .says("22023", reason)
            .hints("phone_crypt_generate_key")
            .hides(key);
        let mut client = turn.session();
        client.set("encryption_key", key);
        let refusal = client.refusal("SELECT phone_hash($1)", &[&AU]);
        refusal
            .says("22023", reason)
            .hints("phone_crypt_generate_key")
            .hides(key);
        client.set("encryption_key", K1);
        // The development key holds a comma, which is no separator there.
        if !key.contains(',') {
            client.set("previous_keys", key);
            client
                .refusal("SELECT phone_hash($1)", &[&AU])
                .says("22023", reason)
                .hides(key);
        }
        turn.log_hides(key);
    }
}

#[test]
fn development_takes_any_well_formed_key() {
    let turn = with_conf(DEVELOPMENT);
    let (mut client, notices) = turn.connect_noting("postgres", "shared");
    for (key, id) in [
        (SAMPLE_KEY, "0c492c9b"),
        (DEVELOPMENT_KEY, DEVELOPMENT_KEY_ID),
        (K1, K1_ID),
    ] {
        client.set("encryption_key", key);
        assert_eq!(client.encrypts_under(), id);
    }
    assert_eq!(
        notices.all().len(),
        0,
        "a key of one's own is nothing to warn of"
    );
}

#[test]
fn turning_to_production_takes_the_public_key_away_from_new_sessions() {
    let turn = with_conf(DEVELOPMENT);
    assert_eq!(turn.session().encrypts_under(), DEVELOPMENT_KEY_ID);
    turn.write_conf("");
    turn.reload();
    turn.first_refusal().says("55000", "no encryption key");
}
