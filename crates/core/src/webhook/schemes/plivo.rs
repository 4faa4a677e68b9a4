//! What both of Plivo's schemes have.

use crate::webhook::headers::Headers;
use crate::webhook::outcome::Reason;

/// The signatures of two headers, several in each, separated by commas: that of the account or subaccount, and that of
/// the main account, which Plivo sends along.
pub fn signatures<'a>(headers: &Headers<'a>, names: [&str; 2]) -> Result<Vec<&'a str>, Reason> {
    let mut signatures = Vec::new();
    for name in names {
        let values = headers
            .all(name)?
            .into_iter()
            .flat_map(|value| value.split(','));
        signatures.extend(
            values
                .map(str::trim)
                .filter(|signature| !signature.is_empty()),
        );
    }
    if signatures.is_empty() {
        Err(Reason::NoSignature)
    } else {
        Ok(signatures)
    }
}
