//! No number, and nothing of its digits, in any message, log, view or table.

use phone_crypt_client_tests::{Server, Sql};

use crate::shared::{CONF, TABLE_SERVER, policy, reason};

const NUMBER: &str = "+61401148075";
/// The digits of its blocks.
const DIGITS: [&str; 3] = ["61401148075", "61401148", "6140114"];

fn check_tables(client: &mut postgres::Client) {
    client.run("SELECT phone_crypt.flush_send_decisions(), ratelimit_flush()");
    let tables = client.rows(
        "SELECT table_schema || '.' || quote_ident(table_name) FROM information_schema.tables
          WHERE table_schema = 'phone_crypt'",
    );
    assert!(tables.len() > 20);
    for table in tables {
        let rows = client.try_rows(&format!("SELECT t::text FROM {table} AS t"));
        for row in rows.unwrap_or_default() {
            assert!(DIGITS.iter().all(|digits| !row.contains(digits)), "{table}");
        }
    }
    // The account is a number, too.
    assert!(client.number("SELECT count(*) FROM phone_crypt.rate_limits WHERE kind = 5") > 3);
}

fn send(client: &mut postgres::Client) {
    policy(
        client,
        "p",
        "per_number => '{2/day}', per_account => '{9/day}', per_block_1000 => '{9/day}', per_block_10000 => '{9/day}',
         per_region => '{9/day}', budget_day => 5",
    );
    client.run("SELECT phone_send_price_set('+', 0.1)");
    assert_eq!(reason(client, NUMBER, "p"), "ok");
    let check = "SELECT reason FROM phone_send_check($1, 'p', account => $1)";
    assert_eq!(client.text(check, &[&NUMBER]), "ok");
    assert_eq!(reason(client, NUMBER, "p"), "number_limit");
    client
        .execute("SELECT phone_send_exempt($1)", &[&NUMBER])
        .unwrap();
    assert_eq!(reason(client, NUMBER, "p"), "exempt");
    let refusal = client.refusal("SELECT phone_send_check($1, 'other')::text", &[&NUMBER]);
    refusal.hides("61401148");
}

#[test]
fn nothing_of_a_number_is_logged_or_shown() {
    let server = Server::preloaded(&format!(
        "{CONF}log_min_messages = debug5\nlog_min_error_statement = panic\nlog_error_verbosity = verbose\n\
         log_statement = none\nlog_parameter_max_length_on_error = 0"
    ));
    let mut client = server.session();
    send(&mut client);
    check_tables(&mut client);
    server.log_hides("61401148");
}

#[test]
fn nor_with_the_table_engine() {
    let mut client = TABLE_SERVER.session();
    send(&mut client);
    client.run("SELECT phone_crypt.flush_send_decisions()");
    let rows = client.rows("SELECT t::text FROM phone_crypt.rate_limits AS t UNION ALL SELECT t::text FROM phone_crypt.send_records AS t");
    assert!(rows.len() > 6);
    assert!(
        rows.iter()
            .all(|row| DIGITS.iter().all(|digits| !row.contains(digits)))
    );
}
