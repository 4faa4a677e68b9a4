//! The signed time: both edges, and whatever else a sender can put there.

use phone_crypt_client_tests::Sql;
use postgres::Client;

use crate::shared::{SECRET, SERVER, Signed, with_endpoint};

#[test]
fn both_edges() {
    let (_, mut client) = with_endpoint(&SERVER);
    for (from_now, expected) in [
        ("-298 s", "ok"),
        ("-302 s", "too_old"),
        ("298 s", "ok"),
        ("302 s", "in_the_future"),
        ("-30 years", "too_old"),
        ("1000 years", "in_the_future"),
    ] {
        let signed = Signed::under(&mut client, from_now, SECRET, from_now);
        assert_eq!(signed.reason(&mut client, "agent"), expected, "{from_now}");
    }
}

const VERIFY: &str = "SELECT webhook_verify($1, $2, $3, $4, $5::text::interval)::text";

fn verify(client: &mut Client, timestamp: Option<&str>, signature: Option<&str>) -> String {
    let payload: &[u8] = b"x";
    let tolerance = "100 years";
    client.text(
        VERIFY,
        &[&payload, &signature, &timestamp, &SECRET, &tolerance],
    )
}

#[test]
fn whatever_stands_for_a_time_is_no_error() {
    let (_, mut client) = with_endpoint(&SERVER);
    let now = client.number("SELECT extract(epoch FROM now())");
    let signature = client.text(
        "SELECT signature FROM webhook_sign('x', $1, to_timestamp($2::text::bigint))",
        &[&SECRET, &now.to_string()],
    );
    let timestamps = [
        "",
        " ",
        "now",
        "-1",
        &format!("-{now}"),
        &format!("+{now}"),
        &format!(" {now}"),
        &format!("{now}.0"),
        &format!("{now}000"),
        "9223372036854775807",
        "9223372036854775808",
        "1000000000000000000000000000000",
        "1e30",
        "0x7fffffff",
        "٠١٢",
        "infinity",
    ];
    for timestamp in timestamps {
        assert_eq!(
            verify(&mut client, Some(timestamp), Some(&signature)),
            "false",
            "{timestamp}"
        );
        let headers =
            format!(r#"{{"Resend-Signature": "{signature}", "Resend-Timestamp": "{timestamp}"}}"#);
        let payload = b"x".to_vec();
        let reason = Signed { headers, payload }.reason(&mut client, "agent");
        assert!(
            ["malformed", "signature"].contains(&reason.as_str()),
            "{timestamp}: {reason}"
        );
    }
    assert_eq!(
        verify(&mut client, Some(&now.to_string()), Some(&signature)),
        "true"
    );
    assert_eq!(verify(&mut client, None, Some(&signature)), "false");
    assert_eq!(verify(&mut client, Some(&now.to_string()), None), "false");
}

/// Rightly signed, and too far away.
#[test]
fn right_signatures_of_wrong_times() {
    let mut client = SERVER.session();
    // HMAC-SHA256 of `timestamp.x` under the key `k`, by Python's hmac.
    for (timestamp, signature) in [
        (
            "-1",
            "e8bfd4dd04623449cc342ec6c10f97aeaff4d0ef2c807ceb423187608cd5256b",
        ),
        (
            "1e30",
            "06750e0cb5843fd728cd3e321a90b143b0fdbda4744de13a38a24c3ee5fc3b2c",
        ),
        (
            "1000000000000000000000000000000",
            "886a3b4b6b3c5bbdb39b8d015f7041e2643e221990ea197a650d9c03ea789a1b",
        ),
        (
            "",
            "46dca0e9e550bb21db5ca79fcfdb5ab38870a25c8294028020f21203ea7d65fc",
        ),
        (
            "0",
            "b3a0faba9028a72310b4195217a6ec49b3f98ce83a44c8d88194ce9a6e75b75a",
        ),
        (
            "253402300800",
            "135203a720b456ad0b6366b59721d0e2955493a2f00e1adbae4f05840d3404f1",
        ),
    ] {
        let payload: &[u8] = b"x";
        let verified = client.text(
            VERIFY,
            &[&payload, &signature, &timestamp, &"k", &"50 years"],
        );
        assert_eq!(verified, "false", "{timestamp}");
    }
}
