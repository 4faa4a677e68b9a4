//! What each scope stops, and what goes on. docs/incidents.md has the same list.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{LOCKED, SERVER, customers, lock};

/// What gives plain text or a part of it, or something that a guess can be compared by.
const OF_DECRYPT: [&str; 53] = [
    "phone_decrypt(value)",
    "phone_try_decrypt(value)",
    "phone_decrypt_raw(phone_encrypt_raw('ask for Bob'))",
    "phone_decrypt_legacy('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc')",
    "phone_reveal(value)",
    "phone_hash(number)",
    "phone_hashes(number)",
    "phone_hashes_of(ARRAY[number])",
    "phone_ratelimit_key(number)",
    "number::encrypted_phone",
    "encrypted_phone(number, 'AU')",
    "phone = '+61401000000'",
    "phone = number::encrypted_phone",
    "phone_decrypt(phone)",
    "phone_show(phone)",
    "phone_original(phone)",
    "phone_extension(phone)",
    "phone_reveal(phone)",
    "phone_mask(phone)",
    "phone_region(phone)",
    "phone_type(phone)",
    "phone_timezones(phone)",
    "phone_quiet_until(phone, '20:00', '08:00', now())",
    "phone_hash(phone)",
    "phone_ratelimit_key(phone)",
    "(ratelimit_hit_phone(number, 5, '1 hour')).allowed",
    "(ratelimit_check_phone('p', number)).allowed",
    "(ratelimit_peek_policy_phone('p', number)).allowed",
    "ratelimit_list_phone('deny', number)",
    "ratelimit_unlist_phone(number)",
    "ratelimit_block_phone(number, '1 hour')",
    "ratelimit_unblock_phone(number)",
    "phone_crypt.ratelimit_phone_keys(number)",
    "phone_crypt.read_source(value, 'value ')",
    "phone_decrypt_legacy_with_key('000102030405060708090a0b0c0d0e0f:7147b48734fdc83e28cf6abdcbedc973', 'cbc',
         '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')",
    "(SELECT count(*) FROM phone_forget(number))",
    "(SELECT count(*) FROM email_forget('ann@example.com'))",
    "consent_record(number, 'news', 'granted', 'web')",
    "(consent_check(number, 'news')).granted",
    "(SELECT count(*) FROM consent_history(number))",
    "(consent_reply(number, 'stop')).reply",
    "phone_suppress(number, 'app')",
    "phone_suppressed(number)",
    "email_decrypt(email_encrypt('ann@example.com'))",
    "email_hash('ann@example.com')",
    "email_hashes('ann@example.com')",
    "'ann@example.com'::encrypted_email",
    "email = 'ann@example.com'",
    "email_decrypt(email)",
    "email_show(email)",
    "email_reveal(email)",
    "email_mask(email)",
    "email_hash(email)",
];

/// What goes on: nothing that is stored can be read or guessed with it.
const OF_NOTHING: [&str; 26] = [
    "phone_normalize(number)",
    "phone_mask(number)",
    "phone_encrypt(number)",
    "phone_encrypt_raw('ask for Bob')",
    "phone_reencrypt(value)",
    "phone_key_id(value)",
    "phone_reencrypt(phone)",
    "phone_verify(phone)",
    "phone_value(phone)",
    "phone::text::encrypted_phone",
    "phone_from_value(phone_value(phone), phone_hash_key_id(phone))",
    "phone_is_number(phone)",
    "phone_key_id(phone)",
    "phone = phone",
    "(ratelimit_hit('k', 5, '1 hour')).allowed",
    "(ratelimit_check('p', 'k')).allowed",
    "ratelimit_block('villain', '1 hour')",
    "email_encrypt('ann@example.com')",
    "email_reencrypt(email)",
    "email_verify(email)",
    "email_value(email)",
    "email::text::encrypted_email",
    "email_from_value(email_value(email), email_hash_key_id(email))",
    "email_is_address(email)",
    "email_key_id(email)",
    "email = email",
];

#[track_caller]
fn goes_on(client: &mut Client, call: &str) {
    let rows = client.rows(&format!(
        "SELECT {call} IS NULL FROM customers WHERE id = 0"
    ));
    assert_eq!(rows.len(), 1, "{call}");
}

#[track_caller]
fn is_refused(client: &mut Client, call: &str) {
    let refusal = client.try_rows(&format!("SELECT {call} FROM customers WHERE id = 0"));
    let refusal = refusal.expect_err(call);
    refusal.says("55000", LOCKED).hides("secret");
    refusal.hints("phone_crypt_lockdown_release()");
}

fn token(client: &mut Client) -> String {
    client.text("SELECT token FROM api_token_create('one')", &[])
}

fn reason(client: &mut Client, token: &str) -> String {
    client.text("SELECT reason FROM api_token_verify($1)", &[&token])
}

#[test]
fn decrypt_stops_what_gives_plain_text_or_compares_guesses() {
    let (mut client, _) = customers(&SERVER, 10);
    client.run("SELECT ratelimit_policy_set('p', 5, '1 hour')");
    let token = token(&mut client);
    for call in OF_DECRYPT.iter().chain(&OF_NOTHING) {
        if !call.contains("legacy") {
            goes_on(&mut client, call);
        }
    }
    lock(&mut client, "decrypt");
    for call in OF_DECRYPT {
        is_refused(&mut client, call);
    }
    for call in OF_NOTHING {
        goes_on(&mut client, call);
    }
    client.run("CALL phone_verify_column('customers', 'phone')");
    assert_eq!(reason(&mut client, &token), "ok");
    let in_force = "SELECT scope, phone_crypt.is_locked_down(scope)
                      FROM unnest(ARRAY['decrypt', 'tokens', 'sending']) AS scope";
    assert_eq!(
        client.rows(in_force),
        ["decrypt|t", "tokens|f", "sending|f"]
    );
    assert_eq!(
        client.rows("SELECT phone_crypt_lockdown_release('decrypt')"),
        ["1"]
    );
    for call in OF_DECRYPT.iter().filter(|call| !call.contains("legacy")) {
        goes_on(&mut client, call);
    }
}

/// No function is in neither list by mistake: the catalogue is asked which ones take or give what is encrypted or a number.
#[test]
fn every_function_that_uses_a_key_is_in_a_list() {
    let (mut client, _) = customers(&SERVER, 1);
    // Those that a profile gives to a role which works with values.
    let names = client.rows(
        "SELECT DISTINCT p.proname FROM phone_crypt.profiles AS f JOIN pg_proc AS p ON p.oid = f.object::regprocedure
          WHERE f.kind = 'function' AND f.profile IN ('masked', 'writer', 'reader', 'restore')",
    );
    assert!(names.len() > 20);
    let is_listed = |name: &String| {
        let call = format!("{name}(");
        let mut listed = OF_DECRYPT.iter().chain(&OF_NOTHING);
        listed.any(|listed| listed.contains(&call))
    };
    let missing: Vec<_> = names.iter().filter(|name| !is_listed(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn tokens_are_answered() {
    let (mut client, _) = customers(&SERVER, 10);
    let token = token(&mut client);
    lock(&mut client, "tokens");
    for text in [token.as_str(), "rubbish"] {
        assert_eq!(reason(&mut client, text), "lockdown");
    }
    let row = client.rows(&format!(
        "SELECT * FROM api_token_verify('{token}', client => '192.0.2.1')"
    ));
    assert_eq!(row, ["f||||||lockdown|"]);
    goes_on(&mut client, "phone_decrypt(value)");
    // What belongs to the recovery: new ones.
    client.run("SELECT api_token_create('two')");
    client.run("SELECT phone_crypt_lockdown_release('tokens')");
    assert_eq!(reason(&mut client, &token), "ok");
}

#[test]
fn nothing_is_sent() {
    let (mut client, _) = customers(&SERVER, 10);
    client.run("SELECT phone_send_policy_set('watching', record_only => true, regions => '{AU}')");
    let answers = "SELECT t.allowed, t.reason, v.allowed, v.reason, v.region
                     FROM customers AS c, phone_send_check(c.number, 'watching') AS t, phone_send_check(c.phone, 'watching') AS v
                    WHERE c.id = ";
    assert_eq!(client.rows(&format!("{answers} 1")), ["t|ok|t|ok|AU"]);
    for scope in ["sending", "decrypt"] {
        lock(&mut client, scope);
        assert_eq!(
            client.rows(&format!("{answers} 2")),
            ["f|lockdown|f|lockdown|"],
            "{scope}"
        );
        client.run("SELECT phone_crypt_lockdown_release()");
    }
    // Nothing was counted meanwhile.
    assert_eq!(client.rows(&format!("{answers} 2")), ["t|ok|t|ok|AU"]);
}

#[test]
fn each_scope_is_released_by_itself() {
    let (mut client, _) = customers(&SERVER, 10);
    lock(&mut client, "all");
    lock(&mut client, "tokens");
    let active = "SELECT level, scope, by_role, reason FROM phone_crypt.lockdowns WHERE released_at IS NULL ORDER BY scope";
    assert_eq!(client.rows(active).len(), 4);
    assert_eq!(
        client.rows("SELECT phone_crypt_lockdown_release('tokens')"),
        ["2"]
    );
    assert_eq!(
        client.rows(active),
        [
            "database|decrypt|postgres|the reason is secret",
            "database|sending|postgres|the reason is secret"
        ]
    );
    is_refused(&mut client, "phone_decrypt(value)");
    assert_eq!(client.rows("SELECT phone_crypt_lockdown_release()"), ["2"]);
    assert_eq!(client.rows("SELECT phone_crypt_lockdown_release()"), ["0"]);
    assert_eq!(
        client.rows("SELECT count(*), count(released_by) FROM phone_crypt.lockdowns"),
        ["4|4"]
    );
}
