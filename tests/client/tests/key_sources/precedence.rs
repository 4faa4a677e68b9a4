//! Exactly one source is used, and the server has one at most.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{key_file, with_conf, with_key_file};

#[test]
fn a_session_key_wins_over_the_configuration_file() {
    let turn = with_conf(&format!(
        "phone_crypt.encryption_key = '{K1}'\nphone_crypt.previous_keys = '{K3}'"
    ));
    let mut client = turn.session();
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("configuration file", K1_ID.into())
    );
    client.set("encryption_key", K2);
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("session", K2_ID.into())
    );
    // Whole: the configuration file's previous keys do not come along.
    assert_eq!(
        client.rows("SELECT key_id FROM phone_crypt.key_status"),
        [K2_ID]
    );
    client.run("RESET phone_crypt.encryption_key");
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("configuration file", K1_ID.into())
    );
}

#[test]
fn a_session_key_wins_over_a_key_file() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("key_file", K1_ID.into())
    );
    client.set("encryption_key", K2);
    assert_eq!(
        (client.key_source().as_str(), client.encrypts_under()),
        ("session", K2_ID.into())
    );
}

#[test]
fn a_session_key_lives_as_long_as_the_transaction_that_set_it_locally() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    let mut transaction = client.transaction().unwrap();
    let set = "SELECT set_config('phone_crypt.encryption_key', $1, true)";
    transaction.query(set, &[&K2]).unwrap();
    let hash = "SELECT phone_hash($1)";
    assert_eq!(
        transaction
            .query_one(hash, &[&AU])
            .unwrap()
            .get::<_, String>(0),
        AU_HASH_K2
    );
    transaction.commit().unwrap();
    assert_eq!(client.text(hash, &[&AU]), AU_HASH_K1);

    let mut transaction = client.transaction().unwrap();
    transaction
        .query(
            "SELECT set_config('phone_crypt.encryption_key', $1, false)",
            &[&K2],
        )
        .unwrap();
    transaction.rollback().unwrap();
    assert_eq!(client.text(hash, &[&AU]), AU_HASH_K1);
    assert_eq!(client.key_source(), "key_file");
}

#[test]
fn previous_keys_of_a_session_need_its_own_primary() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    client.set("previous_keys", K2);
    let refusal = client.refusal("SELECT phone_hash($1)", &[&AU]);
    refusal
        .says("55000", "previous_keys")
        .hints("one source")
        .hides(K1)
        .hides(K2);
    client.set("encryption_key", K1);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K2]), AU);
}

#[test]
fn two_sources_of_the_server_are_an_error_that_names_them() {
    let turn = with_key_file(K1);
    let conf = key_file(&turn.path("keys"));
    turn.write_conf(&format!("{conf}phone_crypt.encryption_key = '{K2}'"));
    turn.reload();
    let refusal = turn.first_refusal();
    refusal
        .says("55000", "configuration file, key_file")
        .hints("Keep one")
        .hides(K1)
        .hides(K2);
    // A session's own key is above all of them.
    let mut client = turn.session();
    client.set("encryption_key", K2);
    assert_eq!(client.encrypts_under(), K2_ID);
}

#[test]
fn all_four_sources_of_the_server_are_counted() {
    let server = Server::preloaded(&format!("phone_crypt.key_command = 'echo {K3}'"));
    let mut client = server.session();
    let database = client.text("SELECT current_database()::text", &[]);
    assert_eq!(client.key_source(), "key_command");
    let file = server.write_file("keys", K1);
    server.write_conf(&format!(
        "{}phone_crypt.encryption_key = '{K2}'",
        key_file(&file)
    ));
    server.restart_with(&[("PHONE_ENCRYPTION_KEY", DEVELOPMENT_KEY)]);
    let mut client = server.connect_as("postgres", &database);
    let all = "configuration file, key_file, key_command, environment";
    client
        .refusal("SELECT phone_encrypt($1)", &[&AU])
        .says("55000", all)
        .hints("Keep one");
    for key in [K1, K2, K3] {
        server.log_hides(key);
    }
}
