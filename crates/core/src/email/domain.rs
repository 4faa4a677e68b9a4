//! The part after the `@`.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::error::AddressError;

/// The domain in lower case and in ASCII, as the DNS has it (UTS 46, non-transitional, with the rules of host names). One label is not
/// enough, nor is an address of the network in brackets.
pub(super) fn normalize(domain: &str) -> Result<Cow<'_, str>, AddressError> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| AddressError::Domain)?;
    let top_level = ascii.rsplit_once('.').map(|(_, label)| label);
    let is_name = |label: &str| label.bytes().any(|byte| byte.is_ascii_alphabetic());
    match top_level {
        Some(label) if label.len() >= 2 && is_name(label) => Ok(ascii),
        _ => Err(AddressError::Domain),
    }
}
