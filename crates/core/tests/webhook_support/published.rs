//! The vectors that providers publish, put into the requests that they stand for.

use serde_json::Value;

use super::{SECOND_US, Sample, form, text};

pub fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../vectors/webhook_vectors.json")).unwrap()
}

/// All but that of `vonage-jwt`, whose body was not published.
pub fn samples() -> Vec<Sample> {
    vectors()
        .iter()
        .filter(|vector| vector["scheme"] != "vonage-jwt")
        .map(sample)
        .collect()
}

fn sample(vector: &Value) -> Sample {
    let field = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
    let mut sample = Sample {
        scheme: scheme(text(vector, "scheme")),
        name: field("name"),
        secret: vector["secret"]
            .as_str()
            .unwrap_or_else(|| text(vector, "public_key"))
            .to_owned(),
        headers: Vec::new(),
        payload: field("body").into_bytes(),
        url: vector["url"].as_str().map(str::to_owned),
        method: vector["method"].as_str().unwrap_or("POST").to_owned(),
        now_us: field("timestamp").parse::<i64>().unwrap_or_default() * SECOND_US,
    };
    let parameters = parameters(vector);
    match sample.scheme {
        "vonage-sms" => {
            let signed = [parameters, vec![("sig".to_owned(), field("signature"))]].concat();
            sample.payload = form(&signed).into_bytes();
            sample.now_us = 1_385_047_698 * SECOND_US;
        }
        "messagebird-legacy" => {
            sample.url = Some(format!("https://example.com/?{}", form(&parameters)))
        }
        "plivo-v3" if sample.method == "GET" => {
            sample.url = Some(format!("{}&{}", field("url"), form(&parameters)));
        }
        _ if !parameters.is_empty() => sample.payload = form(&parameters).into_bytes(),
        _ => {}
    }
    if let Some(url) = vector["signed_url"].as_str() {
        sample.url = Some(url.to_owned());
    }
    sample.headers = headers(&mut sample, vector);
    sample
}

fn scheme(name: &str) -> &'static str {
    let name = match name {
        "standard-v1a" => "standard",
        "hmac-sha256-hex" => "github",
        name => name,
    };
    phone_crypt_core::webhook::find(name).unwrap().name()
}

fn parameters(vector: &Value) -> Vec<(String, String)> {
    let string = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(list) = vector["param_list"].as_array() {
        return list
            .iter()
            .map(|pair| (string(&pair[0]), string(&pair[1])))
            .collect();
    }
    let object = vector["params"].as_object().into_iter().flatten();
    object
        .map(|(name, value)| (name.clone(), string(value)))
        .collect()
}

fn headers(sample: &mut Sample, vector: &Value) -> Vec<(String, String)> {
    let field = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
    let signature = field("signature");
    let pairs: Vec<(&str, String)> = match text(vector, "scheme") {
        "twilio" if vector["algorithm"].is_string() => vec![
            ("X-Twilio-Signature", signature),
            (
                "X-Twilio-Webhooks-Signature-Settings",
                format!("key=,algorithm={}", field("algorithm")),
            ),
        ],
        "twilio" => vec![("X-Twilio-Signature", signature)],
        "plivo-v2" => vec![
            ("X-Plivo-Signature-V2", signature),
            ("X-Plivo-Signature-V2-Nonce", field("nonce")),
        ],
        "plivo-v3" => vec![
            ("X-Plivo-Signature-V3", signature),
            ("X-Plivo-Signature-V3-Nonce", field("nonce")),
        ],
        "vonage-sms" => vec![],
        "sinch-application" => {
            sample.now_us = 1_411_556_381 * SECOND_US;
            sample.url = Some(format!("https://callbacks.yourdomain.com{}", field("path")));
            vec![
                (
                    "authorization",
                    format!("application {}:{signature}", field("key")),
                ),
                ("x-timestamp", field("x_timestamp")),
                ("content-type", field("content_type")),
            ]
        }
        "sinch-webhook" => vec![
            ("x-sinch-webhook-signature", signature),
            ("x-sinch-webhook-signature-nonce", field("nonce")),
            ("x-sinch-webhook-signature-timestamp", field("timestamp")),
        ],
        "sinch-numbers" => vec![("x-sinch-signature", signature)],
        "messagebird-jwt" => {
            sample.now_us = 1_625_479_200 * SECOND_US;
            vec![(
                "MessageBird-Signature-JWT",
                format!("{}.{signature}", field("signing_input")),
            )]
        }
        "messagebird-legacy" | "bird" => vec![
            ("MessageBird-Signature", signature),
            ("MessageBird-Request-Timestamp", field("timestamp")),
        ],
        "telnyx" => vec![
            ("telnyx-signature-ed25519", signature),
            ("telnyx-timestamp", field("timestamp")),
        ],
        "standard" | "standard-v1a" => vec![
            ("webhook-id", field("id")),
            ("webhook-timestamp", field("timestamp")),
            ("webhook-signature", signature),
        ],
        "stripe" => vec![("Stripe-Signature", signature)],
        "elevenlabs" => vec![("ElevenLabs-Signature", signature)],
        "retell" => {
            sample.now_us /= 1000;
            vec![("X-Retell-Signature", signature)]
        }
        "github" => vec![("X-Hub-Signature-256", signature)],
        "hmac-sha256-hex" => vec![("X-Hub-Signature-256", format!("sha256={signature}"))],
        "slack" => vec![
            ("X-Slack-Signature", signature),
            ("X-Slack-Request-Timestamp", field("timestamp")),
        ],
        other => panic!("a vector of scheme {other}"),
    };
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
