//! `stripe`: `Stripe-Signature: t=…,v1=…` (docs.stripe.com/webhooks, "Verify webhook signatures manually").
//!
//! `v1` is the hex HMAC-SHA256 of `t.body`; the secret is its text, `whsec_` and all, not decoded.

use std::borrow::Cow;

use super::items::time_and_signatures;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct Stripe;

impl Scheme for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let (timestamp, signatures) =
            time_and_signatures(request.headers, "Stripe-Signature", "t", "v1")?;
        let times = SignedTimes::at(seconds(timestamp)?);
        let parts = vec![part(timestamp), part("."), Cow::Borrowed(request.payload)];
        let proof = Proof::Hmac(Hash::Sha256, Text::Hex);
        Ok(Signed::new(times, parts, proof, signatures))
    }
}
