//! Who may do what: a gateway receives and reads nothing.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SERVER, Signed, with_endpoint};

fn role(client: &mut Client, database: &str, name: &str, profile: Option<&str>) -> Client {
    client.run(&format!(
        "DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN"
    ));
    if let Some(profile) = profile {
        client.run(&format!("SELECT phone_crypt_grant('{name}', '{profile}')"));
    }
    SERVER.connect_as(name, database)
}

#[test]
fn a_gateway_receives_without_rights_to_the_tables() {
    let (database, mut client) = with_endpoint(&SERVER);
    client.run(
        "CREATE SCHEMA mine; GRANT ALL ON SCHEMA mine TO PUBLIC;
         CREATE TABLE mine.webhook_seen (endpoint integer, message bytea, expires_at timestamptz)",
    );
    let mut gateway = role(&mut client, &database, "webhook_gateway", Some("gateway"));
    // What stands in its path is not what the function finds.
    gateway.run("SET search_path = mine, public, pg_catalog");
    let signed = Signed::now(&mut gateway, "for the gateway");
    assert_eq!(signed.reason(&mut gateway, "agent"), "ok");
    assert_eq!(signed.reason(&mut gateway, "agent"), "replay");
    assert_eq!(client.number("SELECT count(*) FROM mine.webhook_seen"), 0);
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.webhook_seen"),
        1
    );
    for denied in [
        "SELECT * FROM phone_crypt.webhook_secrets",
        "SELECT * FROM phone_crypt.webhook_endpoints",
        "DELETE FROM phone_crypt.webhook_seen",
        "SELECT * FROM phone_crypt.webhook_stats",
        "SELECT webhook_endpoint_create('a', 'stripe', 'x')",
        "SELECT webhook_endpoint_rotate('agent', 'x')",
        "SELECT webhook_endpoint_drop('agent')",
        "SELECT webhook_cleanup()",
        "SELECT phone_crypt.webhook_seal('stripe', 'a', 'x', false)",
        "SELECT phone_crypt.webhook_reseal('stripe', 'a', 'x')",
    ] {
        let refusal = gateway.refusal(denied, &[]);
        refusal.says("42501", "permission denied");
    }
}

#[test]
fn an_admin_sees_no_secret() {
    let (database, mut client) = with_endpoint(&SERVER);
    let mut admin = role(&mut client, &database, "webhook_admin", Some("admin"));
    admin.run("SELECT webhook_endpoint_create('b', 'stripe', 'x'); SELECT webhook_endpoint_rotate('b', 'y')");
    admin
        .refusal("SELECT * FROM phone_crypt.webhook_secrets", &[])
        .says("42501", "permission denied");
    let shown = "SELECT endpoint, ends_at IS NULL FROM phone_crypt.webhook_rotations ORDER BY 1, 2";
    assert_eq!(admin.rows(shown), ["agent|t", "b|f", "b|t"]);
    assert_eq!(admin.rows("SELECT webhook_endpoint_drop('b')"), ["t"]);
}

#[test]
fn nobody_in_particular_may_do_nothing() {
    let (database, mut client) = with_endpoint(&SERVER);
    let mut nobody = role(&mut client, &database, "webhook_nobody", None);
    for call in [
        "webhook_receive('agent', '{}', '')",
        "webhook_verify('', '', '', '')",
        "webhook_sign('', 'x')",
        "webhook_endpoint_create('a', 'stripe', 'x')",
        "webhook_endpoint_rotate('agent', 'x')",
        "webhook_endpoint_drop('agent')",
        "webhook_endpoint_reencrypt()",
        "webhook_cleanup()",
    ] {
        nobody
            .refusal(&format!("SELECT {call}"), &[])
            .says("42501", "permission denied");
    }
}
