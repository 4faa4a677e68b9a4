//! What there is without a worker.

use phone_crypt_client_tests::{Server, Setup, Sql};

#[test]
fn watching_is_refused_and_says_what_is_missing() {
    let server = Server::start(&Setup {
        conf: "phone_crypt.environment = development",
        ..Setup::default()
    });
    let mut client = server.connect();
    client.run("CREATE EXTENSION phone_crypt; SELECT ratelimit_policy_set('p', 1, '1 minute')");
    for call in ["ratelimit_watch('p')", "phone_crypt_watch_reads()"] {
        client
            .refusal(&format!("SELECT {call}"), &[])
            .says("55000", "not preloaded")
            .hints("shared_preload_libraries");
    }
    assert_eq!(
        client.rows("SELECT ratelimit_unwatch('p'), phone_crypt_unwatch_reads()"),
        ["f|f"]
    );
    assert_eq!(
        client.number("SELECT count(*) FROM phone_crypt.anomalies"),
        0
    );
}
