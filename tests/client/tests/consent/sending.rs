//! What phone_send_check makes of suppression, while many ask.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{number, suppress};

fn reason(client: &mut Client, phone: &str, topic: Option<&str>) -> String {
    let sql = "SELECT reason FROM phone_send_check($1::text, topic => $2)";
    client.text(sql, &[&phone, &topic])
}

fn one_confirmation(engine: &str) {
    let server = Server::preloaded(&format!(
        "max_connections = 200\nphone_crypt.environment = development\nphone_crypt.ratelimit_engine = {engine}"
    ));
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    client.run(
        "SELECT phone_send_policy_set('default', regions => '{all}', per_number => '{}', per_block_1000 => '{}',
                                      per_block_10000 => '{}', require_consent => true)",
    );
    let reply = "SELECT confirmation FROM consent_reply($1::text, 'STOP')";
    assert_eq!(client.text(reply, &[&number(1)]), "opt_out");
    assert_eq!(reason(&mut client, &number(1), None), "suppressed");
    let reasons = server.at_once(&database, 64, |_, client| {
        reason(client, &number(1), Some("opt_out_confirmation"))
    });
    let sent = reasons.iter().filter(|reason| *reason == "ok").count();
    let refused = reasons.iter().filter(|it| *it == "suppressed").count();
    assert_eq!((sent, refused), (1, 63));
    // Whoever suppresses a number has no message sent after the commit, in any session.
    let before = reason(&mut client, &number(2), None);
    assert_eq!(before, "consent");
    suppress(&mut client, &number(2));
    let reasons = server.at_once(&database, 64, |_, client| {
        reason(client, &number(2), Some("news"))
    });
    assert!(reasons.iter().all(|reason| reason == "suppressed"));
}

#[test]
fn an_opt_out_is_confirmed_once_with_limits_in_memory() {
    one_confirmation("memory");
}

#[test]
fn an_opt_out_is_confirmed_once_with_limits_in_a_table() {
    one_confirmation("table");
}
