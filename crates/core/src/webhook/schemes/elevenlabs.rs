//! `elevenlabs`: `ElevenLabs-Signature: t=…,v0=…` (elevenlabs.io/docs, "Post-call webhooks", and the SDKs).
//!
//! `v0` is the hex HMAC-SHA256 of `t.body`. The SDKs take messages of up to 30 minutes.

use std::borrow::Cow;

use super::items::time_and_signatures;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct ElevenLabs;

impl Scheme for ElevenLabs {
    fn name(&self) -> &'static str {
        "elevenlabs"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let (timestamp, signatures) =
            time_and_signatures(request.headers, "ElevenLabs-Signature", "t", "v0")?;
        let times = SignedTimes::at(seconds(timestamp)?);
        let parts = vec![part(timestamp), part("."), Cow::Borrowed(request.payload)];
        let proof = Proof::Hmac(Hash::Sha256, Text::Hex);
        Ok(Signed::new(times, parts, proof, signatures))
    }
}
