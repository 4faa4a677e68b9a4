//! No record has a number, the hash of one, a value, a token or a secret, with every class on.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{checkpoint, database, verdict};

const NUMBER: &str = "0401148075";

#[test]
fn nothing_personal_is_recorded_mirrored_or_logged() {
    let server = Server::preloaded(
        "phone_crypt.audit = 'all'\nphone_crypt.audit_mirror = 'both'\n\
         log_min_messages = debug5\nlog_min_error_statement = panic\nlog_statement = none",
    );
    let file = server.write_file("keys", "correct-horse-battery-staple-0123456789abcdef\n");
    server.write_conf(&format!("phone_crypt.key_file = '{}'", file.display()));
    server.reload();
    let (name, mut client) = database(&server);
    let mut listener = server.connect_as("postgres", &name);
    listener.run("LISTEN phone_crypt_audit");
    let values = client.rows("SELECT phone_encrypt('0401 148 075'), phone_hash('0401148075'), phone_ratelimit_key('0401148075')");
    let hash = values[0].split('|').nth(1).unwrap().to_owned();
    let value = values[0].split('|').next().unwrap().to_owned();
    // Free text of everybody's, with a number or a secret in it.
    client.run(&format!("SET application_name = 'dialler of {NUMBER}'"));
    client.run(&format!(
        "CREATE TABLE \"calls_{NUMBER}\" (phone encrypted_phone, note text)"
    ));
    client.run(&format!(
        "INSERT INTO \"calls_{NUMBER}\" VALUES ('0401 148 075', 'x')"
    ));
    client.run(&format!(
        "SELECT * FROM \"calls_{NUMBER}\" WHERE phone = '0401148075'"
    ));
    client.run(&format!("SELECT phone_decrypt(phone), phone_mask(phone), phone_original(phone) FROM \"calls_{NUMBER}\""));
    client.run(&format!(
        "CALL phone_rotate_column('\"calls_{NUMBER}\"', 'phone')"
    ));
    client.run(&format!("CREATE ROLE \"{NUMBER}\""));
    client.run(&format!(
        "SELECT phone_crypt_grant('\"{NUMBER}\"', 'reader')"
    ));
    client.run(&format!(
        "SET ROLE \"{NUMBER}\"; SELECT phone_decrypt('{value}'); RESET ROLE"
    ));
    client.run(&format!(
        "SELECT ratelimit_policy_set('p{NUMBER}', 1, '1 minute')"
    ));
    client.run(&format!(
        "SELECT ratelimit_watch('p{NUMBER}'), ratelimit_unwatch('p{NUMBER}')"
    ));
    client.run(&format!(
        "SELECT ratelimit_check('p{NUMBER}', 'k') FROM generate_series(1, 3)"
    ));
    client.run(&format!(
        "SELECT ratelimit_hit_phone('{NUMBER}', 1, '1 minute') FROM generate_series(1, 3)"
    ));
    client.run(&format!(
        "SELECT ratelimit_block_phone('{NUMBER}', '1 minute', 'p{NUMBER}')"
    ));
    client.run(&format!(
        "SELECT ratelimit_list_phone('deny', '{NUMBER}', 'note on {NUMBER}')"
    ));
    client.run(&format!("SELECT ratelimit_unlist_phone('{NUMBER}')"));
    client.run(&format!(
        "SELECT phone_send_policy_set('p{NUMBER}', regions => '{{all}}', denied => '{{+61401148075}}');
         SELECT phone_send_price_set('+61401148075', 0.05), phone_send_price_set('+61401148075', NULL);
         SELECT phone_send_exempt('{NUMBER}', 'note on {NUMBER}'), phone_send_unexempt('{NUMBER}');
         SELECT phone_suppress('{NUMBER}', 'reason {NUMBER}'), phone_unsuppress('{NUMBER}');
         SELECT consent_record('{NUMBER}', 'topic {NUMBER}', 'granted', 'source {NUMBER}');
         SELECT consent_reply('{NUMBER}', 'stop');
         CALL phone_suppress_import('\"calls_{NUMBER}\"', 'phone', 'reason {NUMBER}');
         SELECT phone_send_policy_drop('p{NUMBER}')"
    ));
    let token = client.text(
        &format!("SELECT token FROM api_token_create('of {NUMBER}', owner => '{NUMBER}')"),
        &[],
    );
    client.text("SELECT reason FROM api_token_verify($1)", &[&token]);
    client.text(
        "SELECT reason FROM api_token_verify($1)",
        &[&format!("{token}x")],
    );
    client.run("SELECT phone_crypt.flush_token_use()");
    client.run(&format!(
        "SELECT webhook_endpoint_create('e{NUMBER}', 'github', 'a secret of the provider')"
    ));
    client.run(&format!(
        "SELECT webhook_receive('e{NUMBER}', '{{}}', '{NUMBER}')"
    ));
    client.run(&format!(
        "SELECT webhook_receive('nobody {NUMBER}', '{{}}', '{NUMBER}')"
    ));
    client.run(&format!("SELECT * FROM phone_forget('{NUMBER}')"));
    client.run(&format!(
        "SELECT phone_crypt.audit_event('policy_set', '\"calls_{NUMBER}\"', 'name {NUMBER}')"
    ));
    client.set(
        "encryption_key",
        "another-key-of-this-session-0123456789-abcdefgh",
    );
    let _ = client.try_rows("SELECT phone_encrypt('0401148075')");
    let kept = checkpoint(&mut client);
    assert!(client.number("SELECT count(DISTINCT event) FROM phone_crypt.audit_log") > 15);
    let secret = token.rsplit('_').next().unwrap();
    for hidden in [
        "401148075",
        &hash,
        &value,
        secret,
        &token,
        "a secret of the provider",
        "another-key-of-this-session",
    ] {
        let sql = "SELECT count(*)::text FROM phone_crypt.audit_log WHERE strpos(convert_from(substr(record, 17), 'LATIN1'), $1) > 0";
        assert_eq!(client.text(sql, &[&hidden]), "0", "{hidden} is on record");
        let log = server.log();
        let line = log
            .lines()
            .find(|line| line.contains("phone_crypt audit") && line.contains(hidden));
        assert!(line.is_none(), "{line:?}");
    }
    // The mirrors had something to show.
    assert!(server.log().contains("phone_crypt audit: {\"seq\":"));
    listener.run("SELECT 1");
    let mut notifications = listener.notifications();
    let mut iterator = notifications.timeout_iter(std::time::Duration::from_secs(5));
    let mut seen = 0;
    while let Ok(Some(notification)) =
        postgres::fallible_iterator::FallibleIterator::next(&mut iterator)
    {
        assert!(!notification.payload().contains("401148075"));
        seen += 1;
        if seen >= 20 {
            break;
        }
    }
    assert!(seen >= 20, "{seen}");
    assert_eq!(verdict(&mut client, Some(&kept)), "intact");
}
