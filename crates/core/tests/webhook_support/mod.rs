//! What the webhook tests share: requests that are rightly signed, and ways to spoil them.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod published;

use phone_crypt_core::webhook::{
    Headers, Key, Outcome, Reason, Request, Scheme, Window, find, verify,
};
use serde_json::Value;

pub const SECOND_US: i64 = 1_000_000;
pub const TOLERANCE_US: i64 = 300 * SECOND_US;

/// A request, and what it is signed with.
#[derive(Debug, Clone)]
pub struct Sample {
    pub scheme: &'static str,
    pub name: String,
    pub secret: String,
    pub headers: Vec<(String, String)>,
    pub payload: Vec<u8>,
    pub url: Option<String>,
    pub method: String,
    pub now_us: i64,
}

impl Sample {
    pub fn scheme(&self) -> &'static dyn Scheme {
        find(self.scheme).unwrap()
    }

    pub fn key(&self) -> Key {
        self.scheme().key(&self.secret).unwrap()
    }

    pub fn window(&self) -> Window {
        Window {
            now_us: self.now_us,
            tolerance_us: TOLERANCE_US,
        }
    }

    pub fn outcome(&self) -> Outcome {
        self.outcome_with(&[self.key()], self.window())
    }

    pub fn outcome_with(&self, keys: &[Key], window: Window) -> Outcome {
        let pairs = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        self.outcome_of(&Headers::from_pairs(pairs), keys, window)
    }

    pub fn outcome_of(&self, headers: &Headers<'_>, keys: &[Key], window: Window) -> Outcome {
        let request = Request {
            headers,
            payload: &self.payload,
            url: self.url.as_deref(),
            method: &self.method,
        };
        verify(self.scheme(), &request, keys, window)
    }

    pub fn reason(&self) -> Reason {
        self.outcome().reason
    }

    pub fn is_ok(&self) -> bool {
        self.reason() == Reason::Ok
    }

    pub fn header(&mut self, name: &str) -> &mut String {
        let found = self
            .headers
            .iter_mut()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        &mut found.unwrap().1
    }

    /// This request with something else in it.
    pub fn with(&self, change: impl FnOnce(&mut Sample)) -> Sample {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }
}

/// The requests that the providers' own libraries signed.
pub fn library_samples() -> Vec<Sample> {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../vectors/webhook_requests.json")).unwrap();
    vectors.iter().map(library_sample).collect()
}

fn library_sample(vector: &Value) -> Sample {
    let headers = vector["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    Sample {
        scheme: find(text(vector, "scheme")).unwrap().name(),
        name: text(vector, "name").to_owned(),
        secret: text(vector, "secret").to_owned(),
        headers: headers.collect(),
        payload: text(vector, "body").as_bytes().to_vec(),
        url: vector["url"].as_str().map(str::to_owned),
        method: text(vector, "method").to_owned(),
        now_us: vector["now"].as_i64().unwrap() * SECOND_US,
    }
}

/// Those, and the published ones.
pub fn samples() -> Vec<Sample> {
    [library_samples(), published::samples()].concat()
}

/// One sample of a scheme.
pub fn sample(scheme: &str) -> Sample {
    library_samples()
        .into_iter()
        .find(|sample| sample.scheme == scheme)
        .unwrap()
}

pub fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap()
}

/// Parameters as a form.
pub fn form(parameters: &[(String, String)]) -> String {
    let quoted = |text: &str| -> String {
        let quote = |byte: u8| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(quote).collect()
    };
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", quoted(name), quoted(value)));
    pairs.collect::<Vec<_>>().join("&")
}
