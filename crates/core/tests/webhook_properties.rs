//! What holds for any request.

mod webhook_support;

use phone_crypt_core::webhook::{
    Headers, Reason, Request, SCHEMES, Window, sign, verify, verify_signature,
};
use proptest::prelude::*;
use webhook_support::{SECOND_US, TOLERANCE_US, library_samples};

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Names that schemes look for, and others.
fn name() -> impl Strategy<Value = String> {
    let names = library_samples()
        .into_iter()
        .flat_map(|sample| sample.headers)
        .map(|(name, _)| name);
    let names: Vec<String> = names.collect();
    prop_oneof![4 => prop::sample::select(names), 1 => "[A-Za-z-]{0,12}"]
}

/// Values that look like signatures, times, lists, tokens, and others.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{0,16}",
        "[0-9a-f]{64}",
        "(v=|t=|v0=|v1=|d=|,|[0-9a-f]){0,40}",
        "(v1,|v1a,|[A-Za-z0-9+/]{4}|=| ){0,20}",
        "Bearer [A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}",
        "(a|A)pplication [a-z:]{0,10}:[A-Za-z0-9+/=]{0,44}",
        "\\PC{0,40}",
        "(?s).{0,20}",
    ]
}

fn url() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![
        "(https?://)?[a-z.@:\\[\\]]{0,12}(/[a-z%]{0,8}){0,3}(\\?[a-z=&%+0-9]{0,20})?(#.{0,4})?",
        "\\PC{0,40}",
        "\\?(sig|timestamp|bodySHA256|=|&|[0-9]{1,10}){0,8}",
    ])
}

proptest! {
    #![proptest_config(cases())]

    /// Nobody without the secret gets in, and nothing panics.
    #[test]
    fn no_request_of_chance_is_accepted(
        fields in prop::collection::vec((name(), value()), 0..6), payload: Vec<u8>, url in url(), method in "GET|POST|get|[A-Z]{0,6}",
    ) {
        let headers = Headers::from_pairs(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let request = Request { headers: &headers, payload: &payload, url: url.as_deref(), method: &method };
        for sample in library_samples() {
            let outcome = verify(sample.scheme(), &request, &[sample.key()], sample.window());
            prop_assert!(!outcome.is_ok());
            prop_assert!(outcome.message.is_none());
        }
    }

    #[test]
    fn any_secret_is_a_key_or_an_error(secret in "(whsec_|whpk_|whsk_)?\\PC{0,60}") {
        for scheme in SCHEMES {
            if let Ok(key) = scheme.key(&secret) {
                prop_assert!(!secret.is_empty());
                let shown = format!("{key:?}");
                prop_assert!(secret.len() < 8 || !shown.contains(&secret));
            }
        }
    }

    #[test]
    fn what_is_signed_here_is_verified_here(payload: Vec<u8>, secret in "\\PC{1,80}", seconds in 0..4_000_000_000_i64, off_us in -TOLERANCE_US..TOLERANCE_US) {
        let at_us = seconds * SECOND_US;
        let (signature, timestamp) = sign(&payload, &secret, at_us).unwrap();
        let window = Window { now_us: at_us + off_us, tolerance_us: TOLERANCE_US };
        prop_assert!(verify_signature(&payload, &signature, &timestamp, &secret, window));
        let headers = Headers::from_pairs([("resend-signature", signature.as_str()), ("resend-timestamp", timestamp.as_str())]);
        let request = Request { headers: &headers, payload: &payload, url: None, method: "POST" };
        let scheme = phone_crypt_core::webhook::find("phone-agent").unwrap();
        let outcome = verify(scheme, &request, &[scheme.key(&secret).unwrap()], window);
        prop_assert_eq!(outcome.reason, Reason::Ok);
        prop_assert_eq!(outcome.message.unwrap().signed_at_us, Some(at_us));
    }

    #[test]
    fn any_text_is_no_signature(payload: Vec<u8>, signature in "\\PC{0,80}", timestamp in "\\PC{0,20}|[0-9]{0,30}", secret in "\\PC{0,20}", now_us: i64, tolerance_us: i64) {
        let window = Window { now_us, tolerance_us };
        prop_assert!(!verify_signature(&payload, &signature, &timestamp, &secret, window));
    }
}
