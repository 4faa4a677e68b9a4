//! Money: a budget is never overspent, however many spend it at once.

use phone_crypt_client_tests::{Server, Sql, wait_until};

use crate::shared::{SERVER, TABLE_SERVER, check, policy};

/// 64 sessions spend a budget of 100 messages, of 7.3 cents each, at numbers of their own. Exactly those that it pays for go out.
fn spend_at_once(server: &Server) {
    let database = server.database();
    let mut client = server.connect_as("postgres", &database);
    policy(&mut client, "shared", "budget_day => 7.3");
    client.run("SELECT phone_send_price_set('+', 0.073)");
    wait_for_a_day_that_lasts(&mut client);
    let answers = server.at_once(&database, 64, |session, client| {
        let number = |i| format!("+61401{:06}", 1000 * session + i);
        (0..10)
            .map(|i| check(client, &number(i), "shared"))
            .collect::<Vec<_>>()
    });
    let answers: Vec<_> = answers.into_iter().flatten().collect();
    let sent = answers.iter().filter(|it| it.allowed).count();
    assert_eq!((answers.len(), sent), (640, 100));
    let mut ids: Vec<i64> = answers.iter().filter_map(|it| it.send_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100, "each send has an id of its own");
    let refused = answers.iter().filter(|it| !it.allowed);
    assert!(refused.clone().all(|it| it.reason == "budget_day"));
    let warned = answers
        .iter()
        .filter(|it| it.warnings == ["near_budget_day"]);
    assert_eq!(warned.count(), 21, "the 80th and those after it");
}

/// The budget's day is that of UTC.
fn wait_for_a_day_that_lasts(client: &mut postgres::Client) {
    wait_until("midnight is not near", || {
        client.number("SELECT ((clock_timestamp() AT TIME ZONE 'UTC')::time < '23:59:40')::integer")
            == 1
    });
}

#[test]
fn of_64_sessions_none_overspends_it() {
    spend_at_once(&SERVER);
}

#[test]
fn nor_with_the_table_engine() {
    spend_at_once(&TABLE_SERVER);
}

#[test]
fn what_is_refused_by_one_limit_is_not_spent() {
    let mut client = SERVER.session();
    policy(
        &mut client,
        "strict",
        "budget_day => 1, per_number => '{1/day}'",
    );
    client.run("SELECT phone_send_price_set('+', 0.5)");
    let mut reasons = Vec::new();
    for number in [
        "+61401148075",
        "+61401148075",
        "+61401148076",
        "+61401148077",
    ] {
        reasons.push(check(&mut client, number, "strict").reason);
    }
    assert_eq!(reasons, ["ok", "number_limit", "ok", "budget_day"]);
}
