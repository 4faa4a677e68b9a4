//! `retell`: `X-Retell-Signature: v=…,d=…` (docs.retellai.com, "Secure the webhook", and the SDKs).
//!
//! `d` is the hex HMAC-SHA256 of the body followed by `v`, the time in milliseconds. Nothing stands between the two, so
//! `v` must have 13 digits: else a digit of one could be taken for the other's.

use std::borrow::Cow;

use super::items::time_and_signatures;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::milliseconds_in_13_digits;

/// The scheme.
pub struct Retell;

impl Scheme for Retell {
    fn name(&self) -> &'static str {
        "retell"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let (timestamp, signatures) =
            time_and_signatures(request.headers, "X-Retell-Signature", "v", "d")?;
        let times = SignedTimes::at(milliseconds_in_13_digits(timestamp)?);
        let parts = vec![Cow::Borrowed(request.payload), part(timestamp)];
        let proof = Proof::Hmac(Hash::Sha256, Text::Hex);
        Ok(Signed::new(times, parts, proof, signatures))
    }
}
