//! Keys that change while sessions work.

use phone_crypt_client_tests::Sql;
use phone_crypt_client_tests::samples::*;

use crate::shared::{with_conf, with_key_file};

const HASH: &str = "SELECT phone_hash($1)";

#[test]
fn sessions_use_changed_keys_of_the_configuration_file_at_their_next_statement() {
    let turn = with_conf(&format!("phone_crypt.encryption_key = '{K1}'"));
    let mut client = turn.session();
    assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K1);
    turn.write_conf(&format!(
        "phone_crypt.encryption_key = '{K2}'\nphone_crypt.previous_keys = '{K1}'"
    ));
    let since = turn.reload();
    client.wait_for_reload(&since);
    assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K2);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);
}

#[test]
fn a_reload_that_breaks_the_source_leaves_old_sessions_their_keys() {
    let turn = with_key_file(K1);
    let mut old = turn.session();
    assert_eq!(old.text(HASH, &[&AU]), AU_HASH_K1);
    let mark = turn.log_mark();
    turn.write_file("keys", &K2[..31]);
    let since = turn.reload();
    old.wait_for_reload(&since);
    assert_eq!(old.text(HASH, &[&AU]), AU_HASH_K1);
    assert_eq!(
        old.text("SELECT phone_decrypt(phone_encrypt($1))", &[&AU]),
        AU
    );
    let log = turn.log_since(mark);
    let kept = log
        .lines()
        .filter(|line| line.contains("this session keeps the keys it has"))
        .count();
    assert_eq!(kept, 1, "once a reload, not once a call: {log}");
    assert!(!log.contains(&K2[..31]));
    turn.first_refusal()
        .says("22023", "phone_crypt.key_file")
        .hides(&K2[..31]);

    turn.write_file("keys", K2);
    let since = turn.reload();
    old.wait_for_reload(&since);
    assert_eq!(old.text(HASH, &[&AU]), AU_HASH_K2);
    assert_eq!(turn.session().text(HASH, &[&AU]), AU_HASH_K2);
}

#[test]
fn a_reload_that_takes_the_source_away_leaves_old_sessions_their_keys() {
    let turn = with_key_file(K1);
    let mut old = turn.session();
    assert_eq!(old.text(HASH, &[&AU]), AU_HASH_K1);
    turn.write_conf("");
    let since = turn.reload();
    old.wait_for_reload(&since);
    assert_eq!(old.text(HASH, &[&AU]), AU_HASH_K1);
    turn.first_refusal().says("55000", "no encryption key");
}

#[test]
fn what_a_session_breaks_itself_is_its_own_error() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    assert_eq!(client.text(HASH, &[&AU]), AU_HASH_K1);
    client.set("hash_key_id", K2_ID);
    client.refusal(HASH, &[&AU]).says("55000", K2_ID);
    client.refusal(HASH, &[&AU]).says("55000", K2_ID);
}

#[test]
fn a_malformed_key_in_the_configuration_file_changes_nothing() {
    let turn = with_conf(&format!("phone_crypt.encryption_key = '{K1}'"));
    let mark = turn.log_mark();
    turn.write_conf(&format!("phone_crypt.encryption_key = '{}'", &K2[..31]));
    // PostgreSQL applies nothing of a file with an error, so there is no reload to wait for.
    turn.connect().run("SELECT pg_reload_conf()");
    turn.wait_for_log(
        mark,
        "phone_crypt.encryption_key: a key needs at least 32 characters",
    );
    assert!(
        !turn.log_since(mark).contains(&K2[..31]),
        "{}",
        turn.log_since(mark)
    );
    assert_eq!(turn.session().encrypts_under(), K1_ID);
}

#[test]
fn prepared_statements_follow_a_key_change() {
    let turn = with_key_file(K1);
    for mode in ["force_custom_plan", "force_generic_plan"] {
        turn.write_file("keys", K1);
        turn.reload();
        let mut client = turn.session();
        client.run(&format!("SET plan_cache_mode = {mode}"));
        let bound = client.prepare(HASH).unwrap();
        client.run("PREPARE folded AS SELECT phone_hash('+61401148075')");
        client.run("PREPARE decrypting(text) AS SELECT phone_decrypt($1)");
        for _ in 0..6 {
            assert_eq!(
                client
                    .query_one(&bound, &[&AU])
                    .unwrap()
                    .get::<_, String>(0),
                AU_HASH_K1
            );
            assert_eq!(client.rows("EXECUTE folded"), [AU_HASH_K1]);
        }
        turn.write_file("keys", format!("{K2}\n{K1}\n"));
        let since = turn.reload();
        client.wait_for_reload(&since);
        assert_eq!(
            client
                .query_one(&bound, &[&AU])
                .unwrap()
                .get::<_, String>(0),
            AU_HASH_K2,
            "{mode}"
        );
        assert_eq!(client.rows("EXECUTE folded"), [AU_HASH_K2], "{mode}");
        assert_eq!(
            client.rows(&format!("EXECUTE decrypting('{AU_UNDER_K1}')")),
            [AU]
        );
        client.set("encryption_key", K1);
        assert_eq!(
            client
                .query_one(&bound, &[&AU])
                .unwrap()
                .get::<_, String>(0),
            AU_HASH_K1,
            "{mode}"
        );
        assert_eq!(client.rows("EXECUTE folded"), [AU_HASH_K1], "{mode}");
    }
}

#[test]
fn a_plan_shows_no_decrypted_constant() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    client.run("CREATE TEMP TABLE plain (phone text)");
    let sql = format!(
        "EXPLAIN (VERBOSE) SELECT * FROM plain WHERE phone = phone_decrypt('{AU_UNDER_K1}')"
    );
    let plan = client.rows(&sql).join("\n");
    assert!(
        plan.contains("phone_decrypt(") && !plan.contains(AU),
        "{plan}"
    );
}
