//! `bird`: `messagebird-signature` is the base64 HMAC-SHA256 of `messagebird-request-timestamp`, the URL and the SHA-256
//! of the body as bytes, with a line feed between each (docs.bird.com, "Verifying a webhook subscription").

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct Bird;

impl Scheme for Bird {
    fn name(&self) -> &'static str {
        "bird"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("messagebird-signature")?;
        let timestamp = request.headers.one("messagebird-request-timestamp")?;
        Ok(Signed::new(
            SignedTimes::at(seconds(timestamp)?),
            vec![
                part(timestamp),
                part("\n"),
                part(request.signed_url()?),
                part("\n"),
                Cow::Owned(Sha256::digest(request.payload).to_vec()),
            ],
            Proof::Hmac(Hash::Sha256, Text::Base64),
            signatures,
        ))
    }
}
