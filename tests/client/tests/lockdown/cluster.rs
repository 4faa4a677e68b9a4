//! The lockdown of a whole server.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::{CONF, LOCKED, customers, is_locked, lock};

const FILE: &str = "data/phone_crypt.lockdown";

fn lock_server(client: &mut Client) {
    let lock = "SELECT phone_crypt_lockdown_cluster('the reason is secret: über')";
    client.query(lock, &[]).unwrap();
}

#[test]
fn it_stops_every_database_until_it_is_released() {
    let server = Server::preloaded(CONF);
    let (mut first, database) = customers(&server, 10);
    let (mut second, _) = customers(&server, 10);
    let token = first.text("SELECT token FROM api_token_create('one')", &[]);
    assert!(!is_locked(&mut first) && !is_locked(&mut second));
    // At once: neither an open transaction nor its end matters.
    second.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM customers");
    first.run("BEGIN");
    lock_server(&mut first);
    assert!(is_locked(&mut second));
    first.run("ROLLBACK");
    assert!(is_locked(&mut first));
    let verify = "SELECT reason FROM api_token_verify($1)";
    assert_eq!(first.text(verify, &[&token]), "lockdown");
    let view = "SELECT level, scope, by_role, reason, since > now() - interval '1 hour' FROM phone_crypt.lockdowns";
    let shown = ["cluster|all|postgres|the reason is secret: über|t"];
    assert_eq!(first.rows(view), shown);

    // It is there before anybody connects.
    server.restart();
    let mut first = server.connect_as("postgres", &database);
    assert!(is_locked(&mut first));
    assert_eq!(first.rows(view), shown);
    server.crash();
    let mut first = server.connect_as("postgres", &database);
    assert!(is_locked(&mut first));

    // One of a database stays.
    lock(&mut first, "decrypt");
    let release = "SELECT phone_crypt_lockdown_cluster_release()";
    assert_eq!(first.rows(release), ["t"]);
    assert_eq!(first.rows(release), ["f"]);
    assert!(is_locked(&mut first));
    first.run("SELECT phone_crypt_lockdown_release()");
    assert!(!is_locked(&mut first));
    assert!(!server.path(FILE).exists());
    server.restart();
    let mut first = server.connect_as("postgres", &database);
    assert!(!is_locked(&mut first));
}

#[test]
fn it_is_for_superusers_and_the_reason_for_administrators() {
    let server = Server::preloaded(CONF);
    let (mut client, database) = customers(&server, 10);
    client.run(
        "CREATE ROLE application LOGIN; CREATE ROLE administrator LOGIN; CREATE ROLE nobody_special LOGIN;
         SELECT phone_crypt_grant('application', 'reader'), phone_crypt_grant('administrator', 'admin');
         GRANT SELECT ON customers TO PUBLIC;
         GRANT EXECUTE ON FUNCTION phone_crypt_lockdown_cluster(text), phone_crypt_lockdown_cluster_release() TO administrator",
    );
    let connect = |role| server.connect_as(role, &database);
    let (mut application, mut administrator) = (connect("application"), connect("administrator"));
    for call in [
        "phone_crypt_lockdown_cluster('no')",
        "phone_crypt_lockdown_cluster_release()",
    ] {
        administrator
            .refusal(&format!("SELECT {call}"), &[])
            .says("42501", "superuser");
        let refusal = application.refusal(&format!("SELECT {call}"), &[]);
        refusal.says("42501", "permission denied");
    }
    lock_server(&mut client);
    administrator.run("SELECT phone_crypt_lockdown('the reason is secret')");
    assert!(is_locked(&mut application));
    for relation in [
        "phone_crypt.lockdowns",
        "phone_crypt.database_lockdowns",
        "phone_crypt.cluster_lockdown()",
    ] {
        application
            .refusal(&format!("SELECT * FROM {relation}"), &[])
            .says("42501", "");
    }
    let by = "SELECT level, by_role FROM phone_crypt.lockdowns ORDER BY 1, scope";
    assert_eq!(
        administrator.rows(by),
        [
            "cluster|postgres",
            "database|administrator",
            "database|administrator",
            "database|administrator"
        ]
    );
    let mut nobody = connect("nobody_special");
    for call in [
        "phone_crypt_lockdown('no')",
        "phone_crypt_lockdown_release()",
        "phone_crypt.is_locked_down('tokens')",
    ] {
        nobody
            .refusal(&format!("SELECT {call}"), &[])
            .says("42501", "");
    }
    server.log_hides("secret");
}

#[test]
fn a_file_made_by_hand_counts_from_the_next_start() {
    let server = Server::preloaded(CONF);
    let (_, database) = customers(&server, 10);
    server.write_file(FILE, "");
    server.restart();
    let mut client = server.connect_as("postgres", &database);
    assert!(is_locked(&mut client));
    assert_eq!(
        client.rows("SELECT * FROM phone_crypt.lockdowns"),
        ["cluster|all|||||"]
    );
    client.run("SELECT phone_crypt_lockdown_cluster_release()");
    assert!(!is_locked(&mut client));
}

/// A full disk must not keep anybody from stopping everything.
#[test]
fn it_is_in_force_also_if_the_file_cannot_be_written() {
    let server = Server::preloaded(CONF);
    let (mut client, database) = customers(&server, 10);
    std::fs::create_dir(server.path("data/phone_crypt.lockdown.unfinished")).unwrap();
    let (mut admin, notices) = server.connect_noting("postgres", &database);
    lock_server(&mut admin);
    assert_eq!(notices.with("not after a restart").len(), 1);
    assert!(is_locked(&mut client));
    assert_eq!(
        client.rows("SELECT phone_crypt_lockdown_cluster_release()"),
        ["t"]
    );
    assert!(!is_locked(&mut client));
}

#[test]
fn the_refusal_says_that_it_is_the_server() {
    let server = Server::preloaded(CONF);
    let (mut client, _) = customers(&server, 10);
    lock_server(&mut client);
    client
        .refusal("SELECT phone_hash('+61401148075')", &[])
        .says("55000", LOCKED)
        .says("55000", "this server")
        .hints("phone_crypt_lockdown_cluster_release()");
}
