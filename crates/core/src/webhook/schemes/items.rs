//! Headers such as `t=1700000000,v1=…,v1=…`: a time and signatures as items.

use crate::webhook::headers::Headers;
use crate::webhook::outcome::Reason;

/// The time and the signatures of such a header. Items of another name are left aside: providers announce them.
///
/// No signature: no header, or no item `signature_name`. Malformed: an item without `=`, no time, or two.
pub fn time_and_signatures<'a>(
    headers: &Headers<'a>,
    header: &str,
    time_name: &str,
    signature_name: &str,
) -> Result<(&'a str, Vec<&'a str>), Reason> {
    let mut time = None;
    let mut signatures = Vec::new();
    for item in headers
        .signatures(header)?
        .into_iter()
        .flat_map(|value| value.split(','))
    {
        let (name, value) = item.split_once('=').ok_or(Reason::Malformed)?;
        if name == time_name && time.replace(value).is_some() {
            return Err(Reason::Malformed);
        }
        if name == signature_name {
            signatures.push(value);
        }
    }
    if signatures.is_empty() {
        return Err(Reason::NoSignature);
    }
    Ok((time.ok_or(Reason::Malformed)?, signatures))
}
