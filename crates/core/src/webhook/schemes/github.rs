//! `github`: `X-Hub-Signature-256: sha256=` and the hex HMAC-SHA256 of the body (docs.github.com, "Validating webhook
//! deliveries").
//!
//! Nothing else is signed: neither a time nor `X-GitHub-Delivery`, which a sender could change.

use std::borrow::Cow;

use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes};

/// The scheme.
pub struct GitHub;

impl Scheme for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn signs_time(&self) -> bool {
        false
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let values = request.headers.signatures("X-Hub-Signature-256")?;
        let signatures = values
            .iter()
            .filter_map(|value| value.strip_prefix("sha256="));
        Ok(Signed::new(
            SignedTimes::default(),
            vec![Cow::Borrowed(request.payload)],
            Proof::Hmac(Hash::Sha256, Text::Hex),
            signatures.collect(),
        ))
    }
}
