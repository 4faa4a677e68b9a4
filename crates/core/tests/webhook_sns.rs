//! Messages of Amazon SNS: all of it stands in the body.
#![allow(clippy::unwrap_used)]

mod webhook_support;

use phone_crypt_core::webhook::{KeyError, Reason, find};
use serde_json::{Value, json};
use webhook_support::{Sample, library_samples};

fn messages() -> Vec<Sample> {
    library_samples()
        .into_iter()
        .filter(|sample| sample.scheme == "aws-sns")
        .collect()
}

fn members(sample: &Sample) -> Value {
    serde_json::from_slice(&sample.payload).unwrap()
}

/// The message with another body.
fn with(sample: &Sample, body: &str) -> Sample {
    sample.with(|sample| sample.payload = body.as_bytes().to_vec())
}

/// The message with one member changed; null removes it.
fn put(sample: &Sample, name: &str, value: Value) -> Sample {
    let mut members = members(sample);
    if value.is_null() {
        members.as_object_mut().unwrap().remove(name);
    } else {
        members[name] = value;
    }
    with(sample, &members.to_string())
}

const SIGNED: [&str; 8] = [
    "Message",
    "MessageId",
    "Subject",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

#[test]
fn both_versions_of_three_kinds_are_accepted() {
    assert_eq!(messages().len(), 6);
    for sample in messages() {
        let outcome = sample.outcome();
        assert_eq!(outcome.reason, Reason::Ok, "{}", sample.name);
        let message = outcome.message.unwrap();
        assert_eq!(message.id(), members(&sample)["MessageId"].as_str());
    }
}

#[test]
fn the_order_of_members_and_what_is_not_signed_do_not_matter() {
    for sample in messages() {
        assert!(put(&sample, "More", json!(1)).is_ok());
        let spaced = serde_json::to_string_pretty(&members(&sample)).unwrap();
        assert!(with(&sample, &spaced).is_ok());
    }
}

#[test]
fn one_bit_of_a_signed_member() {
    for sample in messages() {
        for name in SIGNED {
            let Some(value) = members(&sample)[name].as_str().map(str::to_owned) else {
                continue;
            };
            for index in 0..value.len() {
                let mut bytes = value.clone().into_bytes();
                bytes[index] ^= 1;
                if let Ok(changed) = String::from_utf8(bytes) {
                    let changed = put(&sample, name, json!(changed));
                    assert!(!changed.is_ok(), "{}: {name}, byte {index}", sample.name);
                }
            }
            assert!(
                !put(&sample, name, json!(format!("{value} "))).is_ok(),
                "{name}"
            );
            assert!(!put(&sample, name, json!(null)).is_ok(), "{name}");
            assert_eq!(
                put(&sample, name, json!([value])).reason(),
                Reason::Malformed,
                "{name}"
            );
        }
    }
}

#[test]
fn spoilt_signatures() {
    for sample in messages() {
        let signature = members(&sample)["Signature"].as_str().unwrap().to_owned();
        let reason = |signature: Value| put(&sample, "Signature", signature).reason();
        for index in (0..signature.len()).step_by(7) {
            let mut bytes = signature.clone().into_bytes();
            bytes[index] ^= 1;
            assert_eq!(
                reason(json!(String::from_utf8(bytes).unwrap())),
                Reason::Signature
            );
        }
        assert_eq!(reason(json!(&signature[1..])), Reason::Signature);
        assert_eq!(reason(json!(signature.repeat(2))), Reason::Signature);
        assert_eq!(reason(json!(signature.to_uppercase())), Reason::Signature);
        assert_eq!(reason(json!("AAAA")), Reason::Signature);
        for none in [json!(""), json!(null), json!(1), json!([signature])] {
            assert_eq!(reason(none), Reason::NoSignature);
        }
        let other = if sample.name.ends_with('1') { "2" } else { "1" };
        assert_eq!(
            put(&sample, "SignatureVersion", json!(other)).reason(),
            Reason::Signature
        );
        for none in [json!(null), json!(1), json!("3"), json!("")] {
            assert_eq!(
                put(&sample, "SignatureVersion", none).reason(),
                Reason::Malformed
            );
        }
    }
}

#[test]
fn an_address_that_is_not_amazons() {
    for sample in messages() {
        let other = put(
            &sample,
            "SigningCertURL",
            json!("https://sns.example.com/x.pem"),
        );
        assert_eq!(other.reason(), Reason::Signature);
        assert_eq!(
            put(&sample, "SigningCertURL", json!(null)).reason(),
            Reason::Malformed
        );
    }
}

/// With line feeds in it, a subject could take over other members.
#[test]
fn line_feeds_where_none_can_be() {
    for sample in messages() {
        for name in ["Subject", "Token", "MessageId"] {
            if let Some(value) = members(&sample)[name].as_str() {
                let changed = put(&sample, name, json!(format!("{value}\nTimestamp\nx")));
                assert_eq!(changed.reason(), Reason::Malformed, "{name}");
            }
        }
    }
}

#[test]
fn bodies_that_are_no_message() {
    let sample = &messages()[0];
    let right = members(sample).to_string();
    let repeated = right.replacen('{', "{\"Message\":\"x\",", 1);
    for body in ["", "{}", "[]", "null", "x", &right[1..], &repeated] {
        assert!(!with(sample, body).is_ok(), "{body}");
    }
    assert_eq!(with(sample, &repeated).reason(), Reason::Malformed);
}

/// Made with `openssl req -x509 -newkey …`: an RSA key of 1024 bits, and an elliptic curve.
#[test]
fn certificates_that_are_none() {
    let scheme = find("aws-sns").unwrap();
    let right = &messages()[0].secret;
    assert!(scheme.key(right).is_ok());
    assert!(scheme.key(&format!("\n{right}\n\n")).is_ok());
    let weak = include_str!("vectors/certificates/rsa-1024.pem");
    let curve = include_str!("vectors/certificates/p-256.pem");
    let cut = &right[..right.len() / 2];
    let bare = right.replace("-----BEGIN CERTIFICATE-----", "");
    for text in ["", "x", weak, curve, cut, &bare] {
        assert_eq!(scheme.key(text).unwrap_err(), KeyError::NotACertificate);
    }
}
