//! Addresses that are taken to be one person's.

use super::address::{normalize, split};
use super::error::AddressError;

/// What is left out of account besides case. Each may take two people for one; who has many addresses counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MatchRules {
    /// What follows the first `+` of the local part.
    pub without_tag: bool,
    /// At gmail.com, alias googlemail.com: dots in the local part, which Gmail does not look at, and the tag.
    pub as_gmail: bool,
}

/// The domains that are Gmail's.
const GMAIL: [&str; 2] = ["gmail.com", "googlemail.com"];

/// A text that is equal for addresses that are taken for one: the address in lower case, less what the rules leave out. It is for
/// comparison only: mail goes to the address.
///
/// # Errors
/// Those of [`normalize`].
pub fn match_key(text: &str, rules: MatchRules) -> Result<String, AddressError> {
    let address = normalize(text)?;
    let (local, domain) = split(&address)?;
    let mut local = local.to_lowercase();
    let is_gmail = rules.as_gmail && GMAIL.contains(&domain);
    if rules.without_tag || is_gmail {
        // One that begins with + has no other name.
        let end = local.find('+').filter(|at| *at > 0);
        local.truncate(end.unwrap_or(local.len()));
    }
    if is_gmail {
        local.retain(|character| character != '.');
    }
    let domain = if is_gmail { GMAIL[0] } else { domain };
    Ok(format!("{local}@{domain}"))
}
