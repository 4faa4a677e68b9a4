//! `sinch-numbers`: `x-sinch-signature` is the hex HMAC-SHA1 of the body (developers.sinch.com, "Numbers callbacks", and
//! the SDKs). No time is signed but what the body says.

use std::borrow::Cow;

use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes};

/// The scheme.
pub struct SinchNumbers;

impl Scheme for SinchNumbers {
    fn name(&self) -> &'static str {
        "sinch-numbers"
    }

    fn signs_time(&self) -> bool {
        false
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let signatures = request.headers.signatures("x-sinch-signature")?;
        Ok(Signed::new(
            SignedTimes::default(),
            vec![Cow::Borrowed(request.payload)],
            Proof::Hmac(Hash::Sha1, Text::Hex),
            signatures,
        ))
    }
}
