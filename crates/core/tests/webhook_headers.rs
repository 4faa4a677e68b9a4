//! Headers as applications hand them over: names in any case, arrays, several signatures, repetitions.
#![allow(clippy::unwrap_used)]

mod webhook_support;

use phone_crypt_core::webhook::{Headers, MAX_HEADER_BYTES, MAX_SIGNATURES, Reason};
use serde_json::{Map, Value, json};
use webhook_support::{Sample, library_samples, sample, samples};

fn reason_of(sample: &Sample, headers: &Value) -> Reason {
    let headers = Headers::from_json(headers).unwrap();
    sample
        .outcome_of(&headers, &[sample.key()], sample.window())
        .reason
}

fn as_json(sample: &Sample, name: impl Fn(&str) -> String, value: impl Fn(&str) -> Value) -> Value {
    let fields = sample
        .headers
        .iter()
        .map(|(header, text)| (name(header), value(text)));
    Value::Object(fields.collect())
}

/// Whether the header is read as one value and not as a list of signatures.
fn is_single(sample: &Sample, name: &str) -> bool {
    let lists = [
        "signature",
        "Signature",
        "-ed25519",
        "-Ed25519",
        "-V2",
        "-V3",
        "-256",
    ];
    let is_list = lists.iter().any(|end| name.ends_with(end));
    !is_list || matches!(sample.scheme, "stripe" | "elevenlabs" | "retell")
}

#[test]
fn names_in_any_case() {
    for sample in samples() {
        let same = |text: &str| Value::from(text);
        for name in [str::to_lowercase, str::to_uppercase, str::to_owned] {
            assert_eq!(
                reason_of(&sample, &as_json(&sample, name, same)),
                Reason::Ok,
                "{}",
                sample.scheme
            );
        }
    }
}

#[test]
fn values_in_arrays() {
    for sample in samples() {
        let array = |text: &str| json!([text]);
        assert_eq!(
            reason_of(&sample, &as_json(&sample, str::to_owned, array)),
            Reason::Ok,
            "{}",
            sample.scheme
        );
    }
}

#[test]
fn other_headers_do_not_matter() {
    for sample in samples() {
        let mut headers = as_json(&sample, str::to_owned, |text| Value::from(text));
        let fields = headers.as_object_mut().unwrap();
        fields.insert("Content-Length".to_owned(), json!(12));
        fields.insert("X-Forwarded-For".to_owned(), json!(["a", "b"]));
        fields.insert("x-forwarded-for".to_owned(), json!({"a": null}));
        fields.insert("Cookie".to_owned(), json!("x\n".repeat(MAX_HEADER_BYTES)));
        assert_eq!(
            reason_of(&sample, &headers),
            Reason::Ok,
            "{}",
            sample.scheme
        );
    }
}

#[test]
fn a_header_twice() {
    for sample in library_samples() {
        for (name, value) in &sample.headers {
            let mut headers = as_json(&sample, str::to_owned, |text| Value::from(text));
            headers[name] = json!([value, value]);
            let expected = if is_single(&sample, name) {
                Reason::Malformed
            } else {
                Reason::Ok
            };
            assert_eq!(
                reason_of(&sample, &headers),
                expected,
                "{}: {name}",
                sample.scheme
            );
        }
    }
}

#[test]
fn a_name_in_two_spellings() {
    for sample in samples() {
        for (name, value) in &sample.headers {
            let mut headers = as_json(&sample, str::to_owned, |text| Value::from(text));
            let other = if *name == name.to_lowercase() {
                name.to_uppercase()
            } else {
                name.to_lowercase()
            };
            headers[other] = json!(value);
            assert_eq!(
                reason_of(&sample, &headers),
                Reason::Malformed,
                "{}: {name}",
                sample.scheme
            );
        }
    }
}

#[test]
fn values_that_are_no_text() {
    for sample in samples() {
        for (name, _) in &sample.headers {
            let with = |value: Value| {
                let mut headers = as_json(&sample, str::to_owned, |text| Value::from(text));
                headers[name] = value;
                reason_of(&sample, &headers)
            };
            for value in [
                json!(1),
                json!(true),
                json!({}),
                json!([1]),
                json!([null]),
                json!([[]]),
            ] {
                assert_eq!(with(value), Reason::Malformed, "{}: {name}", sample.scheme);
            }
            for value in [
                "\0",
                "\n",
                "\r\n",
                "\u{7f}",
                "x\ny",
                &"x".repeat(MAX_HEADER_BYTES + 1),
            ] {
                assert_eq!(
                    with(json!(value)),
                    Reason::Malformed,
                    "{}: {name}",
                    sample.scheme
                );
            }
            for value in [json!(null), json!([])] {
                assert_ne!(with(value), Reason::Ok, "{}: {name}", sample.scheme);
            }
        }
    }
}

#[test]
fn headers_that_are_no_object() {
    for json in [
        json!(null),
        json!([]),
        json!("x"),
        json!(1),
        json!([["a", "b"]]),
    ] {
        assert!(Headers::from_json(&json).is_none());
    }
}

#[test]
fn no_signature_at_all() {
    for sample in library_samples() {
        let empty = Value::Object(Map::new());
        if !matches!(sample.scheme, "vonage-sms" | "aws-sns") {
            assert_eq!(
                reason_of(&sample, &empty),
                Reason::NoSignature,
                "{}",
                sample.scheme
            );
            let blank = as_json(&sample, str::to_owned, |_| json!(""));
            assert_eq!(
                reason_of(&sample, &blank),
                Reason::NoSignature,
                "{}",
                sample.scheme
            );
        }
    }
    for authorization in ["Basic YTpi", "Bearer", "Bearer ", "Application x:y", "x"] {
        let headers = json!({"Authorization": authorization});
        assert_eq!(
            reason_of(&sample("vonage-jwt"), &headers),
            Reason::NoSignature,
            "{authorization}"
        );
    }
    for authorization in ["Basic YTpi", "application", "application x:", "Bearer x:y"] {
        let sinch = sample("sinch-application")
            .with(|sample| *sample.header("Authorization") = authorization.to_owned());
        assert_eq!(sinch.reason(), Reason::NoSignature, "{authorization}");
    }
    for (scheme, header, value) in [
        ("github", "X-Hub-Signature-256", "sha1=00"),
        ("slack", "X-Slack-Signature", "v1=00"),
        ("standard", "webhook-signature", "v2,00"),
        ("stripe", "Stripe-Signature", "t=1700000000,v0=00"),
        ("elevenlabs", "ElevenLabs-Signature", "t=1700000000"),
        ("plivo-v3", "X-Plivo-Signature-V3", ", ,"),
    ] {
        let other = sample(scheme).with(|sample| *sample.header(header) = value.to_owned());
        assert_eq!(other.reason(), Reason::NoSignature, "{scheme}");
    }
}

/// Header, separator, and a wrong signature of the right form.
const LISTS: [(&str, &str, &str, &str); 4] = [
    (
        "standard",
        "webhook-signature",
        " ",
        "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
    (
        "stripe",
        "Stripe-Signature",
        ",",
        "v1=0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "plivo-v2",
        "X-Plivo-Signature-V2",
        ",",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
    (
        "plivo-v3",
        "X-Plivo-Signature-V3",
        ",",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ),
];

#[test]
fn every_signature_of_a_list_is_tried() {
    for (scheme, header, separator, wrong) in LISTS {
        let right = sample(scheme).clone().header(header).clone();
        let put = |value: String| sample(scheme).with(|sample| *sample.header(header) = value);
        assert!(
            put(format!("{wrong}{separator}{right}")).is_ok(),
            "{scheme}"
        );
        assert!(
            put(format!("{right}{separator}{wrong}")).is_ok(),
            "{scheme}"
        );
        assert!(
            !put(format!("{wrong}{separator}{wrong}")).is_ok(),
            "{scheme}"
        );
    }
}

#[test]
fn signatures_in_an_array_are_tried() {
    for (scheme, header, wrong) in [
        ("phone-agent", "Resend-Signature", "00"),
        ("github", "X-Hub-Signature-256", "sha256=00"),
        ("twilio", "X-Twilio-Signature", "AAAA"),
        ("telnyx", "Telnyx-Signature-Ed25519", "AAAA"),
        ("plivo-v3", "X-Plivo-Signature-V3", "AAAA"),
        ("standard", "webhook-signature", "v1,AAAA"),
    ] {
        let sample = sample(scheme);
        let right = sample.clone().header(header).clone();
        let mut headers = as_json(&sample, str::to_owned, |text| Value::from(text));
        for (values, expected) in [
            (json!([wrong, right]), Reason::Ok),
            (json!([right, "", wrong]), Reason::Ok),
            (json!([wrong, wrong]), Reason::Signature),
        ] {
            headers[header] = values;
            assert_eq!(reason_of(&sample, &headers), expected, "{scheme}");
        }
    }
}

/// Plivo sends the main account's signature along with the subaccount's.
#[test]
fn the_signature_of_a_main_account() {
    for version in ["V2", "V3"] {
        let moved = sample(&format!("plivo-{}", version.to_lowercase())).with(|sample| {
            let (name, main) = (
                format!("X-Plivo-Signature-{version}"),
                format!("X-Plivo-Signature-Ma-{version}"),
            );
            let signature = std::mem::replace(sample.header(&name), "AAAA".to_owned());
            sample.headers.push((main, signature));
        });
        assert!(moved.is_ok());
    }
}

#[test]
fn there_is_a_limit_to_the_signatures_tried() {
    let right = sample("standard").header("webhook-signature").clone();
    let with = |wrong: usize| {
        let list = "v1,AAAA ".repeat(wrong) + &right;
        sample("standard")
            .with(|sample| *sample.header("webhook-signature") = list)
            .reason()
    };
    assert_eq!(with(MAX_SIGNATURES - 1), Reason::Ok);
    assert_eq!(with(MAX_SIGNATURES), Reason::Malformed);
}

/// Svix sends both families; one of them is used, whole.
#[test]
fn families_of_names_are_not_mixed() {
    let both = sample("standard").with(|sample| {
        sample
            .headers
            .push(("svix-id".to_owned(), "another".to_owned()));
        sample
            .headers
            .push(("svix-signature".to_owned(), "v1,AAAA".to_owned()));
    });
    assert_eq!(both.outcome().message.unwrap().id(), Some("msg_1"));
    let mixed = sample("standard").with(|sample| sample.headers[0].0 = "svix-id".to_owned());
    assert_eq!(mixed.reason(), Reason::Malformed);
}

#[test]
fn settings_of_twilio() {
    let with = |settings: &str| {
        let twilio = sample("twilio").with(|sample| {
            let name = "X-Twilio-Webhooks-Signature-Settings".to_owned();
            sample.headers.push((name, settings.to_owned()));
        });
        twilio.reason()
    };
    for settings in [
        "",
        "key=x",
        "algorithm=HMAC_SHA1",
        "key=x, algorithm=HMAC_SHA1",
        "version=2,algorithm=HMAC_SHA1",
    ] {
        assert_eq!(with(settings), Reason::Ok, "{settings}");
    }
    assert_eq!(with("algorithm=HMAC_SHA256"), Reason::Signature);
    for settings in [
        "algorithm=none",
        "algorithm=",
        "algorithm=HMAC_SHA1,algorithm=HMAC_SHA1",
        "algorithm=HMAC_MD5",
    ] {
        assert_eq!(with(settings), Reason::Malformed, "{settings}");
    }
}

#[test]
fn secrets_that_are_none() {
    use phone_crypt_core::webhook::{KeyError, find};
    let key = |scheme: &str, secret: &str| find(scheme).unwrap().key(secret).unwrap_err();
    assert_eq!(key("standard", "whsec_"), KeyError::Empty);
    assert_eq!(key("standard", "whsec_!"), KeyError::NotBase64);
    assert_eq!(key("standard", "whsec_AAA=A"), KeyError::NotBase64);
    assert_eq!(key("standard", "whsec_AAAA="), KeyError::NotBase64);
    assert_eq!(key("standard", "whsk_AAAA"), KeyError::PrivateKey);
    assert_eq!(key("standard", "whpk_AAAA"), KeyError::NotAPublicKey);
    assert_eq!(
        key("sinch-application", "669E367E-6BBA"),
        KeyError::NotBase64
    );
    assert_eq!(
        key("aws-sns", "-----BEGIN CERTIFICATE-----"),
        KeyError::NotACertificate
    );
    let shown = format!("{:?}", sample("stripe").key());
    assert!(!shown.contains("secret of some length"));
}
