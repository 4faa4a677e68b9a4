//! Requests of every scheme, made by the providers' own libraries.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SECRET, SERVER, Signed, make_endpoint, with_endpoint};

const REQUESTS: &str = include_str!("../../../../crates/core/tests/vectors/webhook_requests.json");

/// An endpoint for each request, named by its number.
const MAKE: &str = "SELECT webhook_endpoint_create('n' || number, r->>'scheme', r->>'secret')
                      FROM jsonb_array_elements($1::text::jsonb) WITH ORDINALITY AS request (r, number)";

/// What becomes of each request with this payload: the scheme, the reason, and whether there is an id.
fn reasons(client: &mut Client, payload: &str) -> Vec<(String, String, bool)> {
    let sql = format!(
        "SELECT r->>'scheme', received.reason, received.id IS NOT NULL
           FROM jsonb_array_elements($1::text::jsonb) WITH ORDINALITY AS request (r, number),
                webhook_receive('n' || number, r->'headers', {payload}, r->>'url', r->>'method') AS received"
    );
    let rows = client.query(&sql, &[&REQUESTS]).unwrap();
    let of = |row: &postgres::Row| (row.get(0), row.get(1), row.get(2));
    rows.iter().map(of).collect()
}

/// They were signed years ago: that this is what is said of them shows that the signature is right.
#[test]
fn signatures_of_the_providers_libraries_are_right() {
    let mut client = SERVER.session();
    client.execute(MAKE, &[&REQUESTS]).unwrap();
    let without_time = ["twilio", "plivo-v2", "plivo-v3", "sinch-numbers", "github"];
    let body = "convert_to(r->>'body', 'UTF8')";
    let answers = reasons(&mut client, body);
    assert_eq!(answers.len(), 91);
    for (scheme, reason, has_id) in &answers {
        // A signature of Vonage's need not have a time in it.
        let expected: &[&str] = match scheme.as_str() {
            scheme if without_time.contains(&scheme) => &["ok"],
            "vonage-sms" => &["ok", "too_old"],
            _ => &["too_old"],
        };
        assert!(expected.contains(&reason.as_str()), "{scheme}: {reason}");
        assert!(has_id, "{scheme}");
    }
    // The second time those without a time are replays.
    for (scheme, reason, _) in reasons(&mut client, body) {
        assert!(
            ["replay", "too_old"].contains(&reason.as_str()),
            "{scheme}: {reason}"
        );
    }
}

/// A body that says something else is nobody's.
#[test]
fn what_was_changed_is_refused() {
    let mut client = SERVER.session();
    client.execute(MAKE, &[&REQUESTS]).unwrap();
    let spoiled =
        r"CASE r->>'body' WHEN '' THEN NULL ELSE convert_to(r->>'body', 'UTF8') || '\x21' END";
    for (scheme, reason, has_id) in reasons(&mut client, spoiled) {
        let is_refused = ["signature", "malformed"].contains(&reason.as_str());
        // The second scheme of Plivo's signs the URL and a nonce, and no body.
        let signs_body = scheme != "plivo-v2";
        assert_eq!(is_refused && !has_id, signs_body, "{scheme}: {reason}");
    }
}

/// Hands over a request with these headers and payload, written as SQL.
fn reason_of(client: &mut Client, headers: &str, payload: &str) -> String {
    let sql = format!("SELECT reason FROM webhook_receive('agent', {headers}, {payload})");
    client.text(&sql, &[])
}

#[test]
fn headers_of_any_form_are_no_error() {
    let (_, mut client) = with_endpoint(&SERVER);
    let signed = Signed::now(&mut client, "{}");
    let with = |change: &str| format!("('{}'::jsonb || '{change}'::jsonb)", signed.headers);
    let body = r"'{}'::bytea";
    let nul = r#"{"Resend-Signature": "a\tb"}"#;
    for (headers, expected) in [
        ("NULL", "malformed"),
        ("'null'", "malformed"),
        ("'[]'", "malformed"),
        ("'\"Resend-Signature\"'", "malformed"),
        ("'1'", "malformed"),
        ("'{}'", "no_signature"),
        (&with(r#"{"Resend-Signature": null}"#), "no_signature"),
        (&with(r#"{"Resend-Signature": []}"#), "no_signature"),
        (&with(r#"{"Resend-Signature": ""}"#), "no_signature"),
        (&with(r#"{"Resend-Signature": 1e400}"#), "malformed"),
        (&with(r#"{"Resend-Signature": true}"#), "malformed"),
        (&with(r#"{"Resend-Signature": {"a": "b"}}"#), "malformed"),
        (&with(r#"{"Resend-Signature": [["a"]]}"#), "malformed"),
        (&with(r#"{"Resend-Signature": ["a", null]}"#), "malformed"),
        (&with(nul), "signature"),
        (&with(r#"{"resend-signature": "00"}"#), "malformed"),
        (&with(r#"{"Resend-Timestamp": ["1", "1"]}"#), "malformed"),
        (
            &with(r#"{"Accept": [[[{"a": [1]}]]], "": "", "X": 1e400}"#),
            "ok",
        ),
    ] {
        assert_eq!(reason_of(&mut client, headers, body), expected, "{headers}");
    }
    let headers = &with("{}");
    for (payload, expected) in [
        ("NULL", "malformed"),
        (r"'\x00'", "signature"),
        (body, "replay"),
    ] {
        assert_eq!(
            reason_of(&mut client, headers, payload),
            expected,
            "{payload}"
        );
    }
    let whole = "SELECT reason FROM webhook_receive($1, '{}', '', $2, $3)";
    let none: Option<&str> = None;
    let text = |client: &mut Client, parameters: &[&(dyn postgres::types::ToSql + Sync)]| {
        client.text(whole, parameters)
    };
    assert_eq!(
        text(&mut client, &[&none, &none, &"POST"]),
        "unknown_endpoint"
    );
    assert_eq!(
        text(&mut client, &[&"", &none, &"POST"]),
        "unknown_endpoint"
    );
    assert_eq!(
        text(&mut client, &[&"x".repeat(1 << 20), &none, &"POST"]),
        "unknown_endpoint"
    );
    assert_eq!(text(&mut client, &[&"agent", &none, &none]), "malformed");
    assert_eq!(
        text(&mut client, &[&"agent", &"\u{1}\u{fffd}", &"\n"]),
        "no_signature"
    );
}

#[test]
fn answers_are_counted_by_endpoint_and_reason() {
    let (_, mut client) = with_endpoint(&SERVER);
    make_endpoint(&mut client, "other");
    let signed = Signed::now(&mut client, "counted");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
    assert_eq!(signed.reason(&mut client, "agent"), "replay");
    assert_eq!(signed.reason(&mut client, "other"), "ok");
    assert_eq!(signed.reason(&mut client, "neither"), "unknown_endpoint");
    let counted = "SELECT endpoint, reason, count FROM phone_crypt.webhook_stats WHERE count > 0 ORDER BY 1, 2";
    assert_eq!(
        client.rows(counted),
        [
            "agent|ok|1",
            "agent|replay|2",
            "other|ok|1",
            "|unknown_endpoint|1"
        ]
    );
}

/// Counters are given back by endpoints that are dropped, and by no others.
#[test]
fn a_dropped_endpoint_makes_room_for_another_to_be_counted() {
    let server = crate::shared::server("");
    let (_, mut client) = with_endpoint(&server);
    let signed = Signed::now(&mut client, "counted");
    assert_eq!(signed.reason(&mut client, "agent"), "ok");
    let receive = |client: &mut Client, numbers: &str| {
        let call = "count((webhook_receive('n' || n, '{}', '')).reason)";
        client.text(&format!("SELECT {call}::text FROM {numbers} AS n"), &[])
    };
    let counted = |client: &mut Client| {
        let names = "SELECT count(DISTINCT endpoint), count(*) FILTER (WHERE endpoint = 'agent')
                       FROM phone_crypt.webhook_stats WHERE count > 0";
        client.rows(names)
    };
    client.run(&format!(
        "SELECT webhook_endpoint_create('n' || n, 'phone-agent', '{SECRET}') FROM generate_series(1, 1024) AS n"
    ));
    assert_eq!(receive(&mut client, "generate_series(1, 1024)"), "1024");
    assert_eq!(counted(&mut client), ["1024|1"]);
    // The one for which there was no room has it now.
    client.run("SELECT webhook_endpoint_drop('n7')");
    assert_eq!(receive(&mut client, "generate_series(1024, 1024)"), "1");
    assert_eq!(counted(&mut client), ["1024|1"]);
    let of_last =
        "SELECT count FROM phone_crypt.webhook_stats WHERE endpoint = 'n1024' AND count > 0";
    assert_eq!(client.rows(of_last), ["1"]);
}
