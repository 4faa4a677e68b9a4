//! Masks: enough of a number to recognise one's own, too little to call it.

use super::calling_code::CallingCode;
use super::normalize::normalize;
use super::regions::Regions;

/// Shown for whatever is no phone number. Of one length, so that it does not tell the text's.
const FULL_MASK: &str = "**********";

/// The most digits shown at the end.
const SHOWN_AT_END: usize = 3;

/// The fewest digits hidden.
const MIN_HIDDEN: usize = 4;

/// The mask of the phone number in `text`: calling code, an asterisk for each hidden digit, and
/// the last three digits, as in `+61******075`; fewer at the end where less than four would be
/// hidden. Text that is no phone number gives ten asterisks, whatever it was.
pub fn mask(text: &str, regions: &Regions) -> String {
    match normalize(text, regions) {
        Ok(number) => mask_e164(number),
        Err(_) => String::from(FULL_MASK),
    }
}

/// The mask, as [`mask`] gives it, of a number in E.164 form.
pub fn mask_e164(number: impl AsRef<str>) -> String {
    mask_digits(number.as_ref()).unwrap_or_else(|| String::from(FULL_MASK))
}

fn mask_digits(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (_, national) = CallingCode::split(digits.as_bytes())?;
    let most_shown = national.len().checked_sub(MIN_HIDDEN)?;
    let hidden = national.len() - most_shown.min(SHOWN_AT_END);
    let code = digits.len() - national.len();
    let (code, national) = digits.split_at_checked(code)?;
    let end = national.get(hidden..)?;
    Some(format!("+{code}{}{end}", "*".repeat(hidden)))
}
