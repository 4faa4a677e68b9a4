//! A limit as HTTP headers: draft-ietf-httpapi-ratelimit-headers, its forerunners with `X-`, and Retry-After
//! (RFC 9110 section 10.2.3).

use super::decision::whole_seconds as seconds;

/// What any reader of structured fields must take (RFC 9651 section 3.3.3).
const MAX_NAME_BYTES: usize = 1024;

/// The largest integer of structured fields: 15 digits (RFC 9651 section 3.3.1).
const MAX_INTEGER: i64 = 999_999_999_999_999;

/// A name that no header can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a limit in headers must be 1 to 1024 printable ASCII characters")]
pub struct HeaderNameError;

/// What headers call a limit: printable ASCII, so that it can neither end a header nor begin another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderName<'a>(&'a str);

impl<'a> HeaderName<'a> {
    /// A checked name.
    ///
    /// # Errors
    /// [`HeaderNameError`] for an empty or too long one, and for any character that a string in a structured
    /// field cannot hold (RFC 9651 section 3.3.3).
    pub fn parse(name: &'a str) -> Result<HeaderName<'a>, HeaderNameError> {
        let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && (1..=MAX_NAME_BYTES).contains(&name.len()) {
            Ok(HeaderName(name))
        } else {
            Err(HeaderNameError)
        }
    }

    /// As a string in a structured field (RFC 9651 section 4.1.6).
    fn quoted(self) -> String {
        let escaped = self.0.replace('\\', r"\\").replace('"', r#"\""#);
        format!("\"{escaped}\"")
    }
}

/// What the headers tell. Times are microseconds; what is negative counts as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderFacts<'a> {
    /// What the limit is called.
    pub name: HeaderName<'a>,
    /// Hits a window.
    pub limit: i64,
    /// The window.
    pub window_us: i64,
    /// Hits that would still be allowed now.
    pub remaining: i64,
    /// Until the quota is whole again.
    pub reset_after_us: i64,
    /// Until there is additional quota; `None` if the quota is whole.
    pub more_after_us: Option<i64>,
    /// If a hit is denied: until it would be allowed, `None` if it never will be.
    pub retry_after_us: Option<i64>,
    /// Would a hit be denied now.
    pub denied: bool,
    /// Now, since 1970-01-01 00:00:00 UTC.
    pub now_us: i64,
}

impl HeaderFacts<'_> {
    fn retry_after_seconds(&self) -> Option<u64> {
        let retry_after_us = self.retry_after_us.filter(|_| self.denied)?;
        Some(seconds(retry_after_us).max(1))
    }

    /// Retry-After should not be earlier than the end of this (section 6 of the draft); and who is denied for
    /// good has nothing to wait for.
    fn effective_window_seconds(&self) -> Option<u64> {
        let more_after = seconds(self.more_after_us?);
        if self.denied {
            Some(more_after.min(self.retry_after_seconds()?))
        } else {
            Some(more_after)
        }
    }

    fn policy(&self) -> String {
        format!(
            "{};q={};w={}",
            self.name.quoted(),
            hits(self.limit),
            seconds(self.window_us).max(1)
        )
    }

    fn service_limit(&self) -> String {
        let mut item = format!("{};r={}", self.name.quoted(), hits(self.remaining));
        if let Some(window) = self.effective_window_seconds() {
            item.push_str(&format!(";t={window}"));
        }
        item
    }
}

/// The headers of a limit, name and value. Seconds are rounded up, so that nobody is told to come too early.
///
/// Retry-After is there only for a hit that is denied now and will be allowed one day.
#[must_use]
pub fn headers(facts: &HeaderFacts<'_>) -> Vec<(&'static str, String)> {
    let reset_us = facts.now_us.saturating_add(facts.reset_after_us.max(0));
    let mut headers = vec![
        ("RateLimit-Policy", facts.policy()),
        ("RateLimit", facts.service_limit()),
        ("X-RateLimit-Limit", hits(facts.limit).to_string()),
        ("X-RateLimit-Remaining", hits(facts.remaining).to_string()),
        ("X-RateLimit-Reset", seconds(reset_us).to_string()),
    ];
    if let Some(retry_after) = facts.retry_after_seconds() {
        headers.push(("Retry-After", retry_after.to_string()));
    }
    headers
}

fn hits(count: i64) -> i64 {
    count.clamp(0, MAX_INTEGER)
}
