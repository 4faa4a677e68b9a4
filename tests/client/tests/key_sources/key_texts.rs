//! Malformed settings are refused when they are set, and not repeated.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::*;

use crate::shared::with_conf;

#[test]
fn a_malformed_key_is_refused_when_it_is_set() {
    let turn = with_conf("");
    let mut client = turn.session();
    let with_end = |end: &str| format!("{K2}{end}");
    let cases = [
        (K2[..31].to_owned(), "at least 32 characters"),
        (K1[..63].to_owned(), "odd number"),
        (K1[..33].to_uppercase(), "odd number"),
        (with_end(" "), "begin or end with a space"),
        (format!(" {K2}"), "begin or end with a space"),
        (with_end("\t"), "printable ASCII"),
        (with_end("é"), "printable ASCII"),
    ];
    for (key, reason) in &cases {
        for setting in ["encryption_key", "previous_keys"] {
            let refusal = client.set_refusal(setting, key);
            refusal
                .says("22023", reason)
                .hints("phone_crypt_generate_key")
                .hides(key.trim());
        }
        turn.log_hides(key.trim());
    }
    assert_eq!(client.rows("SHOW phone_crypt.encryption_key"), ["<unset>"]);
}

#[test]
fn a_key_of_32_characters_is_long_enough() {
    let turn = with_conf("");
    let mut client = turn.session();
    client.set("encryption_key", &K2[..32]);
    assert_eq!(
        client.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU]),
        AU
    );
}

#[test]
fn hexadecimal_digits_in_either_case_are_one_key() {
    let turn = with_conf("");
    let mut client = turn.session();
    client.set("encryption_key", &K1.to_uppercase());
    assert_eq!(client.encrypts_under(), K1_ID);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);
}

#[test]
fn a_list_with_one_bad_or_repeated_key_is_refused_when_it_is_set() {
    let turn = with_conf("");
    let mut client = turn.session();
    let bad = format!("{K1},{}", &K2[..31]);
    client
        .set_refusal("previous_keys", &bad)
        .says("22023", "at least 32 characters")
        .hides(K1)
        .hides(&K2[..31]);
    for repeated in [
        format!("{K1},{K2},{K1}"),
        format!("{},{K1}", K1.to_uppercase()),
    ] {
        client
            .set_refusal("previous_keys", &repeated)
            .says("22023", "given twice")
            .hides(K1)
            .hides(K2);
    }
}

#[test]
fn other_malformed_settings_are_refused_with_a_hint() {
    let turn = with_conf("");
    let mut client = turn.session();
    client
        .set_refusal("hash_key_id", "a915")
        .says("22023", "8 hexadecimal digits")
        .hints("key_status");
    client
        .set_refusal("legacy_key_id", "A915EE2B")
        .says("22023", "8 hexadecimal digits")
        .hints("key_status");
    client
        .set_refusal("hash_scheme", "raw;derived")
        .says("22023", "")
        .hints("derived,raw");
    client
        .set_refusal("hash_scheme", "")
        .says("22023", "")
        .hints("derived,raw");
    client
        .set_refusal("default_regions", "AU,XX")
        .says("22023", "default_regions")
        .hints("AU,US");
    client
        .set_refusal("require_tls", "always")
        .says("22023", "require_tls")
        .hints("remote");
    client
        .set_refusal("accept_legacy", "md5")
        .says("22023", "accept_legacy")
        .hints("node-evp");
}

#[test]
fn a_mistyped_setting_is_not_taken_in_silence() {
    let turn = with_conf("");
    let (mut client, notices) = turn.connect_noting("postgres", "shared");
    let set = client.query(
        "SELECT set_config('phone_crypt.encrypton_key', $1, false)",
        &[&K1],
    );
    if turn.major() >= 15 {
        let refusal = phone_crypt_client_tests::refused(set);
        refusal.says("42602", "phone_crypt.encrypton_key").hides(K1);
    } else {
        // PostgreSQL 14 warns of placeholders that are there when the library loads, and takes later ones.
        assert!(set.is_ok() && notices.all().is_empty());
    }
}
