//! Stored secrets: two during a rotation, under keys that change, of one endpoint and one scheme only.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{SECRET, SERVER, Signed, make_endpoint, with_endpoint};

const ROTATE: &str = "SELECT webhook_endpoint_rotate('agent', $1, $2::text::interval)";

fn accepts(client: &mut Client, secret: &str, what: &str) -> bool {
    let reason = Signed::under(client, what, secret, "0").reason(client, "agent");
    assert!(["ok", "signature"].contains(&reason.as_str()), "{reason}");
    reason == "ok"
}

#[test]
fn the_old_secret_holds_until_the_grace_is_over() {
    let (database, mut client) = with_endpoint(&SERVER);
    // It has the endpoint in memory, and must hear of each change.
    let mut other = SERVER.connect_as("postgres", &database);
    assert!(accepts(&mut other, SECRET, "0"));
    client.execute(ROTATE, &[&"second", &"1 hour"]).unwrap();
    assert!(accepts(&mut other, SECRET, "1") && accepts(&mut other, "second", "2"));
    // Two at most.
    client.execute(ROTATE, &[&"third", &"1 hour"]).unwrap();
    assert!(!accepts(&mut other, SECRET, "3"));
    assert!(accepts(&mut other, "second", "4") && accepts(&mut other, "third", "5"));
    client.execute(ROTATE, &[&"fourth", &"0"]).unwrap();
    assert!(!accepts(&mut other, "third", "6") && accepts(&mut other, "fourth", "7"));
    // The end comes without a change of the table.
    client.execute(ROTATE, &[&"fifth", &"1 s"]).unwrap();
    assert!(accepts(&mut other, "fourth", "8"));
    client.run("SELECT pg_sleep(1.1)");
    assert!(!accepts(&mut other, "fourth", "9") && accepts(&mut other, "fifth", "10"));
    let live = "SELECT count(*) FROM phone_crypt.webhook_rotations";
    assert_eq!(client.number(live), 2);
    assert_eq!(client.number("SELECT webhook_cleanup()"), 1);
    assert_eq!(client.number(live), 1);
    client.run("BEGIN");
    client.execute(ROTATE, &[&"sixth", &"0"]).unwrap();
    assert!(accepts(&mut client, "sixth", "11"));
    client.run("ROLLBACK");
    assert!(!accepts(&mut client, "sixth", "12") && accepts(&mut client, "fifth", "13"));
    assert_eq!(
        client.text("SELECT webhook_endpoint_drop('agent')::text", &[]),
        "true"
    );
    assert_eq!(
        client.text("SELECT webhook_endpoint_drop('agent')::text", &[]),
        "false"
    );
    let gone = Signed::now(&mut client, "14").reason(&mut other, "agent");
    assert_eq!(gone, "unknown_endpoint");
}

#[test]
fn what_cannot_be_an_endpoint_is_refused() {
    let (_, mut client) = with_endpoint(&SERVER);
    let mut create = |arguments: &str| {
        client.refusal(&format!("SELECT webhook_endpoint_create({arguments})"), &[])
    };
    create("'agent', 'phone-agent', 'x'").says("42710", "exists");
    create("'', 'phone-agent', 'x'").says("22023", "name");
    create("'a b', 'phone-agent', 'x'").says("22023", "name");
    create("repeat('x', 64), 'phone-agent', 'x'").says("22023", "name");
    create("NULL, 'phone-agent', 'x'").says("22004", "name");
    create("'b', NULL, 'x'").says("22004", "scheme");
    create("'b', 'Stripe', 'x'").says("22023", "unknown webhook scheme");
    create("'b', 'stripe', ''").says("22023", "empty");
    create("'b', 'stripe'").says("22023", "either a secret or a public key");
    create("'b', 'stripe', 'x', public_key => 'y'").says("22023", "either");
    create("'b', 'stripe', public_key => 'x'").says("22023", "no public key");
    create("'b', 'telnyx', 'KEY0123'")
        .says("22023", "Ed25519")
        .hides("KEY0123");
    create("'b', 'standard', 'whsec_!'").says("22023", "base64");
    create("'b', 'standard', 'whsk_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'").says("22023", "private key");
    create("'b', 'stripe', 'x', NULL").says("22004", "tolerance");
    create("'b', 'stripe', 'x', '-1 s'").says("22023", "tolerance");
    create("'b', 'stripe', 'x', '8 days'").says("22023", "tolerance");
    create("'b', 'stripe', 'x', replay_period => '-1 s'").says("22023", "replay_period");
    client
        .refusal("SELECT webhook_endpoint_rotate('b', 'x')", &[])
        .says("42704", "no webhook endpoint");
    client
        .refusal("SELECT webhook_endpoint_rotate('agent', '')", &[])
        .says("22023", "empty");
    client
        .refusal("SELECT webhook_endpoint_rotate('agent', 'x', NULL)", &[])
        .says("22004", "grace");
}

fn start_with(keys: &str) -> Server {
    let server = Server::preloaded("");
    set_keys(&server, keys);
    server
}

fn set_keys(server: &Server, keys: &str) {
    let key_file = server.write_file("keys", keys);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", key_file.display()));
    server.reload();
}

const KEYS: &str =
    "SELECT key_id, rows FROM phone_column_keys() WHERE column_name = 'secret' ORDER BY 1";

#[test]
fn rotating_the_encryption_key_loses_no_secret() {
    let server = start_with(&format!("{K1}\n"));
    let (database, mut client) = with_endpoint(&server);
    client.execute(ROTATE, &[&"second", &"1 hour"]).unwrap();
    assert_eq!(client.rows(KEYS), ["a915ee2b|2"]);
    assert!(accepts(&mut client, SECRET, "1"));
    set_keys(&server, &format!("{K2}\n{K1}\n"));
    let mut client = server.connect_as("postgres", &database);
    assert!(accepts(&mut client, SECRET, "2") && accepts(&mut client, "second", "3"));
    client.run("CALL phone_rotate_all()");
    assert_eq!(client.rows(KEYS), ["3a4e3936|2"]);
    set_keys(&server, &format!("{K2}\n"));
    let mut client = server.connect_as("postgres", &database);
    assert!(accepts(&mut client, SECRET, "4") && accepts(&mut client, "second", "5"));
    assert_eq!(client.number("SELECT webhook_endpoint_reencrypt()"), 0);
    // A key that is not there is the server's fault, and says which one.
    set_keys(&server, &format!("{K1}\n"));
    let mut client = server.connect_as("postgres", &database);
    client
        .refusal("SELECT webhook_receive('agent', '{}', '')", &[])
        .says("55000", "3a4e3936");
}

/// A server with other keys than the database's refuses, also what it could verify.
#[test]
fn keys_are_held_to_the_pin() {
    let server = start_with(&format!("{K1}\n{K2}\n"));
    let (_, mut client) = with_endpoint(&server);
    client.run("SELECT phone_crypt_pin_keys()");
    assert!(accepts(&mut client, SECRET, "1"));
    client.set("encryption_key", K2);
    client
        .refusal("SELECT webhook_receive('agent', '{}', '')", &[])
        .says("55000", "pinned");
    client
        .refusal("SELECT webhook_endpoint_create('b', 'stripe', 'x')", &[])
        .says("55000", "pinned");
}

/// Whoever can write the tables can destroy an endpoint, and forge nothing.
#[test]
fn a_stored_secret_is_of_one_endpoint_and_scheme() {
    let (_, mut client) = with_endpoint(&SERVER);
    make_endpoint(&mut client, "other");
    client.run(
        "UPDATE phone_crypt.webhook_secrets AS s SET secret = (SELECT o.secret FROM phone_crypt.webhook_secrets AS o
            WHERE o.endpoint <> s.endpoint) WHERE endpoint = 1",
    );
    let receive = "SELECT webhook_receive('agent', '{}', '')";
    client.refusal(receive, &[]).says("22000", "authentication");
    client.run("UPDATE phone_crypt.webhook_endpoints SET scheme = 'slack' WHERE name = 'other'");
    let receive = "SELECT webhook_receive('other', '{}', '')";
    client.refusal(receive, &[]).says("22000", "authentication");
    client.run("DELETE FROM phone_crypt.webhook_secrets");
    let signed = Signed::now(&mut client, "x");
    assert_eq!(signed.reason(&mut client, "agent"), "signature");
}
