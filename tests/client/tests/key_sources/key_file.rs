//! The key file: what it may look like, and who may be able to read it.

use phone_crypt_client_tests::samples::*;
use phone_crypt_client_tests::{Owner, Sql, finish, is_root};
use std::path::Path;
use std::process::Command;

use crate::shared::{key_file, with_conf, with_key_file};

#[test]
fn a_file_of_the_servers_user_that_nobody_else_reads_is_taken() {
    let turn = with_key_file(K1);
    for mode in [0o600, 0o400] {
        turn.give(&turn.path("keys"), Owner::Server, mode);
        turn.reload();
        assert_eq!(turn.session().encrypts_under(), K1_ID, "mode {mode:o}");
    }
}

#[test]
fn a_file_of_the_servers_user_that_others_can_read_is_refused() {
    let turn = with_key_file(K1);
    for mode in [0o640, 0o660, 0o604, 0o644, 0o610, 0o666] {
        turn.give(&turn.path("keys"), Owner::Server, mode);
        let refusal = turn.first_refusal();
        refusal
            .says("55000", "has group or world access")
            .hints("docs/keys.md")
            .hides(K1);
    }
    turn.log_hides(K1);
}

#[test]
fn a_file_of_root_may_be_read_by_the_servers_group() {
    if !is_root() {
        println!("only root can give a file to root: not tried");
        return;
    }
    let turn = with_key_file(K1);
    for mode in [0o640, 0o440] {
        turn.give(&turn.path("keys"), Owner::Root, mode);
        assert_eq!(turn.session().encrypts_under(), K1_ID, "mode {mode:o}");
    }
    for mode in [0o644, 0o660, 0o650, 0o641] {
        turn.give(&turn.path("keys"), Owner::Root, mode);
        turn.first_refusal()
            .says("55000", "has group or world access")
            .hides(K1);
    }
}

#[test]
fn a_file_of_some_other_user_is_refused() {
    if !is_root() {
        println!("only root can give a file away: not tried");
        return;
    }
    let turn = with_key_file(K1);
    turn.give(&turn.path("keys"), Owner::Stranger, 0o640);
    turn.first_refusal()
        .says("55000", "must be owned by")
        .hints("docs/keys.md")
        .hides(K1);
}

#[test]
fn a_file_that_is_missing_or_no_file_is_refused() {
    let turn = with_conf("");
    let path = turn.path("not there");
    turn.use_key_file(&path);
    let refusal = turn.first_refusal();
    refusal
        .says("55000", "could not be opened: No such file or directory")
        .says("55000", &path.display().to_string())
        .hints("docs/keys.md#error-messages");
    // Who makes a new key may lose what is stored under the one that the file has.
    assert!(!refusal.everything.contains("generate"), "{refusal:?}");

    // Somebody has put the key where its file's name belongs.
    let key = "a key, of 32 characters or more, in the place of a file";
    turn.use_key_file(Path::new(key));
    turn.first_refusal()
        .says("55000", "could not be opened")
        .hides(key);

    let own = turn.write_file("keys", K1);
    turn.give(&own, Owner::Server, 0);
    turn.use_key_file(&own);
    turn.first_refusal()
        .says("55000", "could not be opened: Permission denied")
        .says("55000", &own.display().to_string());

    turn.use_key_file(Path::new("not UTF-8: \\377"));
    turn.first_refusal().says("55000", "could not be opened");

    turn.use_key_file(&turn.path("data/base"));
    turn.first_refusal()
        .says("55000", "not a regular file")
        .hints("docs/keys.md");

    // Reading a pipe that nobody writes to would hang the backend.
    let pipe = turn.path("pipe");
    let _ = std::fs::remove_file(&pipe);
    assert!(finish(Command::new("mkfifo").arg(&pipe)).succeeded);
    turn.give(&pipe, Owner::Server, 0o600);
    turn.use_key_file(&pipe);
    turn.first_refusal().says("55000", "not a regular file");

    let huge = turn.write_file("keys", format!("{K1}\n").repeat(2000));
    turn.use_key_file(&huge);
    turn.first_refusal()
        .says("55000", "reasonable size")
        .hides(K1);
}

#[test]
fn a_file_without_a_key_is_refused() {
    for content in ["", "\n\n", "# no key here\n", " \r\n# nor here\r\n"] {
        let turn = with_key_file(content);
        turn.first_refusal()
            .says("55000", "contains no key")
            .hints("docs/keys.md");
    }
}

#[test]
fn a_malformed_line_is_refused_unprinted() {
    let short = &K2[..31];
    for content in [
        short.to_owned(),
        format!("{K1}\n{short}\n"),
        format!("{}\n", &K1[1..]),
        format!(" {K1}\n"),
    ] {
        let turn = with_key_file(&content);
        let refusal = turn.first_refusal();
        refusal
            .says("22023", "phone_crypt.key_file")
            .hints("docs/keys.md")
            .hides(short)
            .hides(&K1[1..]);
        turn.log_hides(short);
        turn.log_hides(&K1[1..]);
    }
    let turn = with_key_file([b"\xFF\xFE".as_slice(), K1.as_bytes()].concat());
    let refusal = turn.first_refusal();
    refusal
        .says("55000", "phone_crypt.key_file")
        .hints("docs/keys.md")
        .hides(K1);
}

#[test]
fn comments_blank_lines_and_line_ends_of_windows_are_skipped() {
    let turn = with_key_file(format!(
        "# the primary\r\n\r\n{K1}\r\n\n# the old one\n   \n{K2}"
    ));
    let mut client = turn.session();
    let rows = client.rows("SELECT key_id, roles FROM phone_crypt.key_status");
    assert_eq!(
        rows,
        [
            format!("{K1_ID}|{{primary,hash,legacy}}"),
            format!("{K2_ID}|{{previous}}")
        ]
    );
    assert_eq!(client.text("SELECT phone_hash($1)", &[&AU]), AU_HASH_K1);
}

#[test]
fn a_key_with_commas_comes_from_a_file_whole() {
    let turn = with_key_file(format!(
        "{K1}\na key, with commas, of 32 characters or more\n"
    ));
    assert_eq!(
        turn.session()
            .number("SELECT count(*) FROM phone_crypt.key_status"),
        2
    );
}

#[test]
fn a_relative_path_is_relative_to_the_data_directory() {
    let turn = with_conf("");
    turn.write_file("data/relative_keys", K2);
    turn.use_key_file(Path::new("relative_keys"));
    assert_eq!(turn.session().encrypts_under(), K2_ID);
}

#[test]
fn a_changed_file_is_read_at_the_next_reload_and_not_before() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    let old = client.text("SELECT phone_encrypt($1)", &[&AU]);
    turn.write_file("keys", format!("{K2}\n{K1}\n"));
    assert_eq!(client.encrypts_under(), K1_ID);
    let since = turn.reload();
    client.wait_for_reload(&since);
    assert_eq!(client.encrypts_under(), K2_ID);
    assert_eq!(client.text("SELECT phone_decrypt($1)", &[&old]), AU);
}

#[test]
fn another_file_takes_effect_with_a_reload() {
    let turn = with_key_file(K1);
    let mut client = turn.session();
    assert_eq!(client.encrypts_under(), K1_ID);
    let other = turn.write_file("other_keys", K2);
    turn.write_conf(&key_file(&other));
    let since = turn.reload();
    client.wait_for_reload(&since);
    assert_eq!(client.encrypts_under(), K2_ID);
}
