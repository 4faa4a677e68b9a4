//! Tokens: the algorithm is the scheme's, the times hold, the hashes are there and right, names are unique.
#![allow(clippy::unwrap_used)]

mod webhook_support;

use phone_crypt_core::crypto::primitives::hmac_sha256::HmacKey;
use phone_crypt_core::webhook::{Reason, Window};
use serde_json::{Value, json};
use webhook_support::{SECOND_US, Sample, TOLERANCE_US, library_samples, sample};

const NOW: i64 = 1_700_000_000;
const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const SCHEMES: [(&str, &str, &str); 2] = [
    ("vonage-jwt", "Authorization", "Bearer "),
    ("messagebird-jwt", "MessageBird-Signature-JWT", ""),
];

/// Base64 as in a JWT.
fn base64url(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let chunk = |chunk: &[u8]| -> String {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (24 - 8 * chunk.len());
        (0..=chunk.len())
            .map(|index| char::from(digits[(bits >> (18 - 6 * index) & 63) as usize]))
            .collect()
    };
    bytes.chunks(3).map(chunk).collect()
}

fn token(header: &str, claims: &str, secret: &str) -> String {
    let input = format!(
        "{}.{}",
        base64url(header.as_bytes()),
        base64url(claims.as_bytes())
    );
    let mac = HmacKey::new(secret.as_bytes()).tag(&[input.as_bytes()]);
    format!("{input}.{}", base64url(&mac))
}

/// The claims of a sample's token.
fn claims(sample: &Sample, header: &str) -> Value {
    let token = sample.clone().header(header).clone();
    let part = token.split('.').nth(1).unwrap().to_owned();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in part.chars() {
        bits = bits << 6 | digits.find(digit).unwrap() as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 255) as u8);
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

/// A request with another token in it.
fn with_token(scheme: &str, token: &str) -> Sample {
    let (_, header, before) = SCHEMES.iter().find(|(name, _, _)| *name == scheme).unwrap();
    sample(scheme).with(|sample| *sample.header(header) = format!("{before}{token}"))
}

/// A rightly signed request with other claims.
fn with_claims(scheme: &str, change: impl FnOnce(&mut Value)) -> Sample {
    let (_, header, _) = SCHEMES.iter().find(|(name, _, _)| *name == scheme).unwrap();
    let original = sample(scheme);
    let mut claims = claims(&original, header);
    change(&mut claims);
    with_token(scheme, &token(HS256, &claims.to_string(), &original.secret))
}

fn without(claim: &'static str) -> impl FnOnce(&mut Value) {
    move |claims| {
        claims.as_object_mut().unwrap().remove(claim).unwrap();
    }
}

fn put(claim: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |claims| claims[claim] = value
}

#[test]
fn tokens_made_here_are_accepted() {
    for (scheme, _, _) in SCHEMES {
        assert!(with_claims(scheme, |_| {}).is_ok(), "{scheme}");
        assert!(
            with_claims(scheme, put("more", json!([1, {"a": null}]))).is_ok(),
            "{scheme}"
        );
    }
}

#[test]
fn another_algorithm_is_refused() {
    for (scheme, header, _) in SCHEMES {
        let original = sample(scheme);
        let claims = claims(&original, header).to_string();
        for algorithm in [
            "none", "None", "", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "hs256",
            "HS256 ",
        ] {
            let token = token(
                &json!({"alg": algorithm, "typ": "JWT"}).to_string(),
                &claims,
                &original.secret,
            );
            assert_eq!(
                with_token(scheme, &token).reason(),
                Reason::Signature,
                "{scheme}: {algorithm}"
            );
            let unsigned = &token[..=token.rfind('.').unwrap()];
            assert_eq!(
                with_token(scheme, unsigned).reason(),
                Reason::Signature,
                "{scheme}: {algorithm}, unsigned"
            );
        }
        for other in [
            r#"{}"#,
            r#"{"alg":null}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"ALG":"HS256"}"#,
        ] {
            let token = token(other, &claims, &original.secret);
            assert_eq!(
                with_token(scheme, &token).reason(),
                Reason::Signature,
                "{scheme}: {other}"
            );
        }
        let unsigned = token(HS256, &claims, &original.secret);
        let unsigned = &unsigned[..=unsigned.rfind('.').unwrap()];
        assert_eq!(
            with_token(scheme, unsigned).reason(),
            Reason::Signature,
            "{scheme}"
        );
    }
}

#[test]
fn what_is_no_token() {
    for (scheme, header, _) in SCHEMES {
        let original = sample(scheme);
        let claims = claims(&original, header).to_string();
        let right = token(HS256, &claims, &original.secret);
        let (input, signature) = right.rsplit_once('.').unwrap();
        let (first, second) = input.split_once('.').unwrap();
        let twice = format!("{{\"alg\":\"none\",{}", &HS256[1..]);
        let critical = r#"{"alg":"HS256","crit":["exp"]}"#;
        let repeated = format!("{{\"payload_hash\":\"x\",{}", &claims[1..]);
        for text in [
            "x".to_owned(),
            "..".to_owned(),
            ".".to_owned(),
            input.to_owned(),
            format!("{right}.{signature}"),
            format!(".{right}"),
            format!("{first}=.{second}.{signature}"),
            format!("{first}.{second}=.{signature}"),
            format!("{first} .{second}.{signature}"),
            token(&twice, &claims, &original.secret),
            token(critical, &claims, &original.secret),
            token("[]", &claims, &original.secret),
            token(HS256, "[]", &original.secret),
            token(HS256, "", &original.secret),
            token(HS256, &format!("{claims}{{}}"), &original.secret),
        ] {
            assert_eq!(
                with_token(scheme, &text).reason(),
                Reason::Malformed,
                "{scheme}: {text}"
            );
        }
        assert!(
            !with_token(scheme, &token(HS256, &repeated, &original.secret)).is_ok(),
            "{scheme}"
        );
    }
}

#[test]
fn hashes_that_are_missing_or_wrong() {
    for (scheme, _, _) in SCHEMES {
        assert_eq!(
            with_claims(scheme, without("payload_hash")).reason(),
            Reason::Signature,
            "{scheme}"
        );
        let upper_case = |claims: &mut Value| {
            let hash = claims["payload_hash"].as_str().unwrap().to_uppercase();
            claims["payload_hash"] = json!(hash);
        };
        assert_eq!(
            with_claims(scheme, upper_case).reason(),
            Reason::Signature,
            "{scheme}"
        );
        for value in [
            json!(null),
            json!(""),
            json!("0"),
            json!("0".repeat(64)),
            json!(0),
            json!(["x"]),
        ] {
            assert_eq!(
                with_claims(scheme, put("payload_hash", value.clone())).reason(),
                Reason::Signature,
                "{scheme}: {value}"
            );
        }
    }
    assert_eq!(
        with_claims("messagebird-jwt", without("url_hash")).reason(),
        Reason::Signature
    );
    assert_eq!(
        with_claims("messagebird-jwt", put("url_hash", json!("0".repeat(64)))).reason(),
        Reason::Signature
    );
}

/// The hash of nothing is no hash of the query, which is what such a request has.
#[test]
fn a_get_request_of_vonage_has_the_hash_of_its_query() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let with = |url: Option<&str>, method: &str| {
        with_claims("vonage-jwt", put("payload_hash", json!(empty))).with(|sample| {
            sample.payload.clear();
            sample.url = url.map(str::to_owned);
            sample.method = method.to_owned();
        })
    };
    assert_eq!(
        with(Some("https://example.com/?to=1"), "GET").reason(),
        Reason::Signature
    );
    assert_eq!(
        with(Some("https://example.com/?to=1"), "get").reason(),
        Reason::Signature
    );
    assert!(with(Some("https://example.com/"), "GET").is_ok());
    assert!(with(None, "GET").is_ok());
    assert!(with(None, "POST").is_ok());
}

#[test]
fn a_body_where_messagebird_hashed_none() {
    let body = with_claims("messagebird-jwt", without("payload_hash"));
    assert_eq!(body.reason(), Reason::Signature);
    assert!(body.with(|sample| sample.payload.clear()).is_ok());
    let hashed = with_claims("messagebird-jwt", |_| {}).with(|sample| sample.payload.clear());
    assert_eq!(hashed.reason(), Reason::Signature);
}

#[test]
fn another_issuer_than_messagebird() {
    for issuer in [
        json!("messagebird"),
        json!(""),
        json!(null),
        json!(["MessageBird"]),
    ] {
        assert_eq!(
            with_claims("messagebird-jwt", put("iss", issuer)).reason(),
            Reason::Signature
        );
    }
    assert_eq!(
        with_claims("messagebird-jwt", without("iss")).reason(),
        Reason::Signature
    );
}

#[test]
fn times_that_must_be_there() {
    assert_eq!(
        with_claims("vonage-jwt", without("iat")).reason(),
        Reason::Malformed
    );
    assert_eq!(
        with_claims("messagebird-jwt", without("nbf")).reason(),
        Reason::Malformed
    );
    assert_eq!(
        with_claims("messagebird-jwt", without("exp")).reason(),
        Reason::Malformed
    );
}

#[test]
fn claims_that_are_no_time() {
    for (scheme, _, _) in SCHEMES {
        for claim in ["iat", "nbf", "exp"] {
            for value in [
                json!(null),
                json!("1700000000"),
                json!(-1),
                json!(-1.5),
                json!(1e30),
                json!(u64::MAX),
                json!([]),
                json!(true),
            ] {
                let reason = with_claims(scheme, put(claim, value.clone())).reason();
                assert_eq!(reason, Reason::Malformed, "{scheme}: {claim} {value}");
            }
        }
        let fraction = with_claims(scheme, put("iat", json!(NOW as f64 + 0.5)));
        assert_eq!(
            fraction.outcome().message.unwrap().signed_at_us,
            Some(NOW * SECOND_US + SECOND_US / 2)
        );
    }
    let milliseconds = with_claims("vonage-jwt", put("iat", json!(NOW * 1000)));
    assert_eq!(milliseconds.reason(), Reason::InTheFuture);
}

fn reason_at(sample: &Sample, now_us: i64, tolerance_us: i64) -> Reason {
    sample
        .outcome_with(
            &[sample.key()],
            Window {
                now_us,
                tolerance_us,
            },
        )
        .reason
}

/// A second of leeway, as MessageBird's library gives.
#[test]
fn edges_of_exp_and_nbf() {
    let limits = |claims: &mut Value| {
        claims["nbf"] = json!(NOW - 10);
        claims["exp"] = json!(NOW + 10);
        claims["iat"] = json!(NOW);
    };
    for (scheme, _, _) in SCHEMES {
        let sample = with_claims(scheme, limits);
        let at = |seconds: i64, us: i64| {
            reason_at(&sample, (NOW + seconds) * SECOND_US + us, TOLERANCE_US)
        };
        assert_eq!(at(-11, -1), Reason::InTheFuture, "{scheme}");
        assert_eq!(at(-11, 0), Reason::Ok, "{scheme}");
        assert_eq!(at(11, -1), Reason::Ok, "{scheme}");
        assert_eq!(at(11, 0), Reason::TooOld, "{scheme}");
    }
}

/// However long a token claims to hold, the window bounds what a store of seen messages must keep.
#[test]
fn the_window_bounds_a_long_life() {
    for (scheme, _, _) in SCHEMES {
        let sample = with_claims(scheme, put("exp", json!(NOW * 2)));
        let now_us = NOW * SECOND_US;
        assert_eq!(
            reason_at(&sample, now_us + TOLERANCE_US, TOLERANCE_US),
            Reason::Ok,
            "{scheme}"
        );
        assert_eq!(
            reason_at(&sample, now_us + TOLERANCE_US + 1, TOLERANCE_US),
            Reason::TooOld,
            "{scheme}"
        );
        assert_eq!(
            reason_at(&sample, now_us - TOLERANCE_US - 1, TOLERANCE_US),
            Reason::InTheFuture,
            "{scheme}"
        );
    }
}

#[test]
fn ids_of_tokens() {
    for (scheme, _, _) in SCHEMES {
        let message = |sample: Sample| sample.outcome().message.unwrap();
        assert_eq!(
            message(with_claims(scheme, put("jti", json!("a.b")))).id(),
            Some("a.b")
        );
        assert_eq!(message(with_claims(scheme, without("jti"))).id(), None);
        for id in [json!(""), json!(1), json!(null), json!("x".repeat(257))] {
            assert_eq!(
                with_claims(scheme, put("jti", id)).reason(),
                Reason::Malformed,
                "{scheme}"
            );
        }
    }
}

/// MessageBird's libraries take all three HMACs; Vonage documents one. A token that is refused for its algorithm is not
/// looked at any further: this one has no `iat` either.
#[test]
fn longer_hmacs_are_messagebirds_only() {
    let messagebird = library_samples()
        .into_iter()
        .filter(|sample| sample.scheme == "messagebird-jwt");
    let mut longer = 0;
    for sample in messagebird.filter(|sample| sample.name != "HS256" && !sample.payload.is_empty())
    {
        assert!(sample.is_ok(), "{}", sample.name);
        longer += 1;
        let token = sample.clone().header("MessageBird-Signature-JWT").clone();
        let vonage = with_token("vonage-jwt", &token);
        assert_eq!(
            (vonage.secret.as_str(), &vonage.payload),
            (sample.secret.as_str(), &sample.payload)
        );
        assert_eq!(vonage.reason(), Reason::Signature, "{}", sample.name);
    }
    assert_eq!(longer, 2);
}
