//! A server that records everything, and what its log says.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

pub const ALL: &str = "phone_crypt.environment = development\nphone_crypt.audit = 'all'\n";

/// Stores the records of all logs anew, one a row: where a row ends is not hashed. The number of records in it, and then its time, the
/// length of its fields and the fields.
pub const ONE_A_ROW: &str = "
    CREATE TEMP TABLE one_a_row ON COMMIT DROP AS
        SELECT log, month, seq, written_at,
               int4send(1) || substr(record, 9, 8) || int4send(length(record) - 16) || substr(record, 17) AS records
          FROM phone_crypt.audit_log;
    DELETE FROM phone_crypt.audit_records;
    INSERT INTO phone_crypt.audit_records SELECT * FROM one_a_row;";

/// Has all that waits written and signed; the newest checkpoint.
pub fn checkpoint(client: &mut Client) -> String {
    client.text("SELECT phone_crypt_audit_checkpoint()", &[])
}

/// The size that a checkpoint names.
pub fn size_of(checkpoint: &str) -> i64 {
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}

/// What the verification finds, against a checkpoint that was kept: the problem and where; `intact` where there is none.
pub fn verdict(client: &mut Client, kept: Option<&str>) -> String {
    let row = client
        .query_one(
            "SELECT intact, problem, seq FROM phone_crypt_audit_verify($1)",
            &[&kept],
        )
        .unwrap();
    match row.get::<_, bool>(0) {
        true => "intact".to_owned(),
        false => {
            let (problem, seq): (String, i64) = (row.get(1), row.get(2));
            format!("{problem} at {seq}")
        }
    }
}

/// Records of an event, by one of their fields.
pub fn fields(client: &mut Client, event: &str, field: &str) -> Vec<String> {
    client.rows(&format!(
        "SELECT fields->>'{field}' FROM phone_crypt.audit_log AS l
          WHERE event = '{event}' AND log = (SELECT log FROM phone_crypt.audit_logs WHERE is_current) ORDER BY seq"
    ))
}

/// A database with the extension, and a session in it.
pub fn database(server: &Server) -> (String, Client) {
    let database = server.database();
    let client = server.connect_as("postgres", &database);
    (database, client)
}
