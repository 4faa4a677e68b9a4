//! What is no hit is an error that counts nothing.

use phone_crypt_client_tests::{Server, Sql};
use postgres::Client;

use crate::shared::engines;

/// The arguments of a good hit, as SQL, in their order. Each bad one replaces one of them.
const GOOD: [(&str, &str); 6] = [
    ("key", "'k'"),
    ("\"limit\"", "10"),
    ("\"window\"", "'1 day'"),
    ("cost", "1"),
    ("algorithm", "'token_bucket'"),
    ("burst", "5"),
];

const BAD: [(&str, &str, &str); 21] = [
    ("key", "NULL", "22004"),
    ("\"limit\"", "NULL", "22004"),
    ("\"window\"", "NULL", "22004"),
    ("cost", "NULL", "22004"),
    ("algorithm", "NULL", "22004"),
    ("key", "''", "22023"),
    ("key", "repeat('x', 513)", "22023"),
    ("key", "repeat('é', 257)", "22023"),
    ("\"limit\"", "-1", "22023"),
    ("cost", "0", "22023"),
    ("cost", "-2147483648", "22023"),
    ("\"window\"", "'0'", "22023"),
    ("\"window\"", "'-1 second'", "22023"),
    ("\"window\"", "'999 microseconds'", "22023"),
    ("\"window\"", "'11 years'", "22023"),
    ("\"window\"", "'10 years 1 microsecond'", "22023"),
    ("algorithm", "'leaky'", "22023"),
    ("algorithm", "'Fixed_Window'", "22023"),
    ("algorithm", "''", "22023"),
    ("burst", "0", "22023"),
    // At 10 tokens a day, 36,000 take 10 years.
    ("burst", "36001", "22023"),
];

fn call(function: &str, bad: Option<(&str, &str)>) -> String {
    let argument = |(name, good): (&str, &str)| {
        let value = bad.filter(|bad| bad.0 == name).map_or(good, |bad| bad.1);
        format!("{name} => {value}")
    };
    let arguments: Vec<_> = GOOD.map(argument).into();
    format!("SELECT * FROM {function}({})", arguments.join(", "))
}

/// Everything that the extension has of keys, and how many hits it has seen.
fn counted(client: &mut Client) -> Vec<String> {
    let mut all = client.rows("SELECT key, used FROM phone_crypt.ratelimit_status");
    all.extend(client.rows("SELECT hits, denials FROM phone_crypt.ratelimit_stats"));
    all
}

#[track_caller]
fn refuses(client: &mut Client, sql: &str, sqlstate: &str) {
    let before = counted(client);
    match client.try_rows(sql) {
        Ok(rows) => panic!("taken: {sql}: {rows:?}"),
        Err(refusal) => assert_eq!(refusal.sqlstate, sqlstate, "{sql}: {refusal:?}"),
    }
    assert_eq!(counted(client), before, "counted: {sql}");
}

#[test]
fn every_bad_argument_of_a_hit_is_refused() {
    for (_, server) in engines() {
        let mut client = server.session();
        for function in ["ratelimit_hit", "ratelimit_allow", "ratelimit_peek"] {
            for (name, value, sqlstate) in BAD {
                refuses(&mut client, &call(function, Some((name, value))), sqlstate);
            }
            assert_eq!(client.rows(&call(function, None)).len(), 1);
        }
    }
}

#[test]
fn infinite_windows_are_refused_where_there_are_any() {
    for (_, server) in engines() {
        let mut client = server.session();
        for window in ["'infinity'", "'-infinity'"] {
            let sqlstate = if server.major() >= 17 {
                "22023"
            } else {
                "22007"
            };
            let sql = call("ratelimit_hit", Some(("\"window\"", window)));
            refuses(&mut client, &sql, sqlstate);
        }
    }
}

#[test]
fn the_ends_of_each_range_are_taken() {
    for (_, server) in engines() {
        let mut client = server.session();
        for (key, limit, window, cost) in [
            ("'x'", "0", "'1 millisecond'", "1"),
            ("repeat('x', 512)", "2147483647", "'10 years'", "2147483647"),
            ("repeat('é', 256)", "1", "'120 months'", "1"),
        ] {
            let sql = format!("SELECT FROM ratelimit_hit({key}, {limit}, {window}, {cost})");
            client.run(&sql);
        }
    }
}

/// Statements with what each is refused with, once these policies are there.
fn bad_checks() -> Vec<(&'static str, &'static str)> {
    vec![
        ("ratelimit_check('nobody', 'k')", "22023"),
        ("ratelimit_check('a', 'k', 0)", "22023"),
        ("ratelimit_check('a', '')", "22023"),
        ("ratelimit_check('a', repeat('x', 513))", "22023"),
        ("ratelimit_check(NULL, 'k')", "22004"),
        ("ratelimit_check('a', NULL)", "22004"),
        ("ratelimit_check('a', 'k', NULL)", "22004"),
        ("ratelimit_peek_policy('nobody', 'k')", "22023"),
        ("ratelimit_peek_policy('a', 'k', 0)", "22023"),
        ("ratelimit_peek_policy('a', repeat('x', 513))", "22023"),
        ("ratelimit_peek_policy(NULL, 'k')", "22004"),
        ("ratelimit_peek_policy('a', NULL)", "22004"),
        ("ratelimit_check_all('{a,nobody}', '{k,k}')", "22023"),
        ("ratelimit_check_all('{a,b}', '{k}')", "22023"),
        ("ratelimit_check_all('{}', '{}')", "22023"),
        ("ratelimit_check_all('{{a,b}}', '{{k,k}}')", "22023"),
        ("ratelimit_check_all('{a,a}', '{k,k}')", "22023"),
        ("ratelimit_check_all('{a,b}', '{k,k}', 0)", "22023"),
        ("ratelimit_check_all('{a,b}', ARRAY['k', ''])", "22023"),
        ("ratelimit_check_all('{a,NULL}', '{k,k}')", "22004"),
        ("ratelimit_check_all('{a,b}', '{k,NULL}')", "22004"),
        ("ratelimit_check_all(NULL, '{k}')", "22004"),
        ("ratelimit_check_all('{a}', '{k}', NULL)", "22004"),
        (
            "ratelimit_check_all(array_fill('a'::text, '{65}'), array_fill('k'::text, '{65}'))",
            "22023",
        ),
        ("ratelimit_headers('nobody', 'k')", "22023"),
        ("ratelimit_headers(NULL, 'k')", "22004"),
        ("ratelimit_headers('a', NULL)", "22004"),
        ("ratelimit_check_phone('a', 'no number')", "22023"),
        ("ratelimit_check_phone('nobody', '+61401148075')", "22023"),
        ("ratelimit_check_phone('a', '+61401148075', 0)", "22023"),
        ("ratelimit_check_phone('a', NULL)", "22004"),
        ("ratelimit_check_phone(NULL, '+61401148075')", "22004"),
        ("ratelimit_check_phone('a', '+61401148075', NULL)", "22004"),
        ("ratelimit_peek_policy_phone('a', 'no number')", "22023"),
        ("ratelimit_peek_policy_phone('a', NULL)", "22004"),
        ("ratelimit_hit_phone('no number', 5, '1 day')", "22023"),
        ("ratelimit_hit_phone(NULL, 5, '1 day')", "22004"),
        ("ratelimit_hit_phone('+61401148075', -1, '1 day')", "22023"),
    ]
}

#[test]
fn every_bad_check_is_refused() {
    for (_, server) in engines() {
        let mut client = server.session();
        client.run(
            "SELECT ratelimit_policy_set('a', 5, '1 day');
             SELECT ratelimit_policy_set('b', 5, '1 day')",
        );
        for (function, sqlstate) in bad_checks() {
            refuses(&mut client, &format!("SELECT * FROM {function}"), sqlstate);
        }
    }
}

const BAD_ADMINISTRATION: [(&str, &str); 22] = [
    ("ratelimit_reset(NULL)", "22004"),
    ("ratelimit_reset('')", "22023"),
    ("ratelimit_reset('k', 'nobody')", "22023"),
    ("ratelimit_refund('k', 0)", "22023"),
    ("ratelimit_refund('k', NULL)", "22004"),
    ("ratelimit_block('k', '0')", "22023"),
    ("ratelimit_block('k', '-1 hour')", "22023"),
    ("ratelimit_block('k', '11 years')", "22023"),
    ("ratelimit_block('k', NULL)", "22004"),
    ("ratelimit_block('', '1 hour')", "22023"),
    ("ratelimit_unblock(NULL)", "22004"),
    ("ratelimit_policy_set('', 5, '1 day')", "22023"),
    ("ratelimit_policy_set('a b', 5, '1 day')", "22023"),
    ("ratelimit_policy_set(repeat('p', 64), 5, '1 day')", "22023"),
    ("ratelimit_policy_set('p', -1, '1 day')", "22023"),
    ("ratelimit_policy_set('p', 5, '1 day', 'leaky')", "22023"),
    (
        "ratelimit_policy_set('p', 5, '1 day', penalties => '{0}')",
        "22023",
    ),
    (
        "ratelimit_policy_set('p', 5, '1 day', penalties => '{1 hour,NULL}')",
        "22004",
    ),
    ("ratelimit_policy_set('p', NULL, '1 day')", "22004"),
    ("ratelimit_list_key('maybe', 'k')", "22023"),
    ("ratelimit_list_key('deny', NULL)", "22004"),
    ("ratelimit_list_network('deny', NULL)", "22004"),
];

#[test]
fn bad_administration_is_refused() {
    for (_, server) in engines() {
        let mut client = server.session();
        client.run("SELECT FROM ratelimit_hit('k', 5, '1 day')");
        for (function, sqlstate) in BAD_ADMINISTRATION {
            refuses(&mut client, &format!("SELECT * FROM {function}"), sqlstate);
        }
        let policies = "SELECT count(*) FROM phone_crypt.ratelimit_policies";
        assert_eq!(client.number(policies), 0);
    }
}

#[test]
fn a_policy_does_not_change_its_store() {
    for (_, server) in engines() {
        let mut client = server.session();
        client.run("SELECT ratelimit_policy_set('p', 5, '1 day')");
        let change = "SELECT ratelimit_policy_set('p', 5, '1 day', durable => true)";
        refuses(&mut client, change, "55000");
        client.run("SELECT ratelimit_policy_drop('p')");
        client.run(change);
    }
}

/// A message may not repeat what it refuses: keys hold addresses, and phones are phones.
#[test]
fn no_message_repeats_a_key_or_a_number() {
    for (_, server) in engines() {
        let server: &Server = server;
        let mut client = server.session();
        let key = format!("secret{}", "x".repeat(513));
        client
            .refusal("SELECT FROM ratelimit_hit($1, 5, '1 day')", &[&key])
            .hides("secret");
        client
            .refusal(
                "SELECT FROM ratelimit_hit_phone($1, 5, '1 day')",
                &[&"9876 5432"],
            )
            .hides("9876");
        server.log_hides("9876 5432");
    }
}
