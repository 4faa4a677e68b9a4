//! What is changed after it was signed is refused: body, URL, parameters, times, ids, keys, signatures.
//!
//! Amazon's messages, whose signature stands in the body, have tests of their own in `webhook_sns`.
#![allow(clippy::unwrap_used)]

mod webhook_support;

use phone_crypt_core::webhook::Reason;
use webhook_support::{Sample, sample};

/// The header whose value has the signature.
fn signature_header(scheme: &str) -> Option<&'static str> {
    Some(match scheme {
        "phone-agent" => "Resend-Signature",
        "twilio" => "X-Twilio-Signature",
        "telnyx" => "telnyx-signature-ed25519",
        "vonage-jwt" | "sinch-application" => "Authorization",
        "stripe" => "Stripe-Signature",
        "github" => "X-Hub-Signature-256",
        "slack" => "X-Slack-Signature",
        "plivo-v2" => "X-Plivo-Signature-V2",
        "plivo-v3" => "X-Plivo-Signature-V3",
        "sinch-webhook" => "x-sinch-webhook-signature",
        "sinch-numbers" => "x-sinch-signature",
        "bird" | "messagebird-legacy" => "messagebird-signature",
        "messagebird-jwt" => "MessageBird-Signature-JWT",
        "elevenlabs" => "ElevenLabs-Signature",
        "retell" => "X-Retell-Signature",
        _ => return None,
    })
}

/// The name and the signature itself, which ends its header.
fn signature(sample: &Sample) -> (String, String) {
    let is_svix = sample
        .headers
        .iter()
        .any(|(name, _)| name == "Svix-signature");
    let name = match sample.scheme {
        "standard" if is_svix => "svix-signature",
        "standard" => "webhook-signature",
        scheme => signature_header(scheme).unwrap(),
    };
    let value = sample.clone().header(name).clone();
    let start = match sample.scheme {
        "vonage-jwt" | "messagebird-jwt" => value.rfind('.'),
        "sinch-application" => value.rfind(':'),
        "standard" | "plivo-v3" => value.rfind(','),
        "stripe" => value
            .find("v1=1")
            .or(value.rfind("v1="))
            .map(|start| start + 2),
        "github" | "slack" | "elevenlabs" | "retell" => value.rfind('='),
        _ => None,
    };
    (
        name.to_owned(),
        value[start.map_or(0, |start| start + 1)..].to_owned(),
    )
}

/// Those whose signature is in a header, alone at its end.
fn with_signature_header() -> Vec<(Sample, String, String)> {
    let samples = samples()
        .into_iter()
        .filter(|sample| sample.scheme != "vonage-sms");
    let samples = samples.filter(|sample| sample.name != "other items");
    samples
        .map(|sample| {
            let (name, signature) = signature(&sample);
            (sample, name, signature)
        })
        .collect()
}

fn samples() -> Vec<Sample> {
    let samples = webhook_support::samples().into_iter();
    samples
        .filter(|sample| sample.scheme != "aws-sns")
        .collect()
}

fn assert_refused(sample: &Sample, what: &str) {
    let outcome = sample.outcome();
    assert!(
        !outcome.is_ok(),
        "{} {}: {what}",
        sample.scheme,
        sample.name
    );
    assert!(
        outcome.message.is_none(),
        "{} {}: {what}",
        sample.scheme,
        sample.name
    );
}

fn flipped(text: &str, index: usize, bit: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[index] ^= 1 << bit;
    String::from_utf8(bytes).ok()
}

#[test]
fn one_bit_of_the_body() {
    // Plivo's second scheme signs no body.
    for sample in samples()
        .iter()
        .filter(|sample| sample.scheme != "plivo-v2")
    {
        let is_form = matches!(sample.scheme, "twilio" | "plivo-v3" | "vonage-sms");
        for index in 0..sample.payload.len() {
            // In a form `%2b` is `%2B`.
            let bit = if is_form { index % 5 } else { index % 8 };
            let changed = sample.with(|sample| sample.payload[index] ^= 1 << bit);
            assert_refused(&changed, &format!("byte {index}, bit {bit}"));
        }
    }
}

#[test]
fn a_longer_and_a_shorter_body() {
    for sample in samples()
        .iter()
        .filter(|sample| sample.scheme != "plivo-v2")
    {
        let longer = sample.with(|sample| sample.payload.extend_from_slice(b"a"));
        assert_refused(&longer, "one more byte");
        if !sample.payload.is_empty() {
            let shorter = sample.with(|sample| sample.payload.truncate(sample.payload.len() - 1));
            assert_refused(&shorter, "one byte less");
            assert_refused(&sample.with(|sample| sample.payload.clear()), "no body");
        }
    }
}

/// Which part of the URL is signed.
fn signed_part(scheme: &str, url: &str) -> std::ops::Range<usize> {
    let query = url.find('?').unwrap_or(url.len());
    match scheme {
        "twilio" | "plivo-v3" | "bird" | "messagebird-jwt" => 0..url.len(),
        "plivo-v2" => 0..query,
        "sinch-application" => url.find("com/").unwrap() + 3..query,
        "messagebird-legacy" => query + 1..url.len(),
        _ => 0..0,
    }
}

#[test]
fn one_bit_of_the_url() {
    let mut changes = 0;
    for sample in samples() {
        let url = sample.url.clone().unwrap_or_default();
        let is_port = |index: usize| url[..index].contains("com:") && !url[..index].contains("/x");
        for index in signed_part(sample.scheme, &url) {
            // A port is not signed, nor is the case of an escape where parameters are signed decoded.
            let is_unsigned = sample.scheme == "twilio" && is_port(index + 1);
            let Some(changed) = flipped(&url, index, 0).filter(|_| !is_unsigned) else {
                continue;
            };
            changes += 1;
            assert_refused(
                &sample.with(|sample| sample.url = Some(changed)),
                &format!("byte {index}"),
            );
        }
    }
    assert!(changes > 1000);
}

#[test]
fn another_url() {
    for sample in samples() {
        let url = sample.url.clone().unwrap_or_default();
        if signed_part(sample.scheme, &url).is_empty() {
            continue;
        }
        let changed = |url: Option<String>| sample.with(|sample| sample.url = url);
        if sample.scheme != "messagebird-legacy" {
            assert_eq!(
                changed(None).reason(),
                Reason::Malformed,
                "{}",
                sample.scheme
            );
            assert_eq!(changed(Some(String::new())).reason(), Reason::Malformed);
        }
        let query = url.find('?').unwrap_or(url.len());
        let longer = format!("{}z{}", &url[..query], &url[query..]);
        if sample.scheme != "messagebird-legacy" {
            assert_refused(&changed(Some(longer)), "a longer path");
        }
        if !matches!(sample.scheme, "plivo-v2" | "sinch-application") {
            let separator = if url.contains('?') { '&' } else { '?' };
            assert_refused(
                &changed(Some(format!("{url}{separator}z=1"))),
                "one more parameter",
            );
        }
    }
}

#[test]
fn another_method_where_it_is_signed() {
    for sample in samples()
        .iter()
        .filter(|sample| sample.scheme == "sinch-application")
    {
        assert!(
            sample
                .with(|sample| sample.method.make_ascii_lowercase())
                .is_ok()
        );
        assert_refused(
            &sample.with(|sample| sample.method = "PUT".to_owned()),
            "PUT",
        );
    }
}

#[test]
fn one_bit_of_any_header() {
    for sample in samples() {
        for (index, (name, value)) in sample.headers.iter().enumerate() {
            let start = match (sample.scheme, name.as_str()) {
                // The algorithm's name is an announcement; the key before the signature is Sinch's affair.
                ("twilio", "X-Twilio-Webhooks-Signature-Settings") => value.find("SHA").unwrap(),
                ("sinch-application", "authorization" | "Authorization") => {
                    value.find(':').unwrap()
                }
                ("plivo-v3", "X-Plivo-Signature-V3") => {
                    value.find(',').map_or(0, |comma| comma + 1)
                }
                ("stripe", _) if sample.name == "other items" => continue,
                _ => 0,
            };
            for byte in start..value.len() {
                // The case of Bearer does not matter.
                let is_kind = value.starts_with("Bearer ") && byte < 6;
                let bit = if is_kind { byte % 5 } else { byte % 8 } as u8;
                if let Some(changed) = flipped(value, byte, bit) {
                    let changed = sample.with(|sample| sample.headers[index].1 = changed);
                    assert_refused(&changed, &format!("{name}: byte {byte}, bit {bit}"));
                }
            }
        }
    }
}

#[test]
fn a_header_less() {
    for sample in samples() {
        for index in 0..sample.headers.len() {
            let changed = sample.with(|sample| {
                sample.headers.remove(index);
            });
            assert_refused(&changed, &sample.headers[index].0);
        }
    }
}

#[test]
fn another_secret() {
    for sample in samples() {
        let other = match sample.scheme {
            // RFC 8032 section 7.1, test 2.
            "telnyx" => "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=".to_owned(),
            "standard" if sample.secret.starts_with("whpk_") => {
                "whpk_PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=".to_owned()
            }
            "standard" | "sinch-application" => {
                let start = sample.secret.find('_').map_or(0, |prefix| prefix + 1);
                let other = if sample.secret[start..].starts_with('A') {
                    'B'
                } else {
                    'A'
                };
                format!(
                    "{}{other}{}",
                    &sample.secret[..start],
                    &sample.secret[start + 1..]
                )
            }
            _ => flipped(&sample.secret, 0, 0).unwrap(),
        };
        assert_ne!(other, sample.secret);
        assert_eq!(
            sample.with(|sample| sample.secret = other).reason(),
            Reason::Signature,
            "{}",
            sample.scheme
        );
    }
}

#[test]
fn spoilt_signatures() {
    for (sample, name, signature) in with_signature_header() {
        let put = |new: &str| {
            sample.with(|sample| {
                let value = sample.header(&name);
                value.truncate(value.len() - signature.len());
                value.push_str(new);
            })
        };
        assert!(put(&signature).is_ok(), "{}", sample.scheme);
        assert_refused(&put(""), "empty");
        assert_refused(&put(&signature[1..]), "without its first character");
        assert_refused(
            &put(&signature[..signature.len() - 1]),
            "without its last character",
        );
        assert_refused(&put(&signature[..signature.len() / 2]), "half of it");
        assert_refused(&put(&format!("{signature}{signature}")), "doubled");
        assert_refused(&put(&format!("{signature}=")), "padded");
        assert_refused(&put(&signature.to_uppercase()), "in upper case");
        assert_refused(&put(&signature.replacen(|_| true, "%41", 1)), "quoted");
        assert_refused(&put(&format!("\"{signature}\"")), "in quotes");
        assert_refused(&put(&format!("{signature}\n")), "with a line feed");
        assert_refused(&put(&"0".repeat(signature.len())), "zeros");
        assert_refused(&put(&"A".repeat(10_000_000)), "ten megabytes");
    }
}

/// The parameter `sig` of a form.
#[test]
fn spoilt_signatures_among_parameters() {
    let is_form =
        |sample: &Sample| sample.scheme == "vonage-sms" && sample.payload.starts_with(b"text");
    for sample in samples().into_iter().filter(is_form) {
        let payload = String::from_utf8(sample.payload.clone()).unwrap();
        let (rest, signature) = payload.split_once("&sig=").unwrap();
        let reason = |payload: String| {
            sample
                .with(|sample| sample.payload = payload.into_bytes())
                .reason()
        };
        assert_eq!(reason(rest.to_owned()), Reason::NoSignature);
        assert_eq!(reason(format!("{rest}&sig=")), Reason::NoSignature);
        assert_eq!(
            reason(format!("{rest}&sig={signature}{signature}")),
            Reason::Signature
        );
        assert_eq!(
            reason(format!("{rest}&sig={}", &signature[1..])),
            Reason::Signature
        );
        assert_eq!(
            reason(format!("{payload}&sig={signature}")),
            Reason::Malformed
        );
        assert_eq!(
            reason(format!("{payload}&timestamp=1700000000")),
            Reason::Malformed
        );
        assert_eq!(reason(format!("{payload}&a%26b=1")), Reason::Malformed);
        let mixed = format!(
            "{}{}",
            &signature[..8].to_lowercase(),
            &signature[8..].to_uppercase()
        );
        if mixed != signature {
            assert_eq!(reason(format!("{rest}&sig={mixed}")), Reason::Signature);
        }
    }
}

/// With the nonce next to the body, a nonce with dots could take a part of the body along.
#[test]
fn what_was_signed_cannot_be_cut_elsewhere() {
    let sinch = sample("sinch-webhook");
    let moved = sinch.with(|sample| {
        let body = String::from_utf8(sample.payload.clone()).unwrap();
        let (kept, taken) = body.split_once('.').unwrap();
        sample.payload = kept.as_bytes().to_vec();
        let nonce = sample.header("x-sinch-webhook-signature-nonce");
        *nonce = format!("{taken}.{nonce}");
    });
    assert_eq!(moved.reason(), Reason::Malformed);

    let retell = sample("retell");
    let moved = retell.with(|sample| {
        let header = sample.header("X-Retell-Signature");
        *header = header.replacen("v=1", "v=", 1);
        sample.payload.push(b'1');
    });
    assert_eq!(moved.reason(), Reason::Malformed);

    let standard = sample("standard");
    let moved = standard.with(|sample| {
        let id = sample.header("webhook-id");
        *id = format!("{id}.1700000000");
    });
    assert_eq!(moved.reason(), Reason::Malformed);
}

/// Public snippets for Telnyx make an HMAC with the public key, as anybody can.
#[test]
fn an_hmac_under_a_public_key_is_no_signature() {
    let mut telnyx = sample("telnyx");
    let slack = sample("slack");
    let forged = slack.clone().header("X-Slack-Signature").clone();
    for signature in [forged.as_str(), &forged[3..], "AAAA"] {
        *telnyx.header("telnyx-signature-ed25519") = signature.to_owned();
        assert_eq!(telnyx.reason(), Reason::Signature);
    }
    // The point of order one, under which some signatures are right for many messages.
    let weak = [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ];
    for key in weak.iter().chain(&[
        "",
        "AAAA",
        "not base64",
        "whpk_",
        "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw==",
    ]) {
        assert!(telnyx.scheme().key(key).is_err(), "{key}");
    }
}
