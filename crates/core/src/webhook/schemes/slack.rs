//! `slack`: `X-Slack-Signature: v0=` and the hex HMAC-SHA256 of `v0:timestamp:body`; `X-Slack-Request-Timestamp` is the
//! time in seconds (docs.slack.dev, "Verifying requests from Slack").

use std::borrow::Cow;

use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Hash, Proof, Text};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Signed, SignedTimes, part};
use crate::webhook::time::seconds;

/// The scheme.
pub struct Slack;

impl Scheme for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let values = request.headers.signatures("X-Slack-Signature")?;
        let signatures = values.iter().filter_map(|value| value.strip_prefix("v0="));
        let timestamp = request.headers.one("X-Slack-Request-Timestamp")?;
        Ok(Signed::new(
            SignedTimes::at(seconds(timestamp)?),
            vec![
                part("v0:"),
                part(timestamp),
                part(":"),
                Cow::Borrowed(request.payload),
            ],
            Proof::Hmac(Hash::Sha256, Text::Hex),
            signatures.collect(),
        ))
    }
}
