//! A server, endpoints, and requests that are signed now.

use phone_crypt_client_tests::samples::{K1, K2};
use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;
use std::sync::LazyLock;

pub const SECRET: &str = "a secret that nobody may see";

/// Preloaded, with K1 as primary key and K2 as previous one.
pub static SERVER: LazyLock<Server> =
    LazyLock::new(|| server("max_connections = 100\nlog_statement = 'none'"));

pub fn server(conf: &str) -> Server {
    let server = Server::preloaded(conf);
    let key_file = server.write_file("keys", format!("{K1}\n{K2}\n"));
    server.write_conf(&format!("phone_crypt.key_file = '{}'", key_file.display()));
    server.reload();
    server
}

/// A new database with the endpoint `agent`; its name, and a session.
pub fn with_endpoint(server: &Server) -> (String, Client) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    make_endpoint(&mut client, "agent");
    (database, client)
}

pub fn make_endpoint(client: &mut Client, name: &str) {
    let create = "SELECT webhook_endpoint_create($1, 'phone-agent', $2)";
    client.execute(create, &[&name, &SECRET]).unwrap();
}

/// `ok`, or why it is refused, with whether it is accepted, which must be the same.
pub const RECEIVE: &str =
    "SELECT r.reason, r.accepted FROM webhook_receive($1, $2::text::jsonb, $3) AS r";

/// A request: headers as JSON, and the payload.
#[derive(Clone)]
pub struct Signed {
    pub headers: String,
    pub payload: Vec<u8>,
}

impl Signed {
    pub fn now(client: &mut Client, payload: &str) -> Signed {
        Signed::under(client, payload, SECRET, "0")
    }

    /// Signed so long from now.
    pub fn under(client: &mut Client, payload: &str, secret: &str, from_now: &str) -> Signed {
        let sign = "SELECT jsonb_build_object('Resend-Signature', s.signature, 'Resend-Timestamp', s.timestamp)::text
                      FROM webhook_sign($1, $2, clock_timestamp() + $3::text::interval) AS s";
        let payload = payload.as_bytes().to_vec();
        Signed {
            headers: client.text(sign, &[&payload, &secret, &from_now]),
            payload,
        }
    }

    /// The reason with which an endpoint answers.
    pub fn reason(&self, client: &mut impl postgres::GenericClient, endpoint: &str) -> String {
        let parameters: [&(dyn postgres::types::ToSql + Sync); 3] =
            [&endpoint, &self.headers, &self.payload];
        let row = client.query_one(RECEIVE, &parameters).unwrap();
        let (reason, accepted): (String, bool) = (row.get(0), row.get(1));
        assert_eq!(accepted, reason == "ok");
        reason
    }
}
