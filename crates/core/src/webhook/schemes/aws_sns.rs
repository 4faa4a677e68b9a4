//! `aws-sns`: messages of Amazon SNS over HTTP (docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS
//! messages").
//!
//! All is in the body, a JSON object: `Signature` is the base64 RSA signature, with SHA-1 for `SignatureVersion` 1 and
//! SHA-256 for 2, of certain members in byte order, each as name, line feed, value, line feed. `Timestamp` is the time,
//! `MessageId` the id.
//!
//! The certificate is the endpoint's key. The message names an address for it, which must be Amazon's; nothing is
//! fetched from there.

use std::borrow::Cow;

use crate::webhook::error::KeyError;
use crate::webhook::json::Object;
use crate::webhook::key::Key;
use crate::webhook::outcome::Reason;
use crate::webhook::proof::{Proof, RsaHash};
use crate::webhook::request::Request;
use crate::webhook::scheme::Scheme;
use crate::webhook::signed::{Reading, Signed, SignedTimes, delimited_id};
use crate::webhook::time;

/// What is signed of a notification; `Subject` only where there is one.
const NOTIFICATION: [&str; 6] = [
    "Message",
    "MessageId",
    "Subject",
    "Timestamp",
    "TopicArn",
    "Type",
];

/// What is signed of a message that confirms a subscription, or the end of one.
const CONFIRMATION: [&str; 7] = [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
];

/// The scheme.
pub struct AwsSns;

impl Scheme for AwsSns {
    fn name(&self) -> &'static str {
        "aws-sns"
    }

    fn signs_time(&self) -> bool {
        true
    }

    fn key(&self, certificate: &str) -> Result<Key, KeyError> {
        Key::certificate(certificate)
    }

    fn read<'a>(&self, request: &Request<'a>) -> Result<Signed<'a>, Reason> {
        let message = Object::parse(request.payload).ok_or(Reason::Malformed)?;
        let signature = message
            .text("Signature")
            .filter(|signature| !signature.is_empty());
        let signature = signature.ok_or(Reason::NoSignature)?.to_owned();
        let hash = match message.text("SignatureVersion") {
            Some("1") => RsaHash::Sha1,
            Some("2") => RsaHash::Sha256,
            _ => return Err(Reason::Malformed),
        };
        let address = message.text("SigningCertURL").ok_or(Reason::Malformed)?;
        if !is_amazons(address) {
            return Err(Reason::Signature);
        }
        let signed = signed_text(&message)?;
        let timestamp = message.text("Timestamp").ok_or(Reason::Malformed)?;
        let id = delimited_id(message.text("MessageId").ok_or(Reason::Malformed)?)?.to_owned();
        Ok(Signed {
            id: Some(Cow::Owned(id)),
            times: SignedTimes::at(time::rfc3339(timestamp)?),
            readings: vec![Reading {
                parts: vec![Cow::Owned(signed.into_bytes())],
                proof: Proof::Rsa(hash),
                signatures: vec![Cow::Owned(signature)],
            }],
        })
    }
}

/// Only `Message` may have line feeds: elsewhere they could pass for the end of a member.
fn signed_text(message: &Object) -> Result<String, Reason> {
    let names: &[&str] = match message.text("Type") {
        Some("Notification") => &NOTIFICATION,
        Some("SubscriptionConfirmation" | "UnsubscribeConfirmation") => &CONFIRMATION,
        _ => return Err(Reason::Malformed),
    };
    let mut text = String::new();
    for name in names {
        if *name == "Subject"
            && message
                .get("Subject")
                .is_none_or(|subject| subject.is_null())
        {
            continue;
        }
        let value = message.text(name).ok_or(Reason::Malformed)?;
        if *name != "Message" && value.contains('\n') {
            return Err(Reason::Malformed);
        }
        text.extend([name, "\n", value, "\n"]);
    }
    Ok(text)
}

/// `https://sns.<region>.amazonaws.com/….pem`, or with `.cn` in China.
fn is_amazons(address: &str) -> bool {
    let host_and_path = address
        .strip_prefix("https://sns.")
        .and_then(|rest| rest.split_once('/'));
    let Some((host, path)) = host_and_path else {
        return false;
    };
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let is_region = |region: &str| {
        let is_right = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        !region.is_empty() && region.bytes().all(is_right)
    };
    host.strip_suffix(".amazonaws.com").is_some_and(is_region) && path.ends_with(".pem")
}

#[cfg(test)]
mod tests {
    use super::is_amazons;

    #[test]
    fn addresses_of_certificates() {
        for address in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0123.pem",
        ] {
            assert!(is_amazons(address), "{address}");
        }
        for address in [
            "",
            "http://sns.us-east-1.amazonaws.com/x.pem",
            "https://sns.us-east-1.amazonaws.com",
            "https://sns.us-east-1.amazonaws.com/x",
            "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
            "https://sns.us-east-1.amazonaws.com:8443/x.pem",
            "https://sns.evil.example/x.amazonaws.com/x.pem",
            "https://sns.evil.example#.amazonaws.com/x.pem",
            "https://sns.evil.example?.amazonaws.com/x.pem",
            "https://sns..amazonaws.com/x.pem",
            "https://sns.a.b.amazonaws.com/x.pem",
            "https://snsxus-east-1.amazonaws.com/x.pem",
            "https://s3.amazonaws.com/sns.pem",
            "https://sns.us-east-1.amazonaws.com.cn.cn/x.pem",
            "https://SNS.us-east-1.amazonaws.com/x.pem",
        ] {
            assert!(!is_amazons(address), "{address}");
        }
    }
}
