//! Any JSON as the headers of a request: whatever they are, no scheme accepts it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phone_crypt_core::webhook::{Headers, Key, Request, SCHEMES, Window, verify};
use serde_json::Value;

/// A secret that most schemes take, and RFC 8032's first public key.
const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PUBLIC_KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let Some(headers) = Headers::from_json(&json) else {
        assert!(!json.is_object());
        return;
    };
    let request = Request {
        headers: &headers,
        payload: b"{}",
        url: Some("https://example.com/?a=1"),
        method: "POST",
    };
    for scheme in SCHEMES {
        let keys: Vec<Key> = [SECRET, PUBLIC_KEY]
            .iter()
            .flat_map(|key| scheme.key(key))
            .collect();
        let window = Window {
            now_us: 1_700_000_000_000_000,
            tolerance_us: 300_000_000,
        };
        let outcome = verify(scheme, &request, &keys, window);
        assert!(!outcome.is_ok() && outcome.message.is_none());
    }
});
