//! Any bytes as a request: no scheme panics, none accepts it, and what we sign ourselves is accepted.
//!
//! The lines of the input are the URL, the values of the scheme's headers, and the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::webhook::{Headers, Key, Request, Window, find, sign, verify};

const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PUBLIC_KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const NOW_US: i64 = 1_700_000_000_000_000;

/// What each scheme reads.
const NAMES: [(&str, &[&str]); 20] = [
    ("phone-agent", &["resend-signature", "resend-timestamp"]),
    (
        "standard",
        &["webhook-signature", "webhook-timestamp", "webhook-id"],
    ),
    (
        "twilio",
        &["x-twilio-signature", "x-twilio-webhooks-signature-settings"],
    ),
    ("telnyx", &["telnyx-signature-ed25519", "telnyx-timestamp"]),
    ("vonage-jwt", &["authorization"]),
    ("stripe", &["stripe-signature"]),
    ("github", &["x-hub-signature-256"]),
    ("slack", &["x-slack-signature", "x-slack-request-timestamp"]),
    ("vonage-sms", &[]),
    (
        "plivo-v2",
        &["x-plivo-signature-v2", "x-plivo-signature-v2-nonce"],
    ),
    (
        "plivo-v3",
        &["x-plivo-signature-v3", "x-plivo-signature-v3-nonce"],
    ),
    (
        "sinch-application",
        &["authorization", "x-timestamp", "content-type"],
    ),
    (
        "sinch-webhook",
        &[
            "x-sinch-webhook-signature",
            "x-sinch-webhook-signature-timestamp",
            "x-sinch-webhook-signature-nonce",
        ],
    ),
    ("sinch-numbers", &["x-sinch-signature"]),
    (
        "bird",
        &["messagebird-signature", "messagebird-request-timestamp"],
    ),
    ("messagebird-jwt", &["messagebird-signature-jwt"]),
    (
        "messagebird-legacy",
        &["messagebird-signature", "messagebird-request-timestamp"],
    ),
    ("elevenlabs", &["elevenlabs-signature"]),
    ("retell", &["x-retell-signature"]),
    ("aws-sns", &[]),
];

fuzz_target!(|bytes: &[u8]| {
    for (scheme, names) in NAMES {
        let mut lines = bytes.splitn(names.len() + 2, |byte| *byte == b'\n');
        let mut text = || std::str::from_utf8(lines.next().unwrap_or_default()).ok();
        let url = text();
        let values: Option<Vec<&str>> = names.iter().map(|_| text()).collect();
        let Some(values) = values else { continue };
        let payload = lines.next().unwrap_or_default();
        let headers = Headers::from_pairs(names.iter().copied().zip(values));
        for method in ["POST", "GET"] {
            read(
                scheme,
                &Request {
                    headers: &headers,
                    payload,
                    url,
                    method,
                },
            );
        }
    }
    write_and_read(bytes);
});

fn window() -> Window {
    Window {
        now_us: NOW_US,
        tolerance_us: 300_000_000,
    }
}

fn read(name: &str, request: &Request<'_>) {
    let scheme = find(name).expect("these schemes exist");
    let keys: Vec<Key> = [SECRET, PUBLIC_KEY]
        .iter()
        .flat_map(|key| scheme.key(key))
        .collect();
    let outcome = verify(scheme, request, &keys, window());
    assert!(!outcome.is_ok() && outcome.message.is_none());
}

fn write_and_read(payload: &[u8]) {
    let (signature, timestamp) = sign(payload, SECRET, NOW_US).expect("the secret is not empty");
    let pairs = [
        ("Resend-Signature", signature.as_str()),
        ("Resend-Timestamp", timestamp.as_str()),
    ];
    let headers = Headers::from_pairs(pairs);
    let request = Request {
        headers: &headers,
        payload,
        url: None,
        method: "POST",
    };
    let scheme = find("phone-agent").expect("this scheme exists");
    let keys = [scheme.key(SECRET).expect("the secret is not empty")];
    assert!(verify(scheme, &request, &keys, window()).is_ok());
}
