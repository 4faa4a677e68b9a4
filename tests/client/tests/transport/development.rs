//! In development an insecure connection is warned of, once a session.

use phone_crypt_client_tests::samples::{AU, AU_UNDER_K1, K1};
use phone_crypt_client_tests::{Server, Sql};

#[test]
fn development_warns_once_a_session_and_gives_the_plain_text() {
    let server = Server::preloaded(
        "phone_crypt.environment = 'development'\nphone_crypt.require_tls = 'on'",
    );
    let keys = server.write_file("keys", K1);
    server.write_conf(&format!("phone_crypt.key_file = '{}'", keys.display()));
    server.reload();
    let database = server.database();
    for _ in 0..2 {
        let (mut client, notices) = server.connect_noting("postgres", &database);
        for _ in 0..3 {
            assert_eq!(client.text("SELECT phone_decrypt($1)", &[&AU_UNDER_K1]), AU);
        }
        let warnings = notices.with("not encrypted");
        assert_eq!(warnings.len(), 1, "{:?}", notices.all());
        warnings[0]
            .says("01000", "production would refuse")
            .hides(AU);
    }
}
