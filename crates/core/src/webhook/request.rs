//! A request as it was received.

use super::headers::Headers;
use super::outcome::Reason;

/// A request, exactly as it was received: nothing decoded, nothing put in another order.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its headers.
    pub headers: &'a Headers<'a>,
    /// The bytes of its body.
    pub payload: &'a [u8],
    /// The URL that the provider called, with scheme, host and query; some schemes sign it.
    pub url: Option<&'a str>,
    /// The method: `POST`, `GET`. Any case.
    pub method: &'a str,
}

impl<'a> Request<'a> {
    /// The URL, for a scheme that signs it.
    pub(super) fn signed_url(&self) -> Result<&'a str, Reason> {
        self.url
            .filter(|url| !url.is_empty())
            .ok_or(Reason::Malformed)
    }

    pub(super) fn is_get(&self) -> bool {
        self.method.eq_ignore_ascii_case("GET")
    }
}
