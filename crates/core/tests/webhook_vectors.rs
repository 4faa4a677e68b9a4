//! Requests that providers signed, or their libraries, are accepted; under another key they are not.

mod webhook_support;

use std::collections::BTreeSet;

use phone_crypt_core::webhook::{Outcome, Reason, SCHEMES, Window, find, sign, verify_signature};
use webhook_support::{SECOND_US, TOLERANCE_US, library_samples, published, sample, samples};

#[test]
fn every_request_is_accepted() {
    for sample in samples() {
        let outcome = sample.outcome();
        assert!(
            outcome.is_ok(),
            "{} {}: {:?}",
            sample.scheme,
            sample.name,
            outcome.reason
        );
        let message = outcome.message.unwrap();
        let signs_time = sample.scheme().signs_time();
        assert_eq!(
            message.signed_at_us,
            signs_time.then_some(sample.now_us),
            "{}",
            sample.scheme
        );
    }
}

#[test]
fn every_published_vector_and_every_scheme_is_among_them() {
    assert_eq!(published::samples().len() + 1, published::vectors().len());
    assert_eq!(published::vectors().len(), 30);
    let covered: BTreeSet<_> = library_samples()
        .iter()
        .map(|sample| sample.scheme)
        .collect();
    let schemes: BTreeSet<_> = SCHEMES.iter().map(|scheme| scheme.name()).collect();
    assert_eq!(covered, schemes);
    assert_eq!(schemes.len(), SCHEMES.len());
}

#[test]
fn schemes_are_found_by_their_exact_name() {
    for scheme in SCHEMES {
        assert_eq!(find(scheme.name()).unwrap().name(), scheme.name());
        assert!(find(&scheme.name().to_uppercase()).is_err());
    }
    assert!(find("").is_err());
    assert!(find("standard-v1a").is_err());
}

#[test]
fn reasons_have_different_names() {
    let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
}

/// From the format specification.
#[test]
fn standard_webhooks_as_specified() {
    let mut sample = sample("standard");
    sample.secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned();
    *sample.header("webhook-id") = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk".to_owned();
    *sample.header("webhook-timestamp") = "1649367553".to_owned();
    *sample.header("webhook-signature") =
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=".to_owned();
    sample.payload = br#"{"email":"test@example.com","username":"test_user"}"#.to_vec();
    sample.now_us = 1_649_367_553 * SECOND_US;
    let outcome = sample.outcome();
    assert_eq!(outcome.reason, Reason::Ok);
    assert_eq!(
        outcome.message.unwrap().id(),
        Some("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk")
    );
}

#[test]
fn ids_and_nonces_are_given_where_they_are_signed() {
    let with_id = [
        "standard",
        "vonage-jwt",
        "plivo-v2",
        "plivo-v3",
        "sinch-webhook",
        "messagebird-jwt",
        "aws-sns",
    ];
    for sample in samples() {
        let message = sample.outcome().message.unwrap();
        assert_eq!(
            message.id().is_some(),
            with_id.contains(&sample.scheme),
            "{}",
            sample.scheme
        );
    }
}

/// Whatever differs between two accepted requests of one message, they count as one.
#[test]
fn a_message_has_one_replay_key() {
    let key = |outcome: Outcome| outcome.message.unwrap().replay_key.digest();
    let twilio = library_samples()
        .into_iter()
        .filter(|sample| sample.scheme == "twilio");
    let forms: Vec<_> = twilio
        .filter(|sample| sample.name.starts_with("quoted") && sample.headers.len() == 1)
        .collect();
    assert_eq!(forms.len(), 2);
    assert_ne!(forms[0].payload, forms[1].payload);
    assert_eq!(key(forms[0].outcome()), key(forms[1].outcome()));

    let with_port = |url: &str| sample("twilio").with(|sample| sample.url = Some(url.to_owned()));
    let (plain, port) = (
        "https://example.com/a%20b/?q=%2B+%C3%BC&empty=&q=1",
        "https://example.com:443/a%20b/?q=%2B+%C3%BC&empty=&q=1",
    );
    assert_eq!(
        key(with_port(plain).outcome()),
        key(with_port(port).outcome())
    );
}

#[test]
fn different_messages_have_different_replay_keys() {
    let key = |scheme: &str| {
        sample(scheme)
            .outcome()
            .message
            .unwrap()
            .replay_key
            .digest()
    };
    let keys: BTreeSet<_> = [
        "github",
        "stripe",
        "slack",
        "retell",
        "standard",
        "plivo-v3",
        "bird",
        "vonage-jwt",
    ]
    .map(key)
    .into();
    assert_eq!(keys.len(), 8);
    use phone_crypt_core::webhook::ReplayKey;
    let (id, signed) = (ReplayKey::Id("\0".repeat(32)), ReplayKey::Signed([0; 32]));
    assert_ne!(id.digest(), signed.digest());
}

#[test]
fn either_key_of_a_rotation_is_right() {
    for sample in samples() {
        let other = || find("github").unwrap().key("another secret").unwrap();
        let window = sample.window();
        assert!(
            sample
                .outcome_with(&[other(), sample.key()], window)
                .is_ok()
        );
        assert!(
            sample
                .outcome_with(&[sample.key(), other()], window)
                .is_ok()
        );
        for keys in [vec![], vec![other()], vec![other(), other()]] {
            let outcome = sample.outcome_with(&keys, window);
            assert_eq!(
                (outcome.reason, outcome.message),
                (Reason::Signature, None),
                "{}",
                sample.scheme
            );
        }
    }
}

#[test]
fn our_own_signatures() {
    let window = |now_us| Window {
        now_us,
        tolerance_us: TOLERANCE_US,
    };
    let now_us = 1_700_000_000_999_999;
    let (signature, timestamp) = sign(b"payload", "secret", now_us).unwrap();
    assert_eq!(timestamp, "1700000000");
    assert!(verify_signature(
        b"payload",
        &signature,
        &timestamp,
        "secret",
        window(now_us)
    ));
    assert!(!verify_signature(
        b"Payload",
        &signature,
        &timestamp,
        "secret",
        window(now_us)
    ));
    assert!(!verify_signature(
        b"payload",
        &signature,
        &timestamp,
        "Secret",
        window(now_us)
    ));
    assert!(!verify_signature(
        b"payload",
        &signature.to_uppercase(),
        &timestamp,
        "secret",
        window(now_us)
    ));
    assert!(!verify_signature(
        b"payload",
        &signature,
        "1700000001",
        "secret",
        window(now_us)
    ));
    assert!(!verify_signature(
        b"payload",
        &signature,
        &timestamp,
        "secret",
        window(now_us + TOLERANCE_US)
    ));
    assert!(!verify_signature(b"payload", "", "", "", window(now_us)));
    assert!(sign(b"payload", "", now_us).is_err());
    assert_eq!(sign(b"payload", "secret", -5).unwrap().1, "0");
}

/// An empty secret makes the very MAC that anybody can make.
#[test]
fn an_empty_secret_is_none() {
    use phone_crypt_core::webhook::KeyError;
    for scheme in SCHEMES {
        let error = scheme.key("").unwrap_err();
        let expected = match scheme.name() {
            "telnyx" => KeyError::NotAPublicKey,
            "aws-sns" => KeyError::NotACertificate,
            _ => KeyError::Empty,
        };
        assert_eq!(error, expected);
    }
    // Python: hmac.new(b"", b"1700000000.payload", "sha256").hexdigest()
    let signature = "e422fa6644c5ae5727c17c7d06493e9ab09450c1118f51b426df4b5a7a314341";
    let window = Window {
        now_us: 1_700_000_000 * SECOND_US,
        tolerance_us: TOLERANCE_US,
    };
    assert!(!verify_signature(
        b"payload",
        signature,
        "1700000000",
        "",
        window
    ));
}
