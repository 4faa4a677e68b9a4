//! Masks: enough of an address to recognise one's own, too little to write to it.

use super::address::{normalize, split};

/// Shown for whatever is no address.
const FULL_MASK: &str = "**********";
/// Stands for what is hidden, however long it is.
const HIDDEN: &str = "***";

/// The first character of the local part and of the domain, and the top-level label: `j***@e***.com`. A local part of one
/// character is hidden whole. Text that is no address gives ten asterisks, whatever it was.
#[must_use]
pub fn mask(text: &str) -> String {
    masked(text).unwrap_or_else(|| String::from(FULL_MASK))
}

fn masked(text: &str) -> Option<String> {
    let address = normalize(text).ok()?;
    let (local, domain) = split(&address).ok()?;
    let (_, top_level) = domain.rsplit_once('.')?;
    let local = first_of_several(local);
    let domain = first_of_several(domain.strip_suffix(top_level)?.strip_suffix('.')?);
    Some(format!("{local}{HIDDEN}@{domain}{HIDDEN}.{top_level}"))
}

fn first_of_several(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    match characters.next() {
        Some(_) => first.into_iter().collect(),
        None => String::new(),
    }
}
