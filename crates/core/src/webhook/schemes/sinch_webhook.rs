//! `sinch-webhook`, for SMS and conversations: `x-sinch-webhook-signature` is the base64 HMAC-SHA256 of
//! `body.nonce.timestamp`; nonce and timestamp have headers of their own (developers.sinch.com, "Validating callbacks").

use std::borrow::Cow;

use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, dotless_id, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct SinchWebhook;

impl Scheme for SinchWebhook {
    fn name(&self) -> &'static str {
        "sinch-webhook"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let headers = request.headers;
        let signatures = headers.signatures("x-sinch-webhook-signature")?;
        let nonce = dotless_id(headers.one("x-sinch-webhook-signature-nonce")?)?;
        let timestamp = headers.one("x-sinch-webhook-signature-timestamp")?;
        let signed = Signed::new(
            SignedTimes::at(seconds(timestamp)?),
            vec![
                Cow::Borrowed(request.payload),
                part("."),
                part(nonce),
                part("."),
                part(timestamp),
            ],
            Proof::Hmac(Hash::Sha256, Text::Base64),
            signatures,
        );
        Ok(signed.with_id(nonce))
    }
}
