//! Times: within the window at both edges, refused beyond; and what is no time at all.

mod webhook_support;

use phone_crypt_core::webhook::{Outcome, Reason, Window, find};
use webhook_support::{SECOND_US, Sample, TOLERANCE_US, library_samples, sample};

/// The two whose times cannot be told without a JWT of one's own are tested in `webhook_jwt`.
fn with_a_time() -> Vec<Sample> {
    let has_time =
        |sample: &Sample| sample.scheme().signs_time() && sample.scheme != "messagebird-jwt";
    library_samples()
        .into_iter()
        .filter(|sample| has_time(sample) && sample.name != "limits that hold")
        .collect()
}

fn at(sample: &Sample, now_us: i64, tolerance_us: i64) -> Outcome {
    sample.outcome_with(
        &[sample.key()],
        Window {
            now_us,
            tolerance_us,
        },
    )
}

#[test]
fn both_edges_of_the_window() {
    for sample in with_a_time() {
        let reason = |from_signing_us: i64, tolerance_us: i64| {
            at(
                &sample,
                sample.now_us.saturating_add(from_signing_us),
                tolerance_us,
            )
            .reason
        };
        for tolerance_us in [0, 1, SECOND_US, TOLERANCE_US, 3600 * SECOND_US] {
            assert_eq!(
                reason(tolerance_us, tolerance_us),
                Reason::Ok,
                "{}",
                sample.scheme
            );
            assert_eq!(
                reason(-tolerance_us, tolerance_us),
                Reason::Ok,
                "{}",
                sample.scheme
            );
            assert_eq!(
                reason(tolerance_us + 1, tolerance_us),
                Reason::TooOld,
                "{}",
                sample.scheme
            );
            assert_eq!(
                reason(-tolerance_us - 1, tolerance_us),
                Reason::InTheFuture,
                "{}",
                sample.scheme
            );
        }
        assert_eq!(reason(0, -1), Reason::Ok);
        assert_eq!(reason(1, i64::MIN), Reason::TooOld);
        assert_eq!(reason(-1, i64::MIN), Reason::InTheFuture);
        assert_eq!(reason(i64::MAX, TOLERANCE_US), Reason::TooOld);
        assert_eq!(reason(i64::MIN, TOLERANCE_US), Reason::InTheFuture);
        assert_eq!(reason(i64::MAX, i64::MAX), Reason::Ok);
    }
}

/// What is refused for its time alone is the provider's, and can be told so.
#[test]
fn a_message_is_known_whatever_its_time() {
    for sample in with_a_time() {
        let known = sample.outcome().message;
        assert!(known.is_some());
        for now_us in [0, sample.now_us * 2] {
            assert_eq!(
                at(&sample, now_us, TOLERANCE_US).message,
                known,
                "{}",
                sample.scheme
            );
        }
    }
}

#[test]
fn without_a_signed_time_a_message_never_gets_old() {
    for sample in library_samples()
        .iter()
        .filter(|sample| !sample.scheme().signs_time())
    {
        for now_us in [i64::MIN, 0, i64::MAX] {
            assert!(at(sample, now_us, 0).is_ok(), "{}", sample.scheme);
        }
    }
}

/// The header with the time of each scheme that has one, and what stands around the time.
const HEADERS: [(&str, &str, &str); 10] = [
    ("phone-agent", "Resend-Timestamp", ""),
    ("standard", "webhook-timestamp", ""),
    ("telnyx", "Telnyx-Timestamp", ""),
    ("slack", "X-Slack-Request-Timestamp", ""),
    ("sinch-webhook", "x-sinch-webhook-signature-timestamp", ""),
    ("bird", "MessageBird-Request-Timestamp", ""),
    ("messagebird-legacy", "MessageBird-Request-Timestamp", ""),
    ("stripe", "Stripe-Signature", "t="),
    ("elevenlabs", "ElevenLabs-Signature", "t="),
    ("retell", "X-Retell-Signature", "v="),
];

#[test]
fn what_is_no_time() {
    let ten_to_30 = format!("1{}", "0".repeat(30));
    for (scheme, header, before) in HEADERS {
        let original = sample(scheme);
        let digits = original.now_us / if scheme == "retell" { 1000 } else { SECOND_US };
        let put = |time: &str| {
            let from = format!("{before}{digits}");
            original.with(|sample| {
                let value = sample.header(header);
                assert!(value.contains(&from), "{scheme}");
                *value = value.replacen(&from, &format!("{before}{time}"), 1);
            })
        };
        assert!(put(&digits.to_string()).is_ok());
        for time in [
            "",
            " ",
            "now",
            "-1",
            "+1",
            "-1700000000",
            "+1700000000",
            "1700000000.0",
            "1.7e9",
            "0x65536F00",
            "1_700_000_000",
            " 1700000000",
            "1700000000 ",
            "1700000000\t",
            "١٧٠٠٠٠٠٠٠٠",
            "１７００００００００",
            "2023-11-14T22:13:20Z",
            "9223372036855",
            "9223372036854775808",
            "NaN",
            "infinity",
            ten_to_30.as_str(),
        ] {
            // Retell's times are 13 digits, whatever they say.
            if scheme != "retell" || time.len() != 13 {
                assert_eq!(put(time).reason(), Reason::Malformed, "{scheme}: {time}");
            }
        }
    }
}

/// Milliseconds where seconds belong are a time in 55,840; the other way round they are none.
#[test]
fn milliseconds_for_seconds() {
    use phone_crypt_core::webhook::{sign, verify_signature};
    let now_us = 1_700_000_000 * SECOND_US;
    let (signature, timestamp) = sign(b"", "secret", now_us * 1000).unwrap();
    assert_eq!(timestamp, "1700000000000");
    let signed = sample("phone-agent").with(|sample| {
        *sample.header("Resend-Signature") = signature.clone();
        *sample.header("Resend-Timestamp") = timestamp.clone();
        sample.payload.clear();
        sample.secret = "secret".to_owned();
    });
    assert_eq!(signed.reason(), Reason::InTheFuture);
    let window = |tolerance_us| Window {
        now_us,
        tolerance_us,
    };
    assert!(!verify_signature(
        b"",
        &signature,
        &timestamp,
        "secret",
        window(TOLERANCE_US)
    ));
    assert!(verify_signature(
        b"",
        &signature,
        &timestamp,
        "secret",
        window(i64::MAX)
    ));

    let seconds = sample("retell").with(|sample| {
        let header = sample.header("X-Retell-Signature");
        *header = header.replace("v=1700000000000", "v=1700000000");
    });
    assert_eq!(seconds.reason(), Reason::Malformed);
}

/// A wrong signature is never said to be old: the reason would tell which messages were the provider's.
#[test]
fn the_signature_comes_before_the_time() {
    for sample in with_a_time() {
        let other = find("github").unwrap().key("another secret").unwrap();
        for now_us in [0, sample.now_us, sample.now_us * 2] {
            let window = Window {
                now_us,
                tolerance_us: TOLERANCE_US,
            };
            let outcome = sample.outcome_with(std::slice::from_ref(&other), window);
            assert_eq!(outcome.reason, Reason::Signature, "{}", sample.scheme);
        }
    }
}
