//! `plivo-v2`, for messaging: `X-Plivo-Signature-V2` is the base64 HMAC-SHA256 of the URL without its query, followed by
//! `X-Plivo-Signature-V2-Nonce` (plivo.com/docs, "Validating requests", and the SDKs).
//!
//! Neither the parameters nor a time are signed: the nonce is what tells one message from another.

use super::plivo;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, dotless_id, part};
use crate::webhook::url;

/// The scheme.
pub struct PlivoV2;

impl Scheme for PlivoV2 {
    fn name(&self) -> &'static str {
        "plivo-v2"
    }

    fn signs_time(&self) -> bool {
        false
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let names = ["X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2"];
        let signatures = plivo::signatures(request.headers, names)?;
        let nonce = dotless_id(request.headers.one("X-Plivo-Signature-V2-Nonce")?)?;
        let base = url::without_query(request.signed_url()?);
        let signed = Signed::new(
            SignedTimes::default(),
            vec![part(base), part(nonce)],
            Proof::Hmac(Hash::Sha256, Text::Base64),
            signatures,
        );
        Ok(signed.with_id(nonce))
    }
}
