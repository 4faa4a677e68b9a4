//! What was seen is forgotten once it could not be accepted any more: by the worker, or where there is none by whoever stores
//! more.

use phone_crypt_client_tests::{Server, Setup, Sql, wait_until};
use postgres::Client;

use crate::shared::{SERVER, Signed, make_endpoint, with_endpoint};

/// More than the worker deletes in a transaction, and more pages than who stores a message goes through.
const EXPIRED: i64 = 25_000;

fn store_expired(client: &mut Client) {
    client.run(&format!(
        "INSERT INTO phone_crypt.webhook_seen
         SELECT (SELECT id FROM phone_crypt.webhook_endpoints), sha256(n::text::bytea), now() - interval '1 second'
           FROM generate_series(1, {EXPIRED}) AS n"
    ));
}

fn expired(client: &mut Client) -> i64 {
    client.number("SELECT count(*) FROM phone_crypt.webhook_seen WHERE expires_at < now()")
}

#[test]
fn the_worker_deletes_what_has_expired_and_nothing_else() {
    let (_, mut client) = with_endpoint(&SERVER);
    store_expired(&mut client);
    let signed = Signed::now(&mut client, "new");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    wait_until("the worker has come by", || expired(&mut client) == 0);
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
}

#[test]
fn without_a_worker_who_stores_some_deletes_more() {
    let server = Server::start(&Setup {
        conf: "phone_crypt.environment = development\n",
        ..Setup::default()
    });
    let mut client = server.connect_as("postgres", &server.database());
    make_endpoint(&mut client, "agent");
    store_expired(&mut client);
    let mut first = None;
    for number in 0..130 {
        let signed = Signed::now(&mut client, &number.to_string());
        assert_eq!(signed.reason(&mut client, "agent"), "ok");
        first.get_or_insert(signed);
    }
    assert!(expired(&mut client) <= EXPIRED - 2 * 128);
    assert_eq!(first.unwrap().reason(&mut client, "agent"), "replay");
}
